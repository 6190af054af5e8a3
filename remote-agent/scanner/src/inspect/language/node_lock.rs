//! What Node projects want: the lock files of npm, yarn and pnpm.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Entry, Facts, Inspector, Problem, add, is_lock, json, text};
use crate::package::Ecosystem;

pub(super) const INSPECTORS: &[Inspector] = &[
    Inspector {
        wants: |entry| is_lock(entry, "package-lock.json") || is_lock(entry, "npm-shrinkwrap.json"),
        read: npm,
    },
    Inspector { wants: |entry| is_lock(entry, "yarn.lock"), read: yarn },
    Inspector { wants: |entry| is_lock(entry, "pnpm-lock.yaml"), read: pnpm },
];

#[derive(Deserialize)]
struct NpmLock {
    /// Since version 2, by folder.
    #[serde(default)]
    packages: BTreeMap<String, Locked>,
    /// Version 1, nested.
    #[serde(default)]
    dependencies: BTreeMap<String, Nested>,
}

#[derive(Deserialize)]
struct Locked {
    name: Option<String>,
    version: Option<String>,
    #[serde(default)]
    link: bool,
    #[serde(default)]
    dev: bool,
}

#[derive(Deserialize)]
struct Nested {
    version: Option<String>,
    #[serde(default)]
    dev: bool,
    #[serde(default)]
    dependencies: BTreeMap<String, Nested>,
}

fn npm(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let lock: NpmLock = json(bytes)?;
    for (folder, locked) in &lock.packages {
        let Some((_, in_folder)) = folder.rsplit_once("node_modules/") else { continue };
        let Some(version) = locked.version.as_deref().filter(|_| !locked.link && !locked.dev)
        else {
            continue;
        };
        add(facts, entry, Ecosystem::Npm, locked.name.as_deref().unwrap_or(in_folder), version)?;
    }
    if lock.packages.is_empty() {
        // serde_json bounds the depth of what is nested here.
        let mut todo: Vec<(&String, &Nested)> = lock.dependencies.iter().collect();
        while let Some((name, nested)) = todo.pop() {
            if nested.dev {
                continue;
            }
            todo.extend(&nested.dependencies);
            let Some(version) = nested.version.as_deref() else { continue };
            // `npm:other@1.2.3` is another package under this name.
            match version.strip_prefix("npm:").and_then(|other| other.rsplit_once('@')) {
                Some((other, version)) => add(facts, entry, Ecosystem::Npm, other, version)?,
                None if version.contains([':', '/']) => {}
                None => add(facts, entry, Ecosystem::Npm, name, version)?,
            }
        }
    }
    Ok(())
}

/// Both forms are lines: a key with the wanted ranges, then indented fields.
fn yarn(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let text = text(bytes);
    let mut name: Option<&str> = None;
    for line in text.lines() {
        if !line.starts_with([' ', '#']) {
            name = line.strip_suffix(':').and_then(yarn_name);
            continue;
        }
        let Some(field) = line.strip_prefix("  ").filter(|field| !field.starts_with(' ')) else {
            continue;
        };
        let version = field.strip_prefix("version: ").or_else(|| field.strip_prefix("version "));
        if let (Some(known), Some(version)) = (name, version) {
            name = None;
            add(facts, entry, Ecosystem::Npm, known, version.trim().trim_matches('"'))?;
        }
    }
    Ok(())
}

/// The package of a key such as `"@babel/core@npm:^7.0.0, @babel/core@npm:^7.1.0"`.
fn yarn_name(key: &str) -> Option<&str> {
    let first = key.trim().trim_matches('"').split(", ").next()?.trim_matches('"');
    let at = first.get(1..)?.find('@')? + 1;
    let (name, wanted) = first.split_at_checked(at)?;
    let wanted = wanted.get(1..)?;
    // `alias@npm:other@1.0.0` is another package.
    if let Some((other, _)) = wanted.strip_prefix("npm:").and_then(|other| {
        let at = other.get(1..)?.find('@')? + 1;
        other.split_at_checked(at)
    }) {
        return Some(other);
    }
    let elsewhere = ["workspace:", "link:", "portal:", "file:", "patch:"];
    (!elsewhere.iter().any(|kind| wanted.starts_with(kind))).then_some(name)
}

/// The keys below `packages`, of all versions of the format: `/name/1.2.3`,
/// `/name@1.2.3` and `name@1.2.3`, each with peers behind.
fn pnpm(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let text = text(bytes);
    let mut inside = false;
    for line in text.lines() {
        if !line.starts_with(' ') {
            if !line.trim().is_empty() {
                inside = line.trim_end() == "packages:";
            }
            continue;
        }
        let Some(key) = line.strip_prefix("  ").filter(|key| inside && !key.starts_with(' '))
        else {
            continue;
        };
        let Some(key) = key.trim_end().strip_suffix(':') else { continue };
        let key = key.trim_matches(['\'', '"']);
        let key = key.split('(').next().unwrap_or_default();
        let key = key.strip_prefix('/').unwrap_or(key);
        // The scope ends at the first slash; the name at `@` or a slash.
        let scope = if key.starts_with('@') { key.find('/').map_or(0, |at| at + 1) } else { 0 };
        let ends = key.get(scope..).and_then(|rest| rest.find(['@', '/'])).map(|at| at + scope);
        let Some((name, version)) = ends.and_then(|at| key.split_at_checked(at)) else { continue };
        let version = version.get(1..).unwrap_or_default().split('_').next().unwrap_or_default();
        if version.starts_with(|c: char| c.is_ascii_digit()) {
            add(facts, entry, Ecosystem::Npm, name, version)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::language::found;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, version)| ((*name).to_owned(), (*version).to_owned())).collect()
    }

    #[test]
    fn locks_of_npm() {
        let v1 = r#"{"lockfileVersion":1,"dependencies":{
            "a":{"version":"1.0.0","dependencies":{"b":{"version":"2.0.0"}}},
            "c":{"version":"npm:d@3.0.0"},"e":{"version":"git+ssh://x"},"f":{"version":"1","dev":true}}}"#;
        assert_eq!(
            found(INSPECTORS, "package-lock.json", v1),
            pairs(&[("a", "1.0.0"), ("b", "2.0.0"), ("d", "3.0.0")])
        );
        let v3 = r#"{"lockfileVersion":3,"packages":{"":{"name":"shop","version":"1.0.0"},
            "node_modules/a":{"version":"1.0.0"},"node_modules/a/node_modules/@x/b":{"version":"2.0.0"},
            "node_modules/c":{"name":"d","version":"3.0.0"},"node_modules/l":{"link":true},
            "node_modules/t":{"version":"1.0.0","dev":true},"packages/w":{"version":"1.0.0"}}}"#;
        assert_eq!(
            found(INSPECTORS, "npm-shrinkwrap.json", v3),
            pairs(&[("@x/b", "2.0.0"), ("a", "1.0.0"), ("d", "3.0.0")])
        );
    }

    #[test]
    fn locks_of_yarn() {
        let classic = "# yarn lockfile v1\n\n\"@babel/core@^7.0.0\", \"@babel/core@^7.1.0\":\n  version \"7.1.0\"\n  \
                       dependencies:\n    version \"9\"\n\nlodash@^4.17.0:\n  version \"4.17.4\"\n\n\"x@npm:y@^1\":\n  version \"1.2.3\"\n";
        assert_eq!(
            found(INSPECTORS, "yarn.lock", classic),
            pairs(&[("@babel/core", "7.1.0"), ("lodash", "4.17.4"), ("y", "1.2.3")])
        );
        let berry = "__metadata:\n  version: 6\n\n\"lodash@npm:^4.17.0\":\n  version: 4.17.4\n  resolution: \"lodash@npm:4.17.4\"\n\n\
                     \"shop@workspace:.\":\n  version: 0.0.0-use.local\n";
        assert_eq!(found(INSPECTORS, "yarn.lock", berry), pairs(&[("lodash", "4.17.4")]));
    }

    #[test]
    fn locks_of_pnpm() {
        for (lock, expected) in [
            (
                "lockfileVersion: 5.4\n\npackages:\n\n  /lodash/4.17.4:\n    dev: false\n\n  /@x/y/1.0.0_react@17:\n    dev: false\n",
                pairs(&[("@x/y", "1.0.0"), ("lodash", "4.17.4")]),
            ),
            (
                "lockfileVersion: '6.0'\npackages:\n\n  /lodash@4.17.4:\n    dev: false\n\n  /@x/y@1.0.0(react@17.0.0):\n    dev: true\n",
                pairs(&[("@x/y", "1.0.0"), ("lodash", "4.17.4")]),
            ),
            (
                "lockfileVersion: '9.0'\npackages:\n\n  '@x/y@1.0.0':\n    resolution: {}\n\n  lodash@4.17.4:\n    x: 1\n\nsnapshots:\n\n  other@1.0.0:\n    x: 1\n",
                pairs(&[("@x/y", "1.0.0"), ("lodash", "4.17.4")]),
            ),
        ] {
            assert_eq!(found(INSPECTORS, "pnpm-lock.yaml", lock), expected);
        }
    }
}
