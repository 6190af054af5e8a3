//! What Swift projects want: `Package.resolved`, and `Podfile.lock` of
//! CocoaPods.

use serde::Deserialize;

use super::json::{self, Items, Text};
use super::yaml::lines;
use super::{Entry, Facts, Inspector, Problem, add, is_lock, text};
use crate::package::Ecosystem;

pub(super) const WANTED: &[Inspector] = &[
    Inspector { wants: |entry| is_lock(entry, "Package.resolved"), read: resolved },
    Inspector { wants: |entry| is_lock(entry, "Podfile.lock"), read: pods },
];

#[derive(Deserialize)]
struct Resolved {
    /// Since version 2.
    #[serde(default)]
    pins: Items<Pin>,
    /// Version 1.
    #[serde(default)]
    object: Pins,
}

#[derive(Default, Deserialize)]
struct Pins {
    #[serde(default)]
    pins: Items<Pin>,
}

#[derive(Deserialize)]
struct Pin {
    #[serde(alias = "repositoryURL", default)]
    location: Text,
    /// All that there is of a package that lies in a registry.
    #[serde(default)]
    identity: Text,
    #[serde(default)]
    state: State,
}

#[derive(Default, Deserialize)]
struct State {
    #[serde(default)]
    version: Text,
}

fn resolved(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let file: Resolved = json::read(bytes)?;
    for pin in file.pins.0.iter().chain(&file.object.pins.0) {
        let address = address(pin.location.as_str());
        let name = if address.is_empty() { pin.identity.as_str() } else { address.as_str() };
        add(facts, entry, Ecosystem::Swift, name, pin.state.version.as_str())?;
    }
    Ok(())
}

/// Advisories name packages by the address of the repository, without scheme,
/// user and ending: `github.com/apple/swift-nio`.
fn address(location: &str) -> String {
    let bare = location.trim_end_matches('/').trim_end_matches(".git");
    let (bare, is_short) = match bare.split_once("://") {
        Some((_, bare)) => (bare, false),
        None => (bare, true),
    };
    let host_ends = bare.find('/').unwrap_or(bare.len());
    let bare = match bare.find('@') {
        Some(at) if at < host_ends => bare.get(at + 1..).unwrap_or(bare),
        _ => bare,
    };
    // `git@github.com:apple/swift-nio`
    if is_short { bare.replacen(':', "/", 1) } else { bare.to_owned() }
}

/// Below `PODS`: `- Name (1.2.3)`, with parts of a pod as `Name/Part (1.2.3)`.
fn pods(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let text = text(bytes);
    let mut inside = false;
    for line in lines(&text) {
        if line.indent == 0 {
            inside = line.key == "PODS";
        }
        if line.indent != 2 || !line.item || !inside {
            continue;
        }
        let pod = if line.key.is_empty() { line.value } else { line.key };
        if let Some((name, version)) = pod.strip_suffix(')').and_then(|pod| pod.split_once(" (")) {
            let name = name.split('/').next().unwrap_or(name);
            add(facts, entry, Ecosystem::CocoaPods, name, version)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::language::{found, pairs};

    #[test]
    fn all_versions() {
        for content in [
            r#"{"pins":[{"identity":"swift-nio","kind":"remoteSourceControl","location":"https://github.com/apple/swift-nio.git","state":{"revision":"x","version":"2.32.0"}}],"version":3}"#,
            r#"{"pins":[{"location":"git@github.com:apple/swift-nio.git","state":{"version":"2.32.0"}},{"location":"x","state":{"branch":"main","revision":"y"}}],"version":2}"#,
            r#"{"object":{"pins":[{"package":"swift-nio","repositoryURL":"https://github.com/apple/swift-nio","state":{"branch":null,"version":"2.32.0"}}]},"version":1}"#,
        ] {
            assert_eq!(
                found(WANTED, "Package.resolved", content),
                pairs(&[("github.com/apple/swift-nio", "2.32.0")])
            );
        }
    }

    #[test]
    fn packages_of_a_registry_have_no_address() {
        let content = r#"{"pins":[{"identity":"mona.LinkedList","kind":"registry","location":"","state":{"version":"1.2.3"}},{"identity":"x"}],"version":3}"#;
        assert_eq!(
            found(WANTED, "Package.resolved", content),
            pairs(&[("mona.LinkedList", "1.2.3")])
        );
    }

    #[test]
    fn pods_once_for_all_their_parts() {
        let lock = "PODS:\n  - AFNetworking (2.5.1):\n    - AFNetworking/Security (= 2.5.1)\n  - AFNetworking/Security (2.5.1)\n  - \"Quoted+Pod (1.0.0)\"\n\n\
                    DEPENDENCIES:\n  - AFNetworking (~> 2.5)\n\nCOCOAPODS: 1.11.2\n";
        assert_eq!(
            found(WANTED, "Podfile.lock", lock),
            pairs(&[("AFNetworking", "2.5.1"), ("Quoted+Pod", "1.0.0")])
        );
    }
}
