//! Alpine's secdb: package → version that repairs → vulnerabilities.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::input::{self, InputError};
use super::{PackageEntry, Sink};
use crate::vulndb::record::{Affected, Range, Vulnerability};

#[derive(Deserialize)]
struct Repository {
    distroversion: String,
    // Null where a repository has none.
    packages: Option<Vec<serde_json::Value>>,
}

#[derive(Deserialize)]
struct Entry {
    pkg: Package,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    #[serde(default)]
    secfixes: BTreeMap<String, Option<Vec<String>>>,
}

pub(super) fn read(path: &Path, sink: &mut dyn Sink) -> Result<(), InputError> {
    for file in input::files(path)? {
        input::documents(&file, sink, document)?;
    }
    Ok(())
}

fn document(sink: &mut dyn Sink, place: &str, bytes: &[u8]) {
    let repository: Repository = match serde_json::from_slice(bytes) {
        Ok(repository) => repository,
        Err(error) => return sink.malformed(place, &error.to_string()),
    };
    let ecosystem = format!("Alpine:{}", repository.distroversion);
    sink.valid();
    for entry in repository.packages.unwrap_or_default() {
        match serde_json::from_value::<Entry>(entry) {
            Ok(entry) => {
                sink.valid();
                add(sink, &ecosystem, entry.pkg);
            }
            Err(error) => sink.malformed(place, &error.to_string()),
        }
    }
}

fn add(sink: &mut dyn Sink, ecosystem: &str, package: Package) {
    for (fixed, names) in package.secfixes {
        // An element may hold several names of one vulnerability.
        for names in names.unwrap_or_default() {
            let words: Vec<&str> = names.split_whitespace().collect();
            let Some(name) =
                words.iter().find(|word| word.starts_with("CVE-")).or_else(|| words.first())
            else {
                continue;
            };
            let name = name.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
            let mut affected = Affected { name: name.to_owned(), ..Affected::default() };
            // Repaired in version 0 means: never affected.
            if fixed != "0" {
                affected.ranges.push(Range { fixed: Some(fixed.clone()), ..Range::default() });
            }
            sink.package(PackageEntry {
                ecosystem: ecosystem.to_owned(),
                package: package.name.clone(),
                affected,
            });
            sink.vulnerability(
                Vulnerability {
                    name: name.to_owned(),
                    aliases: words
                        .iter()
                        .filter(|word| **word != name)
                        .map(|word| (*word).to_owned())
                        .collect(),
                    link: format!("https://security.alpinelinux.org/vuln/{name}"),
                    ..Vulnerability::default()
                },
                false,
            );
        }
    }
}
