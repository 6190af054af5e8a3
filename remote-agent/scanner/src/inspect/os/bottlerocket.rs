//! The inventory that Bottlerocket keeps in place of a package database.

use serde::Deserialize;

use crate::inspect::language::json::{self, Items};
use crate::inspect::{Entry, Facts, Problem};
use crate::package::{Ecosystem, Package};

pub(super) const INVENTORY: &str = "usr/share/bottlerocket/application-inventory.json";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inventory {
    content: Items<Content>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Content {
    name: String,
    #[serde(default)]
    publisher: String,
    #[serde(default)]
    epoch: String,
    version: String,
    #[serde(default)]
    release: String,
    #[serde(default)]
    architecture: String,
}

/// Under whatever root: the system's own lies beside that of its containers.
pub(super) fn is_inventory(entry: &Entry<'_>) -> bool {
    entry.ends_with("bottlerocket/application-inventory.json")
}

pub(super) fn read(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let inventory: Inventory = json::read(bytes)?;
    for content in inventory.content.0 {
        let mut version = match content.epoch.as_str() {
            "" | "0" => content.version,
            epoch => format!("{epoch}:{}", content.version),
        };
        if !content.release.is_empty() {
            version = format!("{version}-{}", content.release);
        }
        facts.packages.push(Package {
            arch: content.architecture,
            vendor: content.publisher,
            ..Package::new(Ecosystem::Rpm, content.name, version, entry.path)
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages() {
        let text = br#"{"Content":[{"Name":"glibc","Publisher":"Bottlerocket","Version":"2.38",
            "Release":"1700000000.abcd.br1","InstalledTime":"2023-11-14T00:00:00Z",
            "ApplicationType":"Unspecified","Architecture":"x86_64","Url":"https://example.org",
            "Summary":"text"},{"Name":"b","Epoch":"1","Version":"2"}]}"#;
        let entry = Entry { path: INVENTORY, size: 1, mode: 0o644 };
        let mut facts = Facts::default();
        read(&entry, text, &mut facts).unwrap();
        let found: Vec<_> =
            facts.packages.iter().map(|p| [&*p.name, &*p.version, &*p.arch]).collect();
        assert_eq!(found, [["glibc", "2.38-1700000000.abcd.br1", "x86_64"], ["b", "1:2", ""]]);
        read(&entry, b"{}", &mut facts).unwrap_err();
    }
}
