//! The secdb of Alpine, Wolfi and Chainguard: package → version that repairs
//! → vulnerabilities.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::advisory::{Advisory, Statement, emit, is_cve};
use super::input::{self, InputError, Piece, Shape};
use super::{FeedKind, Sink};
use crate::vulndb::ecosystem;

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

pub(super) fn read(kind: FeedKind, path: &Path, sink: &mut dyn Sink) -> Result<(), InputError> {
    let mut release = Release::default();
    input::read(path, Shape::Arrays(&["packages"]), sink, &mut |sink, place, piece| match piece {
        Piece::Begin => release = Release { kind: Some(kind), ..Release::default() },
        Piece::Member(name, value) => {
            release.member(name, value);
            release.drain(sink, place);
        }
        Piece::Record(bytes) => {
            release.waiting.push(bytes.to_vec());
            release.drain(sink, place);
        }
        Piece::End if release.ecosystem.is_none() => {
            sink.malformed(place, "it does not say of which release it is");
        }
        Piece::End => sink.valid(),
    })
}

/// What is known of the document so far: packages may come before the name
/// of the release.
#[derive(Default)]
struct Release {
    kind: Option<FeedKind>,
    ecosystem: Option<String>,
    waiting: Vec<Vec<u8>>,
}

impl Release {
    fn member(&mut self, name: &str, value: &RawValue) {
        let text = serde_json::from_str::<String>(value.get()).unwrap_or_default();
        match (self.kind, name) {
            (Some(FeedKind::Alpine), "distroversion") => {
                self.ecosystem = Some(ecosystem::named(&format!("Alpine:{text}")).key);
            }
            // Rolling: whatever comes before the packages begins it.
            (Some(FeedKind::Wolfi), _) => self.ecosystem = Some("Wolfi".to_owned()),
            (Some(FeedKind::Chainguard), _) => self.ecosystem = Some("Chainguard".to_owned()),
            _ => {}
        }
    }

    fn drain(&mut self, sink: &mut dyn Sink, place: &str) {
        let Some(ecosystem) = &self.ecosystem else { return };
        for bytes in self.waiting.drain(..) {
            match serde_json::from_slice::<Entry>(&bytes) {
                Ok(entry) => {
                    for advisory in advisories(ecosystem, &entry.pkg) {
                        emit(sink, advisory);
                    }
                }
                Err(error) => sink.malformed(place, &error.to_string()),
            }
        }
    }
}

fn advisories(ecosystem: &str, package: &Package) -> Vec<Advisory> {
    let mut advisories = Vec::new();
    for (fixed, elements) in &package.secfixes {
        for element in elements.iter().flatten() {
            let (names, aliases) = names(element);
            advisories.extend(names.into_iter().map(|name| Advisory {
                aliases: aliases.clone(),
                names: vec![name],
                // Repaired in version 0 means: never affected.
                statements: vec![if fixed == "0" {
                    Statement::not_affected(ecosystem, package.name.as_str())
                } else {
                    Statement::before(ecosystem, package.name.as_str(), Some(fixed))
                }],
                ..Advisory::default()
            }));
        }
    }
    advisories
}

/// The vulnerabilities that an element names, and its other names: of
/// `CVE-2017-5715 CVE-2017-5754 XSA-254` two and one, of `CVE-2018-1 (BGP)`
/// one and none. Without a CVE the first name stands for the vulnerability.
fn names(element: &str) -> (Vec<String>, Vec<String>) {
    let element = element.replace("CVE_", "CVE-");
    let words = element
        .split_whitespace()
        .map(|word| word.trim_end_matches(".patch"))
        .map(|word| word.trim_matches(|c: char| !c.is_ascii_alphanumeric()))
        .filter(|word| word.starts_with(|c: char| c.is_ascii_uppercase()))
        .filter(|word| word.contains('-') && word.contains(|c: char| c.is_ascii_digit()));
    let (mut names, mut others): (Vec<String>, Vec<String>) =
        words.map(str::to_owned).partition(|word| is_cve(word));
    if names.is_empty() {
        names.extend(others.drain(..others.len().min(1)));
    }
    (names, others)
}

#[cfg(test)]
mod tests {
    #[test]
    fn elements_name_one_vulnerability_or_several() {
        let own = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        for (element, names, aliases) in [
            ("CVE-2020-1", &["CVE-2020-1"][..], &[][..]),
            ("XSA-7  CVE-2020-1", &["CVE-2020-1"], &["XSA-7"]),
            ("CVE-2017-1 CVE-2017-2 XSA-254", &["CVE-2017-1", "CVE-2017-2"], &["XSA-254"]),
            ("CVE-2018-1 (BGP)", &["CVE-2018-1"], &[]),
            ("CVE-2018-1 (was fixed in libpcap)", &["CVE-2018-1"], &[]),
            ("CVE-2018-1 (SMB - too unreliably reproduced)", &["CVE-2018-1"], &[]),
            ("CVE_2018-1", &["CVE-2018-1"], &[]),
            ("CVE-2018-1.patch", &["CVE-2018-1"], &[]),
            ("CVE-2020-1,", &["CVE-2020-1"], &[]),
            ("CVE-????-?????  XSA-90", &["XSA-90"], &[]),
            ("XSA-9 ALPINE-1", &["XSA-9"], &["ALPINE-1"]),
            ("GHSA-aaaa-bb11-cccc", &["GHSA-aaaa-bb11-cccc"], &[]),
            (" ", &[], &[]),
        ] {
            assert_eq!(super::names(element), (own(names), own(aliases)), "{element}");
        }
    }
}
