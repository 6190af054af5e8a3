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
    for (fixed, elements) in package.secfixes {
        for element in elements.unwrap_or_default() {
            let (names, aliases) = names(&element);
            for name in names {
                let mut affected = Affected { name: name.clone(), ..Affected::default() };
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
                        link: format!("https://security.alpinelinux.org/vuln/{name}"),
                        name,
                        aliases: aliases.clone(),
                        ..Vulnerability::default()
                    },
                    false,
                );
            }
        }
    }
}

/// The vulnerabilities that an element names, and its other names: of
/// `CVE-2017-5715 CVE-2017-5754 XSA-254` two and one. Without a CVE the first
/// name stands for the vulnerability.
fn names(element: &str) -> (Vec<String>, Vec<String>) {
    let words = element.split_whitespace().map(str::to_owned);
    let (cves, mut others): (Vec<String>, Vec<String>) =
        words.partition(|word| word.starts_with("CVE-"));
    let end = |c: char| !c.is_ascii_alphanumeric();
    let names = if cves.is_empty() { others.drain(..others.len().min(1)).collect() } else { cves };
    let names: Vec<String> = names.iter().map(|n| n.trim_end_matches(end).to_owned()).collect();
    (names.into_iter().filter(|name| !name.is_empty()).collect(), others)
}

#[cfg(test)]
mod tests {
    #[test]
    fn elements_name_one_vulnerability_or_several() {
        let own = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        for (element, names, aliases) in [
            ("CVE-2020-1", &["CVE-2020-1"][..], &[][..]),
            ("CVE-2020-1 XSA-7", &["CVE-2020-1"], &["XSA-7"]),
            ("CVE-2017-1 CVE-2017-2 XSA-254", &["CVE-2017-1", "CVE-2017-2"], &["XSA-254"]),
            ("XSA-9 ALPINE-1", &["XSA-9"], &["ALPINE-1"]),
            ("CVE-2020-1,", &["CVE-2020-1"], &[]),
            (" ", &[], &[]),
        ] {
            assert_eq!(super::names(element), (own(names), own(aliases)), "{element}");
        }
    }
}
