//! Installed Python packages: wheels and eggs.

use super::{Entry, Facts, Inspector, Problem, add, header, text};
use crate::package::Ecosystem;

pub(super) const INSPECTORS: &[Inspector] = &[Inspector { wants, read }];

fn wants(entry: &Entry<'_>) -> bool {
    let (base, folder) = (entry.base(), entry.folder());
    let in_folder = |ending: &str| folder.to_ascii_lowercase().ends_with(ending);
    match base {
        "METADATA" => in_folder(".dist-info"),
        "PKG-INFO" => in_folder(".egg-info") || folder.ends_with("EGG-INFO"),
        // Old eggs are one file.
        _ => base.ends_with(".egg-info"),
    }
}

fn read(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let text = text(bytes);
    match (header(&text, "Name"), header(&text, "Version")) {
        (Some(name), Some(version)) => add(facts, entry, Ecosystem::Python, name, version),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::language::found;

    #[test]
    fn wheels_and_eggs() {
        let metadata =
            "Metadata-Version: 2.1\nName: Flask-SQLAlchemy\nVersion: 2.5.1\n\nVersion: 9\n";
        let expected = [("Flask-SQLAlchemy".to_owned(), "2.5.1".to_owned())];
        for path in [
            "usr/lib/python3/site-packages/Flask_SQLAlchemy-2.5.1.dist-info/METADATA",
            "opt/Flask_SQLAlchemy-2.5.1.egg-info/PKG-INFO",
            "opt/Flask_SQLAlchemy-2.5.1-py3.egg-info",
            "opt/Flask_SQLAlchemy-2.5.1-py3.egg/EGG-INFO/PKG-INFO",
        ] {
            assert_eq!(found(INSPECTORS, path, metadata), expected, "{path}");
        }
        assert!(found(INSPECTORS, "src/METADATA", metadata).is_empty());
        assert!(found(INSPECTORS, "a.dist-info/METADATA", "Name: x\n").is_empty());
    }
}
