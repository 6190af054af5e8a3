//! The lock file of bun: JSON with commas behind the last element.

use std::collections::{HashMap, HashSet};
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{package, split_at_version, version_of_archive};
use crate::inspect::language::LONGEST;
use crate::inspect::language::json::{self, Entries, Text};
use crate::inspect::{Entry, Facts, Problem};

/// What packages want of each other, at most.
const MOST_WISHES: usize = 300_000;
/// Folders of packages in each other, at most.
const DEEPEST: usize = 16;

#[derive(Deserialize)]
struct Lock {
    /// The project's own packages, by their folders.
    #[serde(default)]
    workspaces: Entries<Wishes>,
    /// By the path of names that leads there: `a/b` is what `a` knows as `b`.
    #[serde(default)]
    packages: Entries<Locked>,
}

/// What a package wants when it runs. What it wants for its development is not
/// read, and so is not told.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wishes {
    /// Of a package of the project.
    #[serde(default)]
    name: Text,
    #[serde(default)]
    dependencies: Entries<IgnoredAny>,
    #[serde(default)]
    optional_dependencies: Entries<IgnoredAny>,
    #[serde(default)]
    peer_dependencies: Entries<IgnoredAny>,
}

impl Wishes {
    fn names(&self) -> impl Iterator<Item = &str> {
        [&self.dependencies, &self.optional_dependencies, &self.peer_dependencies]
            .into_iter()
            .flat_map(|wishes| wishes.0.iter().map(|(name, _)| name.as_str()))
    }
}

/// An array: what it was resolved to, `lodash@4.17.4`, and somewhere behind
/// that an object of wishes.
struct Locked {
    resolved: Text,
    wishes: Wishes,
}

impl<'de> Deserialize<'de> for Locked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(LockedVisitor)
    }
}

struct LockedVisitor;

impl<'de> Visitor<'de> for LockedVisitor {
    type Value = Locked;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Locked, A::Error> {
        let resolved = seq.next_element()?.unwrap_or_default();
        let mut wishes = Wishes::default();
        while let Some(part) = seq.next_element::<&RawValue>()? {
            if part.get().starts_with('{') {
                wishes = serde_json::from_str(part.get()).unwrap_or_default();
            }
        }
        Ok(Locked { resolved, wishes })
    }
}

pub(super) fn read(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let lock: Lock = json::read_relaxed(json::bounded(bytes)?)?;
    let needed = needed(&lock)?;
    for (place, locked) in &lock.packages.0 {
        // What is no release has an address for a version: `workspace:`,
        // `git+ssh:`, `file:`. Of what a registry has it tells the version.
        if let Some((name, how)) = split_at_version(locked.resolved.as_str())
            && let Some(version) =
                Some(how).filter(|how| !how.contains(':')).or_else(|| version_of_archive(name, how))
            && needed.as_ref().is_none_or(|needed| needed.contains(place.as_str()))
        {
            package(entry, facts, name, version)?;
        }
    }
    Ok(())
}

/// The places of what the project's packages lead to; none where the file does
/// not tell of them.
fn needed(lock: &Lock) -> Result<Option<HashSet<&str>>, Problem> {
    let all = lock.packages.0.iter().map(|(_, locked)| &locked.wishes);
    let wishes = all.chain(lock.workspaces.0.iter().map(|(_, wishes)| wishes));
    if wishes.map(|wishes| wishes.names().count()).sum::<usize>() > MOST_WISHES {
        return Err(Problem::new(format!("has more than {MOST_WISHES} dependencies")));
    }
    if lock.workspaces.0.is_empty() {
        return Ok(None);
    }
    let known: HashMap<&str, &Locked> =
        lock.packages.0.iter().map(|(place, locked)| (place.as_str(), locked)).collect();
    let mut todo: Vec<(&str, &Wishes)> =
        lock.workspaces.0.iter().map(|(_, wishes)| (wishes.name.as_str(), wishes)).collect();
    let mut needed = HashSet::new();
    while let Some((place, wishes)) = todo.pop() {
        for name in wishes.names() {
            if let Some((place, locked)) = find(&known, place, name)
                && needed.insert(place)
            {
                todo.push((place, &locked.wishes));
            }
        }
    }
    Ok(Some(needed))
}

/// What `place` knows as `name`: in its own folder, or in the nearest around it.
fn find<'a>(
    known: &HashMap<&'a str, &'a Locked>,
    place: &str,
    name: &str,
) -> Option<(&'a str, &'a Locked)> {
    let mut around = Some(place).filter(|place| !place.is_empty() && place.len() <= LONGEST);
    for _ in 0..DEEPEST {
        let candidate = around.map_or_else(|| name.to_owned(), |place| format!("{place}/{name}"));
        if let Some((place, locked)) = known.get_key_value(candidate.as_str()) {
            return Some((*place, *locked));
        }
        around = outer(around?);
    }
    None
}

/// A path of names without the last one, which may have a scope.
fn outer(place: &str) -> Option<&str> {
    let (before, _) = place.rsplit_once('/')?;
    match before.rsplit_once('/') {
        Some((outer, scope)) if scope.starts_with('@') => Some(outer),
        None if before.starts_with('@') => None,
        _ => Some(before),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::language::node::WANTED;
    use crate::inspect::language::{found, pairs};

    #[test]
    fn resolved_packages() {
        let lock = r#"{
          "lockfileVersion": 1,
          "workspaces": {
            "": { "name": "shop", "dependencies": { "alias": "npm:lodash@^4.17.0", "g": "github:x/g", "tar": "https://registry.example/minimist/-/minimist-1.2.0.tgz", }, },
            "packages/own": { "name": "own", "dependencies": { "@types/node": "*", }, "optionalDependencies": { "a": "1", }, },
          },
          "packages": {
            "@types/node": ["@types/node@22.5.4", "", { "dependencies": { "undici-types": "~6.19.2" } }, "sha512-x"],
            "alias": ["lodash@4.17.4", "", {}, "sha512-y"],
            "own": ["own@workspace:packages/own"],
            "a": ["a@1.0.0", "", { "peerDependencies": { "b": "1" } }, "sha512-a"],
            "a/b": ["b@1.0.0", "", {}, "sha512-z"],
            "b": ["b@2.0.0", "", {}, "sha512-b"],
            "g": ["g@github:x/g#abc", {}, "x-g-abc"],
            "tar": ["minimist@https://registry.example/minimist/-/minimist-1.2.0.tgz", {}, "sha512-t"],
          }
        }"#;
        assert_eq!(
            found(WANTED, "bun.lock", lock),
            pairs(&[
                ("@types/node", "22.5.4"),
                ("a", "1.0.0"),
                ("b", "1.0.0"),
                ("lodash", "4.17.4"),
                ("minimist", "1.2.0")
            ])
        );
    }

    #[test]
    fn what_only_development_leads_to_is_left_out() {
        let lock = |workspaces: &str| {
            format!(
                r#"{{"lockfileVersion":1,{workspaces}"packages":{{
                "@s/x":["@s/x@1.0.0","",{{"dependencies":{{"y":"1","z":"1"}}}},"h"],
                "@s/x/y":["y@1.0.0","",{{"dependencies":{{"@s/x":"1"}}}},"h"],
                "jest":["jest@1.0.0","",{{"dependencies":{{"y":"2"}}}},"h"],
                "y":["y@2.0.0","",{{}},"h"],
                "z":["z@1.0.0","",{{"dependencies":1}},"h"]}}}}"#
            )
        };
        let roots = r#""workspaces":{"":{"name":"shop","dependencies":{"@s/x":"1"},"devDependencies":{"jest":"1"}}},"#;
        assert_eq!(
            found(WANTED, "bun.lock", &lock(roots)),
            pairs(&[("@s/x", "1.0.0"), ("y", "1.0.0"), ("z", "1.0.0")])
        );
        // Without a project it does not tell.
        assert_eq!(found(WANTED, "bun.lock", &lock("")).len(), 5);
    }

    #[test]
    fn folders_around_a_package() {
        for (place, expected) in [
            ("a/b", Some("a")),
            ("a/@s/b", Some("a")),
            ("@s/a/b", Some("@s/a")),
            ("@s/a/@t/b", Some("@s/a")),
            ("@s/a", None),
            ("a", None),
            ("", None),
        ] {
            assert_eq!(outer(place), expected, "{place}");
        }
    }
}
