//! Conda: what environments hold, and what projects want of them.

use serde::Deserialize;

use super::json::{self, Text};
use super::python::requirements;
use super::yaml::lines;
use super::{Entry, Facts, Inspector, Problem, add, is_leftover, text};
use crate::package::Ecosystem;

pub(super) const INSTALLED: &[Inspector] = &[Inspector { wants: is_record, read: record }];

pub(super) const WANTED: &[Inspector] = &[Inspector { wants: is_environment, read: environment }];

/// `conda-meta/NAME-VERSION-BUILD.json`.
fn is_record(entry: &Entry<'_>) -> bool {
    entry.has_extension("json") && entry.folder().rsplit('/').next() == Some("conda-meta")
}

#[derive(Deserialize)]
struct Record {
    #[serde(default)]
    name: Text,
    #[serde(default)]
    version: Text,
}

fn record(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let record: Record = json::read(bytes)?;
    add(facts, entry, Ecosystem::Conda, record.name.as_str(), record.version.as_str())
}

fn is_environment(entry: &Entry<'_>) -> bool {
    matches!(entry.base(), "environment.yml" | "environment.yaml") && !is_leftover(entry.path)
}

/// Below `dependencies`: `- channel::name=1.2.3=build`, and below its item
/// `pip` what pip is to install.
fn environment(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let text = text(bytes);
    let (mut inside, mut pip) = (false, None);
    for line in lines(&text) {
        if line.indent == 0 && !line.item {
            inside = line.key == "dependencies";
        }
        if !inside || !line.item {
            continue;
        }
        if line.key == "pip" {
            pip = Some(line.indent);
            continue;
        }
        if pip.is_some_and(|pip| line.indent > pip) {
            if let Some((name, version)) = requirements::pinned(line.value) {
                add(facts, entry, Ecosystem::Python, name, version)?;
            }
            continue;
        }
        pip = None;
        let wish = line.value.rsplit("::").next().unwrap_or(line.value);
        let mut parts = wish.split('=').map(str::trim).filter(|part| !part.is_empty());
        if let (Some(name), Some(version)) = (parts.next(), parts.next())
            && !wish.contains(['<', '>', '!', '~', '*', ',', '|'])
        {
            add(facts, entry, Ecosystem::Conda, name, version)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::language::{found, pairs};

    #[test]
    fn records_of_environments() {
        let content = r#"{"name":"numpy","version":"1.21.0","build":"py39","files":["x"]}"#;
        let path = "opt/conda/conda-meta/numpy-1.21.0-py39.json";
        assert_eq!(found(INSTALLED, path, content), pairs(&[("numpy", "1.21.0")]));
        assert!(found(INSTALLED, "opt/conda/pkgs/numpy/info/index.json", content).is_empty());
    }

    #[test]
    fn wishes() {
        let text = "name: shop\nchannels:\n  - conda-forge\ndependencies:\n  - numpy=1.21.0=py39_0\n  - conda-forge::openssl==1.1.1k\n  \
                    - scipy>=1\n  - python=3.9.*\n  - pip\n  - pip:\n    - flask==1.0\n    - six\nprefix: /opt\n";
        assert_eq!(
            found(WANTED, "app/environment.yml", text),
            pairs(&[("flask", "1.0"), ("numpy", "1.21.0"), ("openssl", "1.1.1k")])
        );
    }
}
