//! The lock files of npm, `package-lock.json` and `npm-shrinkwrap.json`.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::{FOLDER, name_of_archive, package, version_of_archive};
use crate::inspect::language::json::{self, Entries, Flag, Text, within};
use crate::inspect::{Entry, Facts, Problem};

#[derive(Deserialize)]
struct Lock {
    /// Since version 2, by folder.
    #[serde(default)]
    packages: Entries<Locked>,
    /// Version 1; version 2 has both.
    #[serde(default)]
    dependencies: Nested,
}

#[derive(Deserialize)]
struct Locked {
    /// Where it is another than the folder's.
    #[serde(default)]
    name: Text,
    #[serde(default)]
    version: Text,
    /// A folder of the project itself.
    #[serde(default)]
    link: Flag,
    #[serde(default)]
    dev: Flag,
}

pub(super) fn read(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let lock: Lock = json::read(bytes)?;
    for (folder, locked) in &lock.packages.0 {
        let in_folder = folder.rsplit_once(FOLDER).and_then(|(_, name)| name.strip_prefix('/'));
        let Some(in_folder) = in_folder.filter(|_| !locked.link.0 && !locked.dev.0) else {
            continue;
        };
        let name = locked.name.0.as_deref().unwrap_or(in_folder);
        package(entry, facts, name, locked.version.as_str())?;
    }
    if lock.packages.0.is_empty() {
        for (name, version) in &lock.dependencies.0 {
            // `npm:other@1.2.3` is another package under this name; a version
            // that is an address is a release where a registry has it.
            match version.strip_prefix("npm:").and_then(super::split_at_version) {
                Some((other, version)) => package(entry, facts, other, version)?,
                None if version.contains([':', '/']) => {
                    if let Some(name) = name_of_archive(version)
                        && let Some(version) = version_of_archive(name, version)
                    {
                        package(entry, facts, name, version)?;
                    }
                }
                None => package(entry, facts, name, version)?,
            }
        }
    }
    Ok(())
}

/// The packages of version 1 with their versions, whoever they are nested in,
/// without those for development.
#[derive(Default)]
struct Nested(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Nested {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut nested = Self::default();
        Level(&mut nested.0).deserialize(deserializer)?;
        Ok(nested)
    }
}

/// The packages of one level, by name. One list takes those of all levels, so
/// that one bound holds for all.
struct Level<'a>(&'a mut Vec<(String, String)>);

impl<'de> DeserializeSeed<'de> for Level<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Level<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("packages by name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key()? {
            map.next_value_seed(One { name, into: self.0 })?;
        }
        Ok(())
    }
}

/// One package of a level, with those nested in it.
struct One<'a> {
    name: String,
    into: &'a mut Vec<(String, String)>,
}

impl<'de> DeserializeSeed<'de> for One<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for One<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a package")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let (mut version, mut dev) = (Text::default(), Flag::default());
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "version" => version = map.next_value()?,
                "dev" => dev = map.next_value()?,
                "dependencies" => map.next_value_seed(Level(self.into))?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if let Some(version) = version.0.filter(|_| !dev.0) {
            within(self.into.len())?;
            self.into.push((self.name, version));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::inspect::language::node::WANTED;
    use crate::inspect::language::{found, pairs};

    #[test]
    fn version_1_nests() {
        let lock = r#"{"lockfileVersion":1,"dependencies":{
            "a":{"version":"1.0.0","requires":{"b":"^2.0.0"},"dependencies":{"b":{"version":"2.0.0"}}},
            "c":{"version":"npm:@x/d@3.0.0"},"e":{"version":"git+ssh://x"},
            "i":{"version":"https://registry.example/@x/g/-/g-4.0.0.tgz"},"h":{"version":"https://x/h.tgz"},
            "f":{"version":"1.0.0","dev":true,"dependencies":{"g":{"version":"1.0.0","dev":true}}}}}"#;
        assert_eq!(
            found(WANTED, "package-lock.json", lock),
            pairs(&[("@x/d", "3.0.0"), ("@x/g", "4.0.0"), ("a", "1.0.0"), ("b", "2.0.0")])
        );
    }

    #[test]
    fn versions_2_and_3_list_folders() {
        let lock = r#"{"lockfileVersion":2,"packages":{"":{"name":"shop","version":"1.0.0"},
            "node_modules/a":{"version":"1.0.0"},"node_modules/a/node_modules/@x/b":{"version":"2.0.0"},
            "node_modules/c":{"name":"d","version":"3.0.0"},"node_modules/l":{"link":true},
            "node_modules/t":{"version":"1.0.0","dev":true},"node_modules/o":{"version":"1.0.0","devOptional":true},
            "packages/w":{"version":"1.0.0"},"packages/w/node_modules/z":{"version":"5.0.0-rc.1"}},
            "dependencies":{"a":{"version":"1.0.0"},"ghost":{"version":"1.0.0"}}}"#;
        for name in ["package-lock.json", "npm-shrinkwrap.json"] {
            assert_eq!(
                found(WANTED, name, lock),
                pairs(&[
                    ("@x/b", "2.0.0"),
                    ("a", "1.0.0"),
                    ("d", "3.0.0"),
                    ("o", "1.0.0"),
                    ("z", "5.0.0-rc.1")
                ])
            );
        }
    }
}
