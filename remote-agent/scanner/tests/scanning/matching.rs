//! Findings against a plain slow reading of the advisories themselves.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use chrono::DateTime;
use palisade_scanner::version::Scheme;
use palisade_scanner::vulndb::{SigningKey, SourceSpec, Trust, VulnDb, build, key_path};
use palisade_scanner::{Distribution, Ecosystem, Inventory, LayeredPackage, Package, Report};
use serde_json::{Value, json};

fn data() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vuln-data");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: ../shared/vuln-data is not beside the repository");
    None
}

fn unpacked(path: &Path) -> String {
    let mut text = String::new();
    let file = std::fs::File::open(path).unwrap();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    text
}

fn database(sources: &[String]) -> VulnDb {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("vulndb");
    let sources: Vec<SourceSpec> = sources.iter().map(|source| source.parse().unwrap()).collect();
    build(&sources, &out, &SigningKey::at(&key_path(&out)).unwrap()).unwrap();
    VulnDb::open(&out, Trust::Anyone).unwrap()
}

fn inventory(distribution: Option<Distribution>, packages: Vec<Package>) -> Inventory {
    let empty = json!({"digest": null, "index_digest": null, "image_id": null, "layers": [],
        "packages": [], "distribution": null,
        "config": {"author": "", "created": "", "user": "", "envs": [], "labels": {},
            "history": [], "diff_ids": [], "healthcheck": false}});
    let mut inventory: Inventory = serde_json::from_value(empty).unwrap();
    inventory.distribution = distribution;
    inventory.packages =
        packages.into_iter().map(|package| LayeredPackage { package, layer: None }).collect();
    inventory
}

fn report(inventory: &Inventory, database: &VulnDb) -> Report {
    Report::new(inventory, database, DateTime::from_timestamp(1_700_000_000, 0).unwrap()).unwrap()
}

/// Package, version and name of all findings.
type Found = BTreeSet<(String, String, String)>;

fn found(report: &Report) -> Found {
    let findings = report.findings.iter().map(|finding| {
        let package = &report.package(finding).unwrap().package;
        (package.name.clone(), package.version.clone(), finding.name.clone())
    });
    let all: Vec<_> = findings.collect();
    let once: Found = all.iter().cloned().collect();
    assert_eq!(all.len(), once.len(), "something is found twice");
    once
}

/// Versions of a package at, between and around its fixes.
fn versions<'a>(fixes: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    let mut versions = BTreeSet::from(["0.0.1-r0".to_owned(), "99999-r0".to_owned()]);
    for fix in fixes.take(6) {
        versions.insert(fix.to_owned());
        versions.insert(format!("{fix}0"));
    }
    versions
}

fn names(fix: &Value) -> impl Iterator<Item = String> {
    let lines = fix.as_array().into_iter().flatten().filter_map(Value::as_str);
    // Some are not numbered yet: `CVE-????-?????`; some are written as
    // `CVE_2019-2126` or `CVE-2018-1000156.patch`.
    let is_cve = |word: &String| word.starts_with("CVE-") && !word.contains('?');
    let spelled = |word: &str| word.replace("CVE_", "CVE-").replace(".patch", "");
    lines.flat_map(str::split_whitespace).map(spelled).filter(is_cve)
}

#[test]
fn alpine_as_its_own_files_say() {
    let Some(data) = data() else { return };
    let file = data.join("alpine-secdb.jsonl.gz");
    let database = database(&[format!("alpine={}", file.display())]);
    let compare: fn(&str, &str) -> Ordering = |left, right| Scheme::Apk.compare(left, right);
    let mut advisories: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for line in unpacked(&file).lines() {
        let repository: Value = serde_json::from_str(line).unwrap();
        let release = repository["distroversion"].as_str().unwrap().to_owned();
        advisories.entry(release).or_default().push(repository);
    }
    let mut seen = 0;
    for (release, repositories) in advisories {
        let mut fixes: BTreeMap<&str, Vec<(&str, &Value)>> = BTreeMap::new();
        let packages = repositories.iter().filter_map(|r| r["packages"].as_array()).flatten();
        for package in packages.map(|package| &package["pkg"]) {
            let of = package["secfixes"].as_object().into_iter().flatten();
            let known = fixes.entry(package["name"].as_str().unwrap()).or_default();
            known.extend(of.map(|(version, names)| (version.as_str(), names)));
        }
        // Kept apart by rules of their own.
        fixes.remove("openssl");
        let mut expected = Found::new();
        let mut packages = Vec::new();
        for (name, fixes) in &fixes {
            for version in versions(fixes.iter().map(|(version, _)| *version)) {
                for (fixed, listed) in fixes {
                    if *fixed != "0" && compare(&version, fixed).is_lt() {
                        let of = |cve: String| ((*name).to_owned(), version.clone(), cve);
                        expected.extend(names(listed).map(of));
                    }
                }
                packages.push(Package::new(Ecosystem::Apk, *name, version, "lib/apk/db/installed"));
            }
        }
        let version = release.trim_start_matches('v');
        let distribution = Some(Distribution::new("alpine", &format!("{version}.1")));
        let ours: Found = found(&report(&inventory(distribution, packages), &database))
            .into_iter()
            .filter(|(.., name)| name.starts_with("CVE-"))
            .collect();
        let missing: Vec<_> = expected.difference(&ours).take(5).collect();
        let extra: Vec<_> = ours.difference(&expected).take(5).collect();
        assert!(missing.is_empty() && extra.is_empty(), "{release}: {missing:?} {extra:?}");
        seen += ours.len();
    }
    assert!(seen > 10_000, "{seen}");
}

#[test]
fn debian_as_its_own_file_says() {
    let Some(data) = data() else { return };
    let file = data.join("debian-bookworm.json.gz");
    let database = database(&[format!("debian={}", file.display())]);
    let tracker: Value = serde_json::from_str(&unpacked(&file)).unwrap();
    let compare = |left: &str, right: &str| Scheme::Dpkg.compare(left, right);
    let mut expected = Found::new();
    let mut packages = Vec::new();
    for (source, cves) in tracker.as_object().unwrap() {
        let fixes = cves.as_object().unwrap().iter().filter_map(|(name, cve)| {
            Some((name.as_str(), cve.pointer("/releases/bookworm/fixed_version")?.as_str()?))
        });
        let fixes: Vec<(&str, &str)> = fixes.collect();
        for version in versions(fixes.iter().map(|(_, fixed)| *fixed)) {
            for (name, _) in fixes.iter().filter(|(_, fixed)| compare(&version, fixed).is_lt()) {
                expected.insert((format!("lib{source}"), version.clone(), (*name).to_owned()));
            }
            packages.push(Package {
                source: source.clone(),
                ..Package::new(Ecosystem::Dpkg, format!("lib{source}"), version, "status")
            });
        }
    }
    let distribution = Some(Distribution::new("debian", "12"));
    let report = report(&inventory(distribution, packages), &database);
    let ours = found(&report);
    let missing: Vec<_> = expected.difference(&ours).take(5).collect();
    let extra: Vec<_> = ours.difference(&expected).take(5).collect();
    assert!(missing.is_empty() && extra.is_empty(), "{missing:?} {extra:?}");
    assert!(ours.len() > 3_000, "{}", ours.len());
}

/// One vulnerability told by several advisories of the language's databases.
#[test]
fn aliases_are_counted_once() {
    let folder = tempfile::tempdir().unwrap();
    let record = |id: &str, aliases: &[&str], fixed: &str| {
        json!({"id": id, "aliases": aliases, "modified": "2024-01-01T00:00:00Z",
            "affected": [{"package": {"ecosystem": "PyPI", "name": "flask-login"},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}]}]})
    };
    let records = [
        record("PYSEC-2024-1", &["CVE-2024-1", "GHSA-aaaa-aaaa-aaaa"], "2.0"),
        record("GHSA-aaaa-aaaa-aaaa", &["CVE-2024-1"], "2.0"),
        record("GHSA-bbbb-bbbb-bbbb", &[], "3.0"),
        record("PYSEC-2024-2", &["GHSA-bbbb-bbbb-bbbb"], "3.0"),
        record("CVE-2024-3", &[], "1.0"),
    ];
    let lines: Vec<String> = records.iter().map(Value::to_string).collect();
    let file = folder.path().join("osv.jsonl");
    std::fs::write(&file, lines.join("\n")).unwrap();
    let database = database(&[format!("osv={}", file.display())]);
    let package = Package::new(Ecosystem::Python, "Flask_Login", "1.5", "f");
    let report = report(&inventory(None, vec![package]), &database);
    let names: Vec<&str> = report.findings.iter().map(|finding| finding.name.as_str()).collect();
    assert_eq!(names.len(), 2, "{:?}", report.findings);
    assert_eq!(names[0], "CVE-2024-1");
    assert!(report.findings[0].is_named("GHSA-aaaa-aaaa-aaaa"));
    assert!(report.findings[1].is_named("pysec-2024-2"));
    assert!(report.findings[1].is_named("ghsa-bbbb-bbbb-bbbb"));
}

/// A status file of some kilobytes may name a hundred packages that were built from a kernel
/// with a thousand vulnerabilities.
#[test]
fn more_vulnerabilities_than_a_report_can_hold_are_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let feed = folder.path().join("osv.jsonl");
    let record = |at: usize| {
        json!({"id": format!("CVE-2024-{at}"), "affected": [{
            "package": {"ecosystem": "Debian:12", "name": "linux"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "7"}]}]}]})
        .to_string()
    };
    std::fs::write(&feed, (0..1_000).map(record).collect::<Vec<_>>().join("\n")).unwrap();
    let database = database(&[format!("osv={}", feed.display())]);
    let debian = Distribution {
        id: "debian".to_owned(),
        version: "12".to_owned(),
        content_sets: Vec::new(),
    };
    let held = |packages: usize| {
        let of_kernel = |at: usize| Package {
            source: "linux".to_owned(),
            ..Package::new(Ecosystem::Dpkg, format!("linux-{at}"), "6", "var/lib/dpkg/status")
        };
        let inventory = inventory(Some(debian.clone()), (0..packages).map(of_kernel).collect());
        Report::matched(&inventory, &database, DateTime::UNIX_EPOCH)
    };
    assert_eq!(held(20).unwrap().findings.len(), 20_000);
    let error = held(101).unwrap_err();
    assert_eq!(error.outcome().text(), "file size over limit", "{error}");
}

/// No finding then means nothing, and an image that is not known whole is told.
#[test]
fn an_operating_system_that_the_database_does_not_cover() {
    let folder = tempfile::tempdir().unwrap();
    let feed = folder.path().join("feed.json");
    let record = json!({"id": "CVE-2024-1", "affected": [{
        "package": {"ecosystem": "Debian:12", "name": "p3"},
        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1"}]}]}]});
    std::fs::write(&feed, record.to_string()).unwrap();
    let database = database(&[format!("osv={}", feed.display())]);
    let packages = |count: usize| -> Vec<Package> {
        let named = |n| Package::new(Ecosystem::Dpkg, format!("p{n}"), "1", "var/lib/dpkg/status");
        (0..count).map(named).collect()
    };
    for (id, version, count, covered) in [
        ("debian", "12", 30, true),
        ("ubuntu", "22.04", 30, false),
        // Of few packages there may be nothing to tell, and of no advisories at all either.
        ("ubuntu", "22.04", 5, true),
        ("nixos", "24.05", 30, true),
    ] {
        let report =
            report(&inventory(Some(Distribution::new(id, version)), packages(count)), &database);
        let told: Vec<&str> = report.problems.iter().map(|one| one.path.as_str()).collect();
        let expected = if covered { vec![] } else { vec!["ubuntu:22.04"] };
        assert_eq!(told, expected, "{id} {version} {count}");
    }
}
