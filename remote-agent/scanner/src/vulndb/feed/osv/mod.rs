//! Records in the OSV format, of any ecosystem.

mod events;
mod record;

use std::path::Path;

use serde_json::Value;

use super::advisory::{Advisory, Statement, emit, is_cve, score, seconds};
use super::input::{self, InputError, Piece, Shape};
use super::{Sink, scheme_of, stream_of};
use crate::version::range::Intervals;
use crate::vulndb::ecosystem::{self, Named};
use record::{AffectedPackage, Record};

pub(super) fn read(path: &Path, sink: &mut dyn Sink) -> Result<(), InputError> {
    input::read(path, Shape::Records, sink, &mut |sink, place, piece| {
        let Piece::Record(bytes) = piece else { return };
        match serde_json::from_slice::<Record>(bytes) {
            Ok(record) if record.id.is_empty() => sink.malformed(place, "the id is empty"),
            Ok(record) => {
                sink.valid();
                if record.withdrawn.is_none() {
                    for record in record.apart() {
                        emit(sink, advisory(record));
                    }
                }
            }
            Err(error) => sink.malformed(place, &error.to_string()),
        }
    })
}

fn advisory(record: Record) -> Advisory {
    let names = names(&record);
    let mut advisory = Advisory {
        exact: matches!(names.as_slice(), [only] if *only == record.id),
        link: link(&record),
        rating: rating(&record),
        cwes: cwes(&record.database_specific),
        published: record.published.as_deref().map_or(0, seconds),
        modified: record.modified.as_deref().map_or(0, seconds),
        ..Advisory::default()
    };
    let packages = record.affected.iter().flat_map(|affected| &affected.severity);
    for severity in record.severity.iter().chain(packages) {
        advisory.score(&severity.score);
    }
    for affected in &record.affected {
        if let Some(vector) = text(&affected.database_specific, "cvss") {
            advisory.score(vector);
        }
        advisory.cwes.extend(cwes(&affected.database_specific));
    }
    let mut statements: Vec<(Named, Statement)> = Vec::new();
    for affected in &record.affected {
        let Some(package) = &affected.package else { continue };
        let mut home = ecosystem::named(&package.ecosystem);
        let mut name = package.name.as_str();
        if home.key == "Kubernetes" {
            let (key, of) = kubernetes(name);
            (home.key, name) = (key.to_owned(), of);
        }
        if let Some(statement) = statement(affected, &home, name, &record.summary) {
            statements.push((home, statement));
        }
    }
    // What repairs bugs or brings something new tells of no vulnerability.
    if names != [record.id.as_str()] || !is_no_security(&record.id) {
        advisory.statements = without_subscriptions(statements);
    }
    advisory.aliases = record.aliases;
    advisory.references = record.references.into_iter().map(|reference| reference.url).collect();
    advisory.description = if record.details.is_empty() { record.summary } else { record.details };
    advisory.names = names;
    advisory.id = record.id;
    advisory
}

/// The CVEs that a record is about; its own id where there are none.
fn names(record: &Record) -> Vec<String> {
    let cves = |ids: &[String]| -> Vec<String> {
        ids.iter().filter_map(|id| cve_in(id)).map(str::to_owned).collect()
    };
    let mut names = cves(std::slice::from_ref(&record.id));
    if names.is_empty() {
        names = cves(&record.aliases);
        names.extend(cves(&record.upstream));
    }
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

/// The CVE that an id is, or that a distribution's record is of:
/// `UBUNTU-CVE-2024-1`.
fn cve_in(id: &str) -> Option<&str> {
    let at = id.find("-CVE-").map_or(0, |at| at + 1);
    id.get(at..).filter(|name| is_cve(name))
}

fn is_distribution(affected: &AffectedPackage) -> bool {
    let package = affected.package.as_ref();
    package.is_some_and(|package| ecosystem::is_distribution(&package.ecosystem))
}

/// Whether a distribution's id is that of an advisory on bugs or enhancements:
/// `ALBA-2024:1`, `RHEA-2024:1`, `SUSE-RU-2024:1-1`.
fn is_no_security(id: &str) -> bool {
    const FAMILIES: [&str; 4] = ["AL", "EL", "RH", "RL"];
    let of = |kind: &str| FAMILIES.iter().any(|family| id.starts_with(&format!("{family}{kind}-")));
    of("BA") || of("EA") || id.contains("SUSE-RU-") || id.contains("SUSE-FU-")
}

/// Where a component of Kubernetes is looked for: its own programs are known
/// as one, whatever they do; others are modules of Go.
fn kubernetes(component: &str) -> (&'static str, &str) {
    if component.starts_with("k8s.io/") { ("Application", "kubernetes") } else { ("Go", component) }
}

fn statement(
    affected: &AffectedPackage,
    named: &Named,
    package: &str,
    title: &str,
) -> Option<Statement> {
    let scheme = scheme_of(&named.key);
    let mut ranges = Vec::new();
    let mut beside = vec![&affected.database_specific];
    for range in affected.ranges.iter().filter(|range| range.kind != "GIT") {
        ranges.extend(events::ranges(range, scheme));
        beside.push(&range.database_specific);
    }
    let closed = beside.into_iter().any(|beside| events::close(&mut ranges, beside));
    let mut versions = affected.versions.clone();
    if closed {
        // They were counted from the events alone, which told of no end.
        versions.clear();
    }
    if !ranges.is_empty() && !versions.is_empty() {
        // Most lists only spell the ranges out.
        let within = Intervals::from_ranges(scheme, &ranges);
        versions.retain(|version| !within.contains(version));
    }
    if ranges.is_empty() && versions.is_empty() {
        return None;
    }
    let fixed = ranges.iter().find_map(|range| range.fixed.as_deref());
    let stream = fixed.map(|fixed| stream_of(fixed, title)).unwrap_or_default();
    let own = &affected.ecosystem_specific;
    let rating = ["urgency", "severity", "ubuntu_priority"].iter().find_map(|key| text(own, key));
    let rating = rating.or_else(|| text(&affected.database_specific, "severity"));
    let words = affected.severity.iter().find(|s| score(&s.score).is_none());
    let rating = rating.or(words.map(|severity| severity.score.as_str()));
    let rating = rating.or_else(|| text(&affected.database_specific, "informational"));
    Some(Statement {
        ecosystem: named.key.clone(),
        package: package.to_owned(),
        ranges,
        versions,
        stream,
        cpes: Some(named.cpe.clone()).filter(|cpe| !cpe.is_empty()).into_iter().collect(),
        rating: rating.unwrap_or_default().trim_end_matches('*').to_owned(),
        ..Statement::default()
    })
}

/// One statement for a release of Ubuntu: what everybody gets, and where that
/// has no repair what subscribers get.
fn without_subscriptions(statements: Vec<(Named, Statement)>) -> Vec<Statement> {
    if !statements.iter().any(|(named, _)| named.pro) {
        return statements.into_iter().map(|(_, statement)| statement).collect();
    }
    let repaired = |statement: &Statement| statement.ranges.iter().any(|r| r.fixed.is_some());
    let mut chosen: Vec<Statement> = Vec::new();
    for pro in [false, true] {
        for (_, statement) in statements.iter().filter(|(named, _)| named.pro == pro) {
            let same = |known: &&mut Statement| {
                known.ecosystem == statement.ecosystem && known.package == statement.package
            };
            match chosen.iter_mut().find(same) {
                Some(known) if !repaired(known) && repaired(statement) => {
                    known.clone_from(statement);
                }
                Some(_) => {}
                None => chosen.push(statement.clone()),
            }
        }
    }
    chosen
}

/// The record's rating in words, where it has one.
fn rating(record: &Record) -> String {
    let words = record.severity.iter().find(|severity| score(&severity.score).is_none());
    text(&record.database_specific, "severity")
        .or(words.map(|severity| severity.score.as_str()))
        .or(rating_of(&record.summary))
        // Whoever runs a malicious package has lost, though nobody scores that.
        .or(record.id.starts_with("MAL-").then_some("critical"))
        .unwrap_or_default()
        .to_owned()
}

/// The rating with which distributions begin the title of an advisory:
/// `Important: nodejs:18 security update`.
fn rating_of(title: &str) -> Option<&str> {
    let (word, _) = title.split_once(':')?;
    matches!(word, "Critical" | "Important" | "Moderate" | "Low").then_some(word)
}

fn cwes(specific: &Value) -> Vec<String> {
    let list = specific.get("cwe_ids").or_else(|| specific.get("cwes"));
    let list = list.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter()
        .filter_map(|cwe| cwe.as_str().or_else(|| cwe.get("cweId")?.as_str()))
        .map(str::to_owned)
        .collect()
}

fn text<'a>(specific: &'a Value, key: &str) -> Option<&'a str> {
    specific.get(key)?.as_str().filter(|text| !text.is_empty())
}

/// The page to show: that of the advisory.
fn link(record: &Record) -> String {
    let reference = |kind: &str| {
        let mut of = record.references.iter();
        let found = of.find(|r| r.kind == kind && r.url.starts_with("https://"));
        found.map(|reference| reference.url.clone())
    };
    reference("ADVISORY").or_else(|| reference("WEB")).unwrap_or_else(|| {
        if is_cve(&record.id) {
            format!("https://nvd.nist.gov/vuln/detail/{}", record.id)
        } else {
            format!("https://osv.dev/vulnerability/{}", record.id)
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::advisory::Status;
    use super::*;

    fn read(record: Value) -> Advisory {
        advisory(serde_json::from_value(record).unwrap())
    }

    fn affected(ecosystem: &str, name: &str, events: &Value) -> Value {
        json!({"package": {"ecosystem": ecosystem, "name": name},
            "ranges": [{"type": "ECOSYSTEM", "events": events}]})
    }

    #[test]
    fn a_record_of_a_language() {
        let told = read(json!({"id": "GHSA-a", "aliases": ["CVE-2024-1", "PYSEC-1"],
            "summary": "S", "details": "D", "published": "2024-01-02T00:00:00Z",
            "severity": [{"type": "CVSS_V4", "score":
                "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"},
                {"type": "CVSS_V2", "score": "AV:N/AC:L/Au:N/C:P/I:P/A:P"},
                {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
            "database_specific": {"severity": "HIGH", "cwe_ids": ["CWE-79"]},
            "affected": [{"package": {"ecosystem": "PyPI", "name": "A"},
                "ranges": [{"type": "GIT", "events": [{"introduced": "0"}]},
                    {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2"}]}],
                "versions": ["1.0", "1.5", "3.0rc1"]}]}));
        assert_eq!(told.names, ["CVE-2024-1"]);
        assert_eq!(told.scores.iter().map(|s| s.version).collect::<Vec<_>>(), [4, 2, 3]);
        assert_eq!(
            (told.rating.as_str(), told.cwes.as_slice()),
            ("HIGH", &["CWE-79".to_owned()][..])
        );
        let statement = &told.statements[0];
        assert_eq!(statement.ranges.len(), 1);
        // Only what the ranges do not say.
        assert_eq!(statement.versions, ["3.0rc1"]);
        assert_eq!(statement.status, Status::Affected);
    }

    #[test]
    fn a_distribution_repairs_what_is_related() {
        let events = json!([{"introduced": "0"}, {"fixed": "1:18.1-1.module_el8"}]);
        let told = read(json!({"id": "ALSA-2024:1", "related": ["CVE-2024-2", "CVE-2024-1"],
            "summary": "Important: nodejs:18 security update",
            "affected": [affected("AlmaLinux:8", "nodejs", &events)]}));
        assert_eq!(told.names, ["CVE-2024-1", "CVE-2024-2"]);
        assert!(!told.exact);
        assert_eq!(told.statements[0].stream, "nodejs:18");
    }

    #[test]
    fn subscribers_of_ubuntu() {
        let open = json!([{"introduced": "0"}]);
        let fixed = |version: &str| json!([{"introduced": "0"}, {"fixed": version}]);
        let told = read(json!({"id": "UBUNTU-CVE-2024-1", "upstream": ["CVE-2024-1"],
            "severity": [{"type": "Ubuntu", "score": "medium"}],
            "affected": [
                affected("Ubuntu:Pro:18.04:LTS", "curl", &fixed("1+esm1")),
                affected("Ubuntu:18.04:LTS", "curl", &open),
                affected("Ubuntu:22.04:LTS", "curl", &fixed("2")),
                affected("Ubuntu:Pro:22.04:LTS", "curl", &fixed("2+esm1"))]}));
        assert_eq!(told.rating, "medium");
        let ends: Vec<_> = told
            .statements
            .iter()
            .map(|s| (s.ecosystem.as_str(), s.ranges[0].fixed.as_deref().unwrap()))
            .collect();
        assert_eq!(ends, [("Ubuntu:18.04", "1+esm1"), ("Ubuntu:22.04", "2")]);
    }

    /// Records of a distribution carry the CVE in their own id, and notices
    /// name such records.
    #[test]
    fn ids_that_hold_a_cve() {
        let events = json!([{"introduced": "0"}, {"fixed": "2"}]);
        for (id, upstream, names) in [
            ("UBUNTU-CVE-2024-1", json!([]), vec!["CVE-2024-1"]),
            ("DEBIAN-CVE-2024-1", json!(["CVE-2024-1"]), vec!["CVE-2024-1"]),
            (
                "USN-1-1",
                json!(["UBUNTU-CVE-2024-2", "CVE-2024-1"]),
                vec!["CVE-2024-1", "CVE-2024-2"],
            ),
            ("USN-1-1", json!(["elsewhere-CVE"]), vec!["USN-1-1"]),
        ] {
            let told = read(json!({"id": id, "upstream": upstream,
                "affected": [affected("Ubuntu:24.04:LTS", "curl", &events)]}));
            assert_eq!(told.names, names, "{id}");
            assert!(names == [id] || !told.exact, "{id}");
        }
    }

    /// A notice of Ubuntu tells of each package which of its CVEs it has.
    #[test]
    fn cves_of_each_package() {
        let events = json!([{"introduced": "0"}, {"fixed": "2"}]);
        let of = |name: &str, cves: &Value| {
            let mut affected = affected("Ubuntu:24.04:LTS", name, &events);
            affected["database_specific"] = json!({"cves_map": {"cves": cves}});
            affected
        };
        let first = json!({"id": "CVE-2024-1", "severity": [{"type": "Ubuntu", "score": "low"},
            {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]});
        let second = json!({"id": "CVE-2024-2", "severity": []});
        let record: Record = serde_json::from_value(json!({"id": "USN-1-1",
            "upstream": ["UBUNTU-CVE-2024-1", "UBUNTU-CVE-2024-2"],
            "affected": [of("curl", &json!([first, second])), of("wget", &json!([second]))]}))
        .unwrap();
        let told: Vec<_> = record
            .apart()
            .into_iter()
            .map(advisory)
            .map(|told| {
                let packages: Vec<_> =
                    told.statements.iter().map(|statement| statement.package.clone()).collect();
                (told.names, told.id, told.rating, told.scores.len(), packages)
            })
            .collect();
        let row = |name: &str, rating: &str, scores: usize, packages: &[&str]| {
            let packages = packages.iter().map(|&name| name.to_owned()).collect();
            (vec![name.to_owned()], "USN-1-1".to_owned(), rating.to_owned(), scores, packages)
        };
        assert_eq!(
            told,
            [row("CVE-2024-1", "low", 1, &["curl"]), row("CVE-2024-2", "", 0, &["curl", "wget"])]
        );
    }

    #[test]
    fn what_repairs_bugs_repairs_no_vulnerability() {
        let events = json!([{"introduced": "0"}, {"fixed": "2"}]);
        for (id, related, count) in [
            ("ALBA-2024:1", json!([]), 0),
            ("RHEA-2024:1", json!([]), 0),
            ("SUSE-RU-2024:1-1", json!([]), 0),
            ("ALBA-2024:1", json!(["CVE-2024-1"]), 1),
            ("ALSA-2024:1", json!([]), 1),
        ] {
            let told = read(json!({"id": id, "related": related,
                "affected": [affected("AlmaLinux:8", "curl", &events)]}));
            assert_eq!(told.statements.len(), count, "{id} {related}");
        }
    }

    #[test]
    fn ratings_in_titles() {
        for (title, rating) in [
            ("Important: nodejs:18 security update", "Important"),
            ("Low: curl security update", "Low"),
            ("nodejs:18 update", ""),
            ("curl", ""),
        ] {
            let told = read(json!({"id": "ALSA-2024:1", "summary": title}));
            assert_eq!(told.rating, rating, "{title}");
        }
        assert_eq!(read(json!({"id": "MAL-2024-1"})).rating, "critical");
    }

    #[test]
    fn products_of_red_hat_and_programs_of_kubernetes() {
        let events = json!([{"introduced": "0"}, {"fixed": "2"}]);
        let told = read(json!({"id": "RHSA-2024:1", "upstream": ["CVE-2024-1"], "affected": [
            affected("Red Hat:enterprise_linux:9::baseos", "curl", &events),
            affected("kubernetes", "k8s.io/kubelet", &events),
            affected("kubernetes", "sigs.k8s.io/csi", &events)]}));
        let places: Vec<_> =
            told.statements.iter().map(|s| (s.ecosystem.as_str(), s.package.as_str())).collect();
        assert_eq!(
            places,
            [("Red Hat:9", "curl"), ("Application", "kubernetes"), ("Go", "sigs.k8s.io/csi")]
        );
        assert_eq!(told.statements[0].cpes, ["cpe:/o:redhat:enterprise_linux:9::baseos"]);
    }

    #[test]
    fn what_is_null_is_empty() {
        let told = read(json!({"id": "GO-1", "aliases": null, "affected": null, "details": null,
            "references": null, "severity": null}));
        assert_eq!((told.names, told.statements), (vec!["GO-1".to_owned()], Vec::new()));
    }
}
