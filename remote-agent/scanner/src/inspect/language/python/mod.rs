//! Installed Python packages, and what Python projects want.

mod lock;
pub(super) mod requirements;

use super::{Entry, Facts, Inspector, Problem, add, header, is_leftover, is_lock, text};
use crate::package::Ecosystem;

pub(super) const INSTALLED: &[Inspector] = &[Inspector { wants: is_metadata, read: metadata }];

pub(super) const WANTED: &[Inspector] = &[
    Inspector { wants: is_requirements, read: requirements::read },
    Inspector { wants: |entry| is_lock(entry, "Pipfile.lock"), read: lock::pipfile },
    Inspector { wants: |entry| is_lock(entry, "poetry.lock"), read: lock::poetry },
    Inspector { wants: |entry| is_lock(entry, "pdm.lock"), read: lock::pdm },
    Inspector { wants: |entry| is_lock(entry, "uv.lock"), read: lock::uv },
    Inspector { wants: is_pylock, read: lock::pylock },
];

/// What a wheel, an egg or a source package has installed. The folder's name
/// tells name and version only in a normal form, so that the file is read.
fn is_metadata(entry: &Entry<'_>) -> bool {
    let in_folder = |ending: &str| {
        let folder = entry.folder();
        folder
            .len()
            .checked_sub(ending.len())
            .and_then(|at| folder.get(at..))
            .is_some_and(|tail| tail.eq_ignore_ascii_case(ending))
    };
    match entry.base() {
        "METADATA" => in_folder(".dist-info"),
        "PKG-INFO" => in_folder(".egg-info") || in_folder("EGG-INFO"),
        // Old ones are one file.
        base => base.ends_with(".egg-info"),
    }
}

/// Name and version in the fields of `METADATA` or `PKG-INFO`.
pub(in crate::inspect) fn metadata(
    entry: &Entry<'_>,
    bytes: &[u8],
    facts: &mut Facts,
) -> Result<(), Problem> {
    let text = text(bytes);
    match (header(&text, "Name"), header(&text, "Version")) {
        (Some(name), Some(version)) => package(entry, facts, name, version),
        _ => Ok(()),
    }
}

/// `requirements.txt` under all names that projects give it, but for those of
/// tests and development.
fn is_requirements(entry: &Entry<'_>) -> bool {
    if !entry.has_extension("txt") {
        return false;
    }
    let base = entry.base().to_ascii_lowercase();
    (base.contains("requirements") || entry.folder().rsplit('/').next() == Some("requirements"))
        && !is_for_development(&base)
        && !is_leftover(entry.path)
}

/// Whether a name, of a file or of a group, tells in one of its words that what it has is not for
/// use. `docker` and `latest` only contain such words.
fn is_for_development(name: &str) -> bool {
    const BEGINNINGS: [&str; 5] = ["dev", "test", "lint", "pytest", "unittest"];
    let name = name.to_ascii_lowercase();
    name.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| {
        BEGINNINGS.iter().any(|begin| word.starts_with(begin))
            || matches!(word, "doc" | "docs" | "documentation")
    })
}

/// `pylock.toml` or `pylock.NAME.toml`.
fn is_pylock(entry: &Entry<'_>) -> bool {
    entry.base().starts_with("pylock.") && entry.has_extension("toml") && !is_leftover(entry.path)
}

/// Adds a package, unless its name is none.
fn package(entry: &Entry<'_>, facts: &mut Facts, name: &str, version: &str) -> Result<(), Problem> {
    let name = name.trim();
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(is_name) {
        add(facts, entry, Ecosystem::Python, name, version)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::language::{found, pairs};

    #[test]
    fn wheels_and_eggs() {
        let metadata = "Metadata-Version: 2.1\r\nName: Flask-SQLAlchemy\r\nVersion: 2.5.1\r\n\r\nVersion: 9\r\n";
        let expected = pairs(&[("Flask-SQLAlchemy", "2.5.1")]);
        for path in [
            "usr/lib/python3/site-packages/Flask_SQLAlchemy-2.5.1.dist-info/METADATA",
            "opt/Flask_SQLAlchemy-2.5.1.egg-info/PKG-INFO",
            "opt/Flask_SQLAlchemy-2.5.1-py3.egg-info",
            "opt/Flask_SQLAlchemy-2.5.1-py3.egg/EGG-INFO/PKG-INFO",
        ] {
            assert_eq!(found(INSTALLED, path, metadata), expected, "{path}");
        }
        assert!(found(INSTALLED, "src/METADATA", metadata).is_empty());
        assert!(found(INSTALLED, "a.dist-info/METADATA", "Name: x\n").is_empty());
    }

    #[test]
    fn names_of_requirements() {
        for (path, expected) in [
            ("app/requirements.txt", true),
            ("app/requirements/base.txt", true),
            ("app/prod-requirements.txt", true),
            ("app/requirements-dev.txt", false),
            ("app/requirements/test.txt", false),
            ("app/requirements_docs.txt", false),
            ("app/requirements-docker.txt", true),
            ("app/requirements-latest.txt", true),
            ("app/requirements.in", false),
            ("app/notes.txt", false),
            ("v/site-packages/x/requirements.txt", false),
        ] {
            assert_eq!(is_requirements(&Entry { path, size: 1, mode: 0 }), expected, "{path}");
        }
    }
}
