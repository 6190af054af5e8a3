//! What Swift projects want: `Package.resolved`.

use serde::Deserialize;

use super::{Entry, Facts, Inspector, Problem, add, is_lock, json};
use crate::package::Ecosystem;

pub(super) const INSPECTORS: &[Inspector] =
    &[Inspector { wants: |entry| is_lock(entry, "Package.resolved"), read }];

#[derive(Deserialize)]
#[serde(untagged)]
enum Resolved {
    /// Since version 2.
    Pins { pins: Vec<Pin> },
    /// Version 1.
    Object { object: Pins },
}

#[derive(Deserialize)]
struct Pins {
    pins: Vec<Pin>,
}

#[derive(Deserialize)]
struct Pin {
    #[serde(alias = "repositoryURL")]
    location: String,
    state: State,
}

#[derive(Deserialize)]
struct State {
    version: Option<String>,
}

fn read(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let pins = match json(bytes)? {
        Resolved::Pins { pins } => pins,
        Resolved::Object { object } => object.pins,
    };
    for pin in &pins {
        // Advisories name packages by their address without scheme.
        let location = pin.location.trim_end_matches(".git");
        let name = location.split_once("://").map_or(location, |(_, rest)| rest);
        if let Some(version) = &pin.state.version {
            add(facts, entry, Ecosystem::Swift, name, version)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::language::found;

    #[test]
    fn both_versions() {
        let expected = [("github.com/apple/swift-nio".to_owned(), "2.32.0".to_owned())];
        for content in [
            r#"{"pins":[{"identity":"swift-nio","location":"https://github.com/apple/swift-nio.git","state":{"revision":"x","version":"2.32.0"}}],"version":2}"#,
            r#"{"object":{"pins":[{"package":"swift-nio","repositoryURL":"https://github.com/apple/swift-nio","state":{"version":"2.32.0"}}]},"version":1}"#,
        ] {
            assert_eq!(found(INSPECTORS, "Package.resolved", content), expected);
        }
    }
}
