//! Changelogs of Debian's packages: a CVE is repaired in the lowest version
//! whose entry names it.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::super::Sink;
use super::super::advisory::{Advisory, Statement, emit, is_cve, seconds};
use super::super::input::{self, InputError, Piece, Shape};
use crate::inspect::os::debian_version;
use crate::version::Scheme;

#[derive(Deserialize)]
struct Record {
    source: String,
    release: String,
    changelog: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    version: String,
    #[serde(default)]
    cves: Vec<String>,
    #[serde(default)]
    date: String,
}

pub(in super::super) fn read(path: &Path, sink: &mut dyn Sink) -> Result<(), InputError> {
    input::read(path, Shape::Records, sink, &mut |sink, place, piece| {
        let Piece::Record(bytes) = piece else { return };
        let record = match serde_json::from_slice::<Record>(bytes) {
            Ok(record) => record,
            Err(error) => return sink.malformed(place, &error.to_string()),
        };
        let Some(release) = debian_version(&record.release) else {
            return sink.malformed(place, &format!("release {:?}", record.release));
        };
        sink.valid();
        for advisory in advisories(&record, release) {
            emit(sink, advisory);
        }
    })
}

fn advisories<'r>(record: &'r Record, release: &str) -> impl Iterator<Item = Advisory> + use<'r> {
    let mut lowest: BTreeMap<&str, &Entry> = BTreeMap::new();
    for entry in &record.changelog {
        for name in entry.cves.iter().filter(|name| is_cve(name)) {
            let known = lowest.entry(name).or_insert(entry);
            if Scheme::Dpkg.compare(&entry.version, &known.version).is_lt() {
                *known = entry;
            }
        }
    }
    let ecosystem = format!("Debian:{release}");
    lowest.into_iter().map(move |(name, entry)| Advisory {
        link: format!("https://security-tracker.debian.org/tracker/{name}"),
        names: vec![name.to_owned()],
        modified: seconds(&entry.date),
        statements: vec![Statement::before(
            ecosystem.as_str(),
            record.source.as_str(),
            Some(&entry.version),
        )],
        ..Advisory::default()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_lowest_version_repairs() {
        let record: Record =
            serde_json::from_value(json!({"source": "expat", "release": "bookworm",
            "latest": "2.5.0-1+deb12u2", "changelog": [
                {"version": "2.5.0-1+deb12u2", "cves": ["CVE-2024-1"]},
                {"version": "2.5.0-1", "cves": ["CVE-2024-1", "CVE-2022-2", "nonsense"]},
                {"version": "2.5.0-1~rc1", "cves": ["CVE-2022-2"]}]}))
            .unwrap();
        let told: Vec<_> = advisories(&record, "12")
            .map(|advisory| (advisory.names[0].clone(), advisory.statements[0].clone()))
            .collect();
        assert_eq!(
            told,
            [
                (
                    "CVE-2022-2".to_owned(),
                    Statement::before("Debian:12", "expat", Some("2.5.0-1~rc1"))
                ),
                ("CVE-2024-1".to_owned(), Statement::before("Debian:12", "expat", Some("2.5.0-1"))),
            ]
        );
    }
}
