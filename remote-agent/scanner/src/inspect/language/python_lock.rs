//! What Python projects want: `requirements.txt` and lock files.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Entry, Facts, Inspector, Problem, add, is_installed, is_lock, json, text};
use crate::package::Ecosystem;

pub(super) const INSPECTORS: &[Inspector] = &[
    Inspector { wants: is_requirements, read: requirements },
    Inspector { wants: |entry| is_lock(entry, "Pipfile.lock"), read: pipfile },
    Inspector {
        wants: |entry| {
            ["poetry.lock", "uv.lock", "pdm.lock"].iter().any(|name| is_lock(entry, name))
        },
        read: packages,
    },
];

fn is_requirements(entry: &Entry<'_>) -> bool {
    let base = entry.base();
    base.starts_with("requirements") && entry.has_extension("txt") && !is_installed(entry.path)
}

/// Only lines that pin one version tell of a package.
fn requirements(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    for line in text(bytes).lines() {
        let line = line.split([';', '#']).next().unwrap_or_default();
        let Some((name, version)) = line.split_once("==") else { continue };
        let name = name.split('[').next().unwrap_or_default().trim();
        let version = version.trim_start_matches('=').split_whitespace().next();
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if let Some(version) = version.filter(|version| !version.contains(['*', ',']))
            && name.chars().all(is_name)
        {
            add(facts, entry, Ecosystem::Python, name, version)?;
        }
    }
    Ok(())
}

#[derive(Deserialize)]
struct Pipfile {
    #[serde(default)]
    default: BTreeMap<String, Pinned>,
}

#[derive(Deserialize)]
struct Pinned {
    version: Option<String>,
}

fn pipfile(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let lock: Pipfile = json(bytes)?;
    for (name, pinned) in &lock.default {
        if let Some(version) = pinned.version.as_deref().and_then(|v| v.strip_prefix("==")) {
            add(facts, entry, Ecosystem::Python, name, version)?;
        }
    }
    Ok(())
}

#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: Option<String>,
    source: Option<toml::Value>,
}

fn packages(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let lock: Lock = super::toml(bytes)?;
    for package in &lock.package {
        // The project itself.
        let is_project = ["editable", "virtual"]
            .iter()
            .any(|key| package.source.as_ref().is_some_and(|source| source.get(key).is_some()));
        if let Some(version) = package.version.as_deref().filter(|_| !is_project) {
            add(facts, entry, Ecosystem::Python, &package.name, version)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::language::found;

    fn pair(name: &str, version: &str) -> (String, String) {
        (name.to_owned(), version.to_owned())
    }

    #[test]
    fn pins_of_requirements() {
        let text = "# x==1\nDjango==2.2.0\nurllib3[secure] == 1.24.1 ; python_version < '3'\n\
                    jinja2===2.10 --hash=sha256:00\nflask>=1\nsix==1.*\n-r other.txt\n";
        let expected = [pair("Django", "2.2.0"), pair("jinja2", "2.10"), pair("urllib3", "1.24.1")];
        assert_eq!(found(INSPECTORS, "app/requirements-dev.txt", text), expected);
        assert!(found(INSPECTORS, "x/site-packages/y/requirements.txt", text).is_empty());
    }

    #[test]
    fn lock_files() {
        let pipfile = r#"{"default":{"django":{"version":"==2.2"},"x":{"git":"y"}},"develop":{"pytest":{"version":"==1"}}}"#;
        assert_eq!(found(INSPECTORS, "Pipfile.lock", pipfile), [pair("django", "2.2")]);
        let lock = "version = 1\n[[package]]\nname = \"shop\"\nversion = \"0.1\"\nsource = { editable = \".\" }\n\
                    [[package]]\nname = \"jinja2\"\nversion = \"2.10\"\nsource = { registry = \"r\" }\n";
        for name in ["poetry.lock", "uv.lock", "pdm.lock"] {
            assert_eq!(found(INSPECTORS, name, lock), [pair("jinja2", "2.10")], "{name}");
        }
    }
}
