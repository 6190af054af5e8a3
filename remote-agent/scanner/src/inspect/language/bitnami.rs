//! What Bitnami leaves in its images beside its own builds.

use serde::Deserialize;

use super::json::{self, Entries, Items, Text};
use super::{Entry, Facts, Inspector, Problem, add};
use crate::package::Ecosystem;

pub(super) const INSTALLED: &[Inspector] = &[
    Inspector { wants: |entry| entry.base() == ".bitnami_components.json", read: components },
    Inspector {
        wants: |entry| entry.base().starts_with(".spdx-") && entry.has_extension("spdx"),
        read: spdx,
    },
];

#[derive(Deserialize)]
struct Component {
    #[serde(default)]
    version: Text,
}

fn components(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    for (name, component) in &json::read::<Entries<Component>>(bytes)?.0 {
        add(facts, entry, Ecosystem::Bitnami, name, component.version.as_str())?;
    }
    Ok(())
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    packages: Items<Described>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Described {
    #[serde(default)]
    external_refs: Items<Reference>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reference {
    #[serde(default)]
    reference_locator: Text,
}

/// The document tells of the component and of what went into it; the latter
/// is found in its own files. The name is that of the package URL, which is
/// that of advisories.
fn spdx(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let document: Document = json::read(bytes)?;
    for reference in document.packages.0.iter().flat_map(|package| &package.external_refs.0) {
        let Some(url) = reference.reference_locator.as_str().strip_prefix("pkg:bitnami/") else {
            continue;
        };
        let url = url.split(['?', '#']).next().unwrap_or(url);
        if let Some((name, version)) = url.split_once('@') {
            add(facts, entry, Ecosystem::Bitnami, &name.to_ascii_lowercase(), version)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::language::{found, pairs};

    #[test]
    fn bitnami() {
        let expected = pairs(&[("nginx", "1.21.6-1")]);
        let components =
            r#"{"nginx":{"arch":"amd64","distro":"debian-10","type":"NAMI","version":"1.21.6-1"}}"#;
        assert_eq!(found(INSTALLED, "opt/bitnami/.bitnami_components.json", components), expected);
        let spdx = r#"{"spdxVersion":"SPDX-2.3","packages":[
            {"name":"NGINX","versionInfo":"1.21.6-1","externalRefs":[{"referenceLocator":"pkg:bitnami/nginx@1.21.6-1?arch=amd64&distro=debian-11"}]},
            {"name":"zlib","versionInfo":"1.2.11","externalRefs":[{"referenceLocator":"pkg:github/x"}]}]}"#;
        assert_eq!(found(INSTALLED, "opt/bitnami/nginx/.spdx-nginx.spdx", spdx), expected);
    }
}
