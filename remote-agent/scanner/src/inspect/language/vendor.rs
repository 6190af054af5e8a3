//! What builders of images leave beside their builds: Bitnami and Conda.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Entry, Facts, Inspector, Problem, add, json};
use crate::package::Ecosystem;

pub(super) const INSPECTORS: &[Inspector] = &[
    Inspector { wants: |entry| entry.base() == ".bitnami_components.json", read: components },
    Inspector {
        wants: |entry| entry.base().starts_with(".spdx-") && entry.has_extension("spdx"),
        read: spdx,
    },
    Inspector {
        wants: |entry| {
            entry.folder().rsplit('/').next() == Some("conda-meta") && entry.has_extension("json")
        },
        read: conda,
    },
];

#[derive(Deserialize)]
struct Versioned {
    version: String,
}

fn components(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let components: BTreeMap<String, Versioned> = json(bytes)?;
    for (name, component) in &components {
        add(facts, entry, Ecosystem::Bitnami, name, &component.version)?;
    }
    Ok(())
}

#[derive(Deserialize)]
struct Spdx {
    #[serde(default)]
    packages: Vec<SpdxPackage>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SpdxPackage {
    name: String,
    #[serde(default)]
    version_info: String,
    #[serde(default)]
    external_refs: Vec<Reference>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reference {
    #[serde(default)]
    reference_locator: String,
}

/// The document tells of the component and of what went into it; the latter
/// is found in its own files.
fn spdx(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let document: Spdx = json(bytes)?;
    for package in &document.packages {
        let is_own = |r: &Reference| r.reference_locator.starts_with("pkg:bitnami/");
        if package.external_refs.iter().any(is_own) {
            let name = package.name.to_ascii_lowercase();
            add(facts, entry, Ecosystem::Bitnami, &name, &package.version_info)?;
        }
    }
    Ok(())
}

#[derive(Deserialize)]
struct CondaPackage {
    name: String,
    version: String,
}

fn conda(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let package: CondaPackage = json(bytes)?;
    add(facts, entry, Ecosystem::Conda, &package.name, &package.version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::language::found;

    #[test]
    fn bitnami() {
        let expected = [("nginx".to_owned(), "1.21.6-1".to_owned())];
        let components =
            r#"{"nginx":{"arch":"amd64","distro":"debian-10","type":"NAMI","version":"1.21.6-1"}}"#;
        assert_eq!(found(INSPECTORS, "opt/bitnami/.bitnami_components.json", components), expected);
        let spdx = r#"{"spdxVersion":"SPDX-2.3","packages":[
            {"name":"NGINX","versionInfo":"1.21.6-1","externalRefs":[{"referenceLocator":"pkg:bitnami/nginx@1.21.6-1"}]},
            {"name":"zlib","versionInfo":"1.2.11","externalRefs":[{"referenceLocator":"pkg:github/x"}]}]}"#;
        assert_eq!(found(INSPECTORS, "opt/bitnami/nginx/.spdx-nginx.spdx", spdx), expected);
    }

    #[test]
    fn conda_packages() {
        let expected = [("numpy".to_owned(), "1.21.0".to_owned())];
        let content = r#"{"name":"numpy","version":"1.21.0","build":"py39"}"#;
        assert_eq!(
            found(INSPECTORS, "opt/conda/conda-meta/numpy-1.21.0-py39.json", content),
            expected
        );
    }
}
