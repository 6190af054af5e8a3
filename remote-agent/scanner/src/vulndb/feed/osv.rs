//! Records in the OSV format.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::DateTime;
use serde::Deserialize;

use super::input::{self, InputError};
use super::{PackageEntry, Sink};
use crate::vulndb::cvss;
use crate::vulndb::record::{Affected, Range, Vulnerability};

/// Characters of a description that are kept.
const DESCRIPTION: usize = 4096;

#[derive(Deserialize)]
struct Record {
    id: String,
    #[serde(default)]
    summary: String,
    #[serde(default)]
    details: String,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    upstream: Vec<String>,
    #[serde(default)]
    related: Vec<String>,
    published: Option<String>,
    modified: Option<String>,
    withdrawn: Option<String>,
    #[serde(default)]
    severity: Vec<Severity>,
    #[serde(default)]
    affected: Vec<AffectedPackage>,
    #[serde(default)]
    references: Vec<Reference>,
    database_specific: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Severity {
    #[serde(rename = "type")]
    kind: String,
    score: String,
}

#[derive(Deserialize)]
struct Reference {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    url: String,
}

#[derive(Deserialize)]
struct AffectedPackage {
    package: Option<Package>,
    #[serde(default)]
    ranges: Vec<OsvRange>,
    #[serde(default)]
    versions: Vec<String>,
    #[serde(default)]
    severity: Vec<Severity>,
    ecosystem_specific: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Package {
    ecosystem: String,
    name: String,
}

#[derive(Deserialize)]
struct OsvRange {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    events: Vec<BTreeMap<String, String>>,
}

pub(super) fn read(path: &Path, sink: &mut dyn Sink) -> Result<(), InputError> {
    for file in input::files(path)? {
        input::documents(&file, sink, document)?;
    }
    Ok(())
}

fn document(sink: &mut dyn Sink, place: &str, bytes: &[u8]) {
    if bytes.trim_ascii_start().starts_with(b"[") {
        match serde_json::from_slice::<Vec<serde_json::Value>>(bytes) {
            Ok(records) => {
                for record in records {
                    record_of(sink, place, serde_json::from_value(record));
                }
            }
            Err(error) => sink.malformed(place, &error.to_string()),
        }
    } else {
        record_of(sink, place, serde_json::from_slice(bytes));
    }
}

fn record_of(sink: &mut dyn Sink, place: &str, record: serde_json::Result<Record>) {
    match record {
        Ok(record) if record.id.is_empty() => sink.malformed(place, "the id is empty"),
        Ok(record) => {
            sink.valid();
            if record.withdrawn.is_none() {
                add(sink, &record);
            }
        }
        Err(error) => sink.malformed(place, &error.to_string()),
    }
}

/// The CVEs that a record is about; its own id where there are none.
fn names(record: &Record) -> Vec<String> {
    if is_cve(&record.id) {
        return vec![record.id.clone()];
    }
    let cves =
        |ids: &[String]| -> Vec<String> { ids.iter().filter(|id| is_cve(id)).cloned().collect() };
    let mut names = cves(&record.aliases);
    names.extend(cves(&record.upstream));
    // Advisories of distributions name the CVEs that they repair as related.
    if names.is_empty() && record.affected.iter().any(is_distribution) {
        names = cves(&record.related);
    }
    names.sort();
    names.dedup();
    if names.is_empty() {
        names.push(record.id.clone());
    }
    names
}

fn is_cve(id: &str) -> bool {
    id.starts_with("CVE-")
}

fn is_distribution(affected: &AffectedPackage) -> bool {
    const DISTRIBUTIONS: [&str; 9] = [
        "AlmaLinux",
        "Rocky Linux",
        "Red Hat",
        "SUSE",
        "openSUSE",
        "Debian",
        "Ubuntu",
        "Alpine",
        "Mageia",
    ];
    affected
        .package
        .as_ref()
        .is_some_and(|package| DISTRIBUTIONS.iter().any(|name| package.ecosystem.starts_with(name)))
}

fn add(sink: &mut dyn Sink, record: &Record) {
    let names = names(record);
    let exact = matches!(names.as_slice(), [only] if *only == record.id);
    // What an advisory says of several vulnerabilities together holds for
    // none of them alone.
    let alone = names.len() == 1;
    let seconds = |text: &Option<String>| {
        text.as_deref()
            .and_then(|text| DateTime::parse_from_rfc3339(text).ok())
            .map_or(0, |date| date.timestamp())
    };
    let vector = |kind: &str| {
        let all = record.severity.iter().chain(record.affected.iter().flat_map(|a| &a.severity));
        all.filter(|severity| severity.kind == kind)
            .map(|severity| severity.score.clone())
            .next()
            .filter(|_| alone)
            .unwrap_or_default()
    };
    let (vector_v2, vector_v3) = (vector("CVSS_V2"), vector("CVSS_V3"));
    let text = if record.details.is_empty() { &record.summary } else { &record.details };
    for name in &names {
        let mut aliases = Vec::new();
        if alone {
            aliases.extend(record.aliases.iter().filter(|alias| *alias != name).cloned());
        }
        if record.id != *name {
            aliases.push(record.id.clone());
        }
        sink.vulnerability(
            Vulnerability {
                name: name.clone(),
                aliases,
                description: text.chars().take(DESCRIPTION).collect(),
                link: link(record, name, alone),
                score_v2: cvss::score_v2(&vector_v2).unwrap_or_default(),
                vector_v2: vector_v2.clone(),
                score_v3: cvss::score_v3(&vector_v3).unwrap_or_default(),
                vector_v3: vector_v3.clone(),
                published: seconds(&record.published),
                modified: seconds(&record.modified),
                rating: if alone { rating(record) } else { String::new() },
            },
            exact,
        );
        for affected in &record.affected {
            package(sink, record, name, affected);
        }
    }
}

fn package(sink: &mut dyn Sink, record: &Record, name: &str, affected: &AffectedPackage) {
    let Some(package) = &affected.package else { return };
    let ranges: Vec<Range> =
        affected.ranges.iter().filter(|range| range.kind != "GIT").flat_map(ranges).collect();
    if ranges.is_empty() && affected.versions.is_empty() {
        return;
    }
    let own = affected
        .ecosystem_specific
        .as_ref()
        .and_then(|own| own.get("urgency").or_else(|| own.get("severity"))?.as_str());
    sink.package(PackageEntry {
        ecosystem: package.ecosystem.clone(),
        package: package.name.clone(),
        affected: Affected {
            name: name.to_owned(),
            versions: if ranges.is_empty() { affected.versions.clone() } else { Vec::new() },
            ranges,
            feed_rating: own.map_or_else(|| rating(record), str::to_owned),
            advisory: if record.id == name { String::new() } else { record.id.clone() },
        },
    });
}

/// Turns events into ranges: each `introduced` opens one, the next other
/// event closes it.
fn ranges(range: &OsvRange) -> Vec<Range> {
    let mut ranges = Vec::new();
    let mut open: Option<Range> = None;
    for (kind, version) in range.events.iter().flatten() {
        match kind.as_str() {
            "introduced" => {
                ranges.extend(open.take());
                let introduced = (version != "0").then(|| version.clone());
                open = Some(Range { introduced, ..Range::default() });
            }
            "fixed" | "limit" => {
                if let Some(mut range) = open.take() {
                    range.fixed = Some(version.clone());
                    ranges.push(range);
                }
            }
            "last_affected" => {
                if let Some(mut range) = open.take() {
                    range.last_affected = Some(version.clone());
                    ranges.push(range);
                }
            }
            _ => {}
        }
    }
    ranges.extend(open);
    ranges
}

/// The record's rating in words, where it has one.
fn rating(record: &Record) -> String {
    let specific = record
        .database_specific
        .as_ref()
        .and_then(|specific| specific.get("severity")?.as_str().map(str::to_owned));
    let words = record.severity.iter().find(|severity| !severity.kind.starts_with("CVSS"));
    specific.or_else(|| words.map(|severity| severity.score.clone())).unwrap_or_default()
}

fn link(record: &Record, name: &str, alone: bool) -> String {
    let reference = |kind: &str| {
        record
            .references
            .iter()
            .find(|reference| reference.kind == kind && reference.url.starts_with("https://"))
            .map(|reference| reference.url.clone())
    };
    if is_cve(name) && !alone {
        return format!("https://nvd.nist.gov/vuln/detail/{name}");
    }
    reference("ADVISORY").or_else(|| reference("WEB")).unwrap_or_else(|| {
        if is_cve(name) {
            format!("https://nvd.nist.gov/vuln/detail/{name}")
        } else {
            format!("https://osv.dev/vulnerability/{}", record.id)
        }
    })
}
