//! Installed Node packages.

use serde::Deserialize;

use super::{Entry, Facts, Inspector, Problem, add, json};
use crate::package::Ecosystem;

pub(super) const INSPECTORS: &[Inspector] =
    &[Inspector { wants: |entry| entry.base() == "package.json", read }];

/// Fields may be of any type: what is no text is none.
#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    name: serde_json::Value,
    #[serde(default)]
    version: serde_json::Value,
}

fn read(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    // Test data of packages holds files of this name that are no JSON.
    let Ok(manifest) = json::<Manifest>(bytes) else { return Ok(()) };
    match (manifest.name.as_str(), manifest.version.as_str()) {
        (Some(name), Some(version)) => add(facts, entry, Ecosystem::Npm, name, version),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::language::found;

    #[test]
    fn a_package_has_name_and_version() {
        let path = "app/node_modules/@babel/core/package.json";
        let expected = [("@babel/core".to_owned(), "7.1.0".to_owned())];
        assert_eq!(
            found(INSPECTORS, path, r#"{"name":"@babel/core","version":"7.1.0","x":[]}"#),
            expected
        );
        for content in [r#"{"name":"x"}"#, r#"{"name":"x","version":3}"#, "{", "[]"] {
            assert!(found(INSPECTORS, path, content).is_empty(), "{content}");
        }
    }
}
