//! Making and reading the vulnerability database.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use palisade_scanner::version::Scheme;
use palisade_scanner::vulndb::{
    BuildError, OpenError, PublicKey, SigningKey, SourceSpec, Status, Trust, VulnDb, build,
    public_path,
};
use proptest::prelude::*;
use serde_json::json;
use tempfile::TempDir;

pub(crate) struct Feeds(TempDir);

impl Feeds {
    pub(crate) fn new() -> Self {
        let feeds = Self(tempfile::tempdir().unwrap());
        feeds.write(
            "tracker.json",
            &json!({
                "openssl": {
                    "CVE-2023-1": {"releases": {
                        "bookworm": {"status": "resolved", "fixed_version": "3.0.11-1", "urgency": "low"},
                        "bullseye": {"status": "open"}}},
                    "CVE-2023-2": {"releases": {"bookworm": {"status": "resolved", "fixed_version": "0"}}},
                    "CVE-2023-3": {"releases": {"bookworm": {"status": "undetermined"}}},
                    "CVE-2023-4": "nonsense",
                },
                "curl": 7,
            })
            .to_string(),
        );
        let record = json!({
            "id": "DEBIAN-CVE-2023-1", "upstream": ["CVE-2023-1"], "details": "Reads too much",
            "published": "2023-05-01T00:00:00Z", "modified": "2024-06-01T00:00:00Z",
            "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}],
            "affected": [{"package": {"ecosystem": "Debian:12", "name": "openssl"},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "9"}]}]}],
        });
        let other = json!({
            "id": "CVE-2023-5", "affected": [{"package": {"ecosystem": "Debian:12", "name": "curl"},
                "ranges": [{"type": "ECOSYSTEM",
                    "events": [{"introduced": "7.0"}, {"fixed": "7.5"}, {"introduced": "8.0"}, {"last_affected": "8.2"}]}]}],
        });
        let withdrawn = json!({"id": "CVE-2023-6", "withdrawn": "2024-01-01T00:00:00Z",
            "affected": other["affected"]});
        feeds.write("osv.jsonl", &format!("{record}\n\n{other}\nnonsense\n{withdrawn}\n"));
        feeds.write(
            "secdb.json",
            &json!({"distroversion": "v3.18", "reponame": "main", "packages": [
                {"pkg": {"name": "openssl", "secfixes": {
                    "3.1.4-r0": ["CVE-2023-1 GHSA-1"], "0": ["CVE-2023-2"]}}}]})
            .to_string(),
        );
        feeds
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: &str) {
        fs::write(self.path(name), content).unwrap();
    }

    fn sources(&self) -> Vec<SourceSpec> {
        ["debian=tracker.json", "osv=osv.jsonl", "alpine=secdb.json"]
            .map(|source| {
                let (kind, name) = source.split_once('=').unwrap();
                format!("{kind}={}", self.path(name).display()).parse().unwrap()
            })
            .to_vec()
    }

    pub(crate) fn key(&self) -> SigningKey {
        SigningKey::at(&self.path("key")).unwrap()
    }

    /// What is left of databases that were being written.
    fn partial(&self) -> Vec<PathBuf> {
        let all = fs::read_dir(self.0.path()).unwrap().map(|entry| entry.unwrap().path());
        all.filter(|path| path.extension().is_some_and(|ending| ending == "partial")).collect()
    }

    pub(crate) fn build(&self, name: &str) -> PathBuf {
        let out = self.path(name);
        build(&self.sources(), &out, &self.key()).unwrap();
        out
    }
}

fn names(database: &VulnDb, ecosystem: &str, package: &str) -> Vec<String> {
    let affected = database.affected(ecosystem, package).unwrap();
    affected.into_iter().map(|affected| affected.name).collect()
}

/// Enough text for a dictionary, so that texts lie in many blocks.
#[test]
fn each_of_many_is_found_with_its_own_text() {
    let feeds = Feeds::new();
    let text = |n: usize| format!("Record {n} of {}: {}", n * 7919, "an attacker ".repeat(20));
    let records: Vec<String> = (0..4_000)
        .map(|n| {
            json!({"id": format!("CVE-2024-{n}"), "details": text(n),
                "affected": [{"package": {"ecosystem": "PyPI", "name": format!("package-{n}")},
                    "ranges": [{"type": "ECOSYSTEM",
                        "events": [{"introduced": "0"}, {"fixed": "9"}]}]}]})
            .to_string()
        })
        .collect();
    feeds.write("many.jsonl", &records.join("\n"));
    let sources = [format!("osv={}", feeds.path("many.jsonl").display()).parse().unwrap()];
    for name in ["one", "two"] {
        build(&sources, &feeds.path(name), &feeds.key()).unwrap();
    }
    assert_eq!(fs::read(feeds.path("one")).unwrap(), fs::read(feeds.path("two")).unwrap());
    let database = VulnDb::open(&feeds.path("one"), Trust::Anyone).unwrap();
    let mut texts = database.texts().unwrap();
    for n in 0..4_000 {
        let name = format!("CVE-2024-{n}");
        assert_eq!(names(&database, "PyPI", &format!("package-{n}")), [name.as_str()]);
        assert_eq!(database.vulnerability(&name).unwrap().unwrap().name, name);
        assert_eq!(texts.prose(&name).unwrap().description, text(n));
    }
    for missing in ["CVE-2024-4000", "", "CVE-2024"] {
        assert_eq!(database.vulnerability(missing).unwrap(), None);
        assert_eq!(texts.prose(missing).unwrap().description, "");
    }
}

#[test]
fn feeds_are_merged() {
    let feeds = Feeds::new();
    let database = VulnDb::open(&feeds.build("vulndb"), Trust::Anyone).unwrap();
    assert_eq!(names(&database, "Debian:12", "openssl"), ["CVE-2023-1", "CVE-2023-3"]);
    // The tracker's own word counts, not the collection's.
    let affected = database.affected("Debian:12", "openssl").unwrap();
    assert_eq!(affected[1].status, Status::UnderInvestigation);
    assert_eq!(affected[0].ranges[0].fixed.as_deref(), Some("3.0.11-1"));
    assert_eq!(names(&database, "Debian:11", "openssl"), ["CVE-2023-1"]);
    assert_eq!(names(&database, "Debian:12", "curl"), ["CVE-2023-5"]);
    assert_eq!(names(&database, "Alpine:v3.18", "openssl"), ["CVE-2023-1"]);
    assert!(names(&database, "Debian:12", "nothing").is_empty());
    let known = database.vulnerability("CVE-2023-1").unwrap().unwrap();
    assert_eq!((known.scores[0].version, known.scores[0].score), (3, 7.5));
    let mut texts = database.texts().unwrap();
    assert_eq!(texts.prose("CVE-2023-1").unwrap().description, "Reads too much");
    assert_eq!(texts.prose("CVE-2023-5").unwrap().description, "");
    assert_eq!(known.aliases, ["DEBIAN-CVE-2023-1", "GHSA-1"]);
    assert_eq!(database.create_time(), "2024-06-01T00:00:00Z");
    assert!(database.version().parse::<f64>().is_ok(), "{}", database.version());
}

#[test]
fn malformed_records_are_counted() {
    let feeds = Feeds::new();
    let summary = build(&feeds.sources(), &feeds.path("vulndb"), &feeds.key()).unwrap();
    let counts: Vec<_> = summary.sources.iter().map(|s| (s.records, s.malformed)).collect();
    assert_eq!(counts, [(3, 1), (3, 2), (1, 0)]);
}

/// Else no later database would be taken, and nobody would be told that this one is old.
#[test]
fn dates_that_are_still_to_come_do_not_count() {
    let feeds = Feeds::new();
    let record = |n: u8, modified: &str| {
        json!({"id": format!("GHSA-{n}"), "published": "2023-05-01T00:00:00Z", "modified": modified,
            "affected": [{"package": {"ecosystem": "npm", "name": "coffee"},
                "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}]}]})
    };
    let (slip, other) = (record(1, "9024-01-01T00:00:00Z"), record(2, "2024-01-01T00:00:00Z"));
    feeds.write("slips.jsonl", &format!("{slip}\n{other}\n"));
    let build = |kind: &str, name: &str| {
        let source = format!("{kind}={}", feeds.path(name).display()).parse().unwrap();
        build(&[source], &feeds.path("vulndb"), &feeds.key()).unwrap()
    };
    let slips = build("osv", "slips.jsonl");
    let database = VulnDb::open(&feeds.path("vulndb"), Trust::Anyone).unwrap();
    assert_eq!(database.create_time(), "2024-01-01T00:00:00Z");
    assert_eq!(slips.sources[0].newest, database.built_at().timestamp());
    let dates = |name: &str| {
        let known = database.vulnerability(name).unwrap().unwrap();
        (known.published, known.modified)
    };
    let (published, modified) = dates("GHSA-2");
    assert!(published > 0 && modified > published, "{published} {modified}");
    assert_eq!(dates("GHSA-1"), (published, 0));

    // Neither does a year in a name, where nothing else tells of time.
    feeds.write(
        "secdb.json",
        &json!({"distroversion": "v3.18", "packages": [
            {"pkg": {"name": "coffee", "secfixes": {"1-r0": ["CVE-9023-1", "CVE-2023-1"]}}}]})
        .to_string(),
    );
    build("alpine", "secdb.json");
    let database = VulnDb::open(&feeds.path("vulndb"), Trust::Anyone).unwrap();
    assert_eq!(database.create_time(), "2023-01-01T00:00:00Z");
}

#[test]
fn what_no_scan_can_use_is_told() {
    let feeds = Feeds::new();
    let package = |ecosystem: &str, name: &str| json!({"package": {"ecosystem": ecosystem, "name": name}, "versions": ["1"]});
    let record = json!({"id": "GHSA-1", "affected": [package("GitHub Actions", "me/checkout"),
        package("GitHub Actions", "me/cache"), package("OSS-Fuzz", "zlib"), package("npm", "zlib")]});
    feeds.write("osv.json", &record.to_string());
    let source = format!("osv={}", feeds.path("osv.json").display()).parse().unwrap();
    let summary = build(&[source], &feeds.path("vulndb"), &feeds.key()).unwrap();
    let told: Vec<_> = summary.unused.iter().map(|(name, count)| (name.as_str(), *count)).collect();
    assert_eq!(told, [("GitHub Actions", 2), ("OSS-Fuzz", 1)]);
}

/// Older programs let a slip of a feed stand, and took nothing from then on.
#[test]
fn a_database_from_the_future_holds_nothing_up() {
    let feeds = Feeds::new();
    let database = VulnDb::open(&feeds.build("vulndb"), Trust::Anyone).unwrap();
    let own = database.built_at();
    let now = chrono::Utc::now();
    for (present, taken) in [
        (own, true),
        (own + chrono::TimeDelta::seconds(1), false),
        (now + chrono::TimeDelta::hours(12), false),
        (now + chrono::TimeDelta::days(365 * 73), true),
    ] {
        assert_eq!(database.not_older_than(present).is_ok(), taken, "{present}");
    }
}

/// One that is killed each night would fill the disk.
#[test]
fn what_a_killed_build_left_is_removed() {
    let feeds = Feeds::new();
    let [left, elsewhere, in_use] =
        ["vulndb.new.a1b2c3.partial", "other.a1b2c3.partial", "vulndb.d4e5f6.partial"];
    for name in [left, elsewhere, in_use] {
        feeds.write(name, "PLSD");
    }
    let writing = fs::File::open(feeds.path(in_use)).unwrap();
    writing.lock().unwrap();
    let database = feeds.build("vulndb");
    let there = |name: &str| feeds.path(name).exists();
    assert_eq!([left, elsewhere, in_use].map(there), [false, true, true]);
    assert!(VulnDb::open(&database, Trust::Anyone).is_ok());
    drop(writing);
    feeds.build("vulndb");
    assert!(!there(in_use));
}

#[test]
fn ranges_have_ends() {
    let feeds = Feeds::new();
    let database = VulnDb::open(&feeds.build("vulndb"), Trust::Anyone).unwrap();
    let affected = &database.affected("Debian:12", "curl").unwrap()[0];
    let check = |version| affected.check(version, |left, right| Scheme::Dpkg.compare(left, right));
    for (version, expected) in [
        ("6.9", None),
        ("7.0", Some(Some("7.5"))),
        ("7.5", None),
        ("8.0", Some(None)),
        ("8.2", Some(None)),
        ("8.3", None),
    ] {
        assert_eq!(check(version), expected, "{version}");
    }
}

#[test]
fn the_same_feeds_give_the_same_bytes() {
    let feeds = Feeds::new();
    let (one, two) = (feeds.build("one"), feeds.build("two"));
    let first = fs::read(one).unwrap();
    assert_eq!(first, fs::read(two).unwrap());
    // Whatever is named first, and however often.
    let mut sources = feeds.sources();
    sources.reverse();
    sources.extend_from_within(..1);
    let three = feeds.path("three");
    build(&sources, &three, &feeds.key()).unwrap();
    assert_eq!(first, fs::read(three).unwrap());
}

/// What servers pack or unpack on the way, and what another kind was taken for.
#[test]
fn content_counts_and_not_its_name() {
    let feeds = Feeds::new();
    let plain = fs::read(feeds.path("osv.jsonl")).unwrap();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, &plain).unwrap();
    fs::write(feeds.path("packed.jsonl"), packed.finish().unwrap()).unwrap();
    fs::write(feeds.path("plain.jsonl.gz"), &plain).unwrap();
    let spec = |text: &str, name: &str| -> SourceSpec {
        format!("{text}={}", feeds.path(name).display()).parse().unwrap()
    };
    let out = feeds.path("vulndb");
    let digest =
        |name: &str| build(&[spec("osv", name)], &out, &feeds.key()).unwrap().sources[0].sha256;
    assert_eq!(digest("packed.jsonl"), digest("osv.jsonl"));
    assert_eq!(digest("plain.jsonl.gz"), digest("osv.jsonl"));
    let error = build(&[spec("epss", "osv.jsonl")], &out, &feeds.key()).unwrap_err().to_string();
    assert!(error.contains("it looks like a feed of the kind osv"), "{error}");
}

#[test]
fn sources_that_give_nothing_are_refused() {
    let feeds = Feeds::new();
    feeds.write("empty.json", "[]");
    let empty = |kind: &str| -> SourceSpec {
        format!("{kind}={}", feeds.path("empty.json").display()).parse().unwrap()
    };
    let out = feeds.path("vulndb");
    for kind in ["osv", "debian", "alpine"] {
        let error = build(&[empty(kind)], &out, &feeds.key()).unwrap_err();
        assert!(matches!(error, BuildError::NothingValid { .. }), "{kind}: {error}");
    }
    // What tells of no package finds nothing.
    feeds.write("epss.csv", "cve,epss,percentile\nCVE-2024-1,0.1,0.2\n");
    let alone: SourceSpec = format!("epss={}", feeds.path("epss.csv").display()).parse().unwrap();
    let error = build(&[alone], &out, &feeds.key()).unwrap_err();
    assert!(matches!(error, BuildError::Empty { vulnerabilities: 1 }), "{error}");
    assert!(!out.exists() && feeds.partial().is_empty());
    // One that is larger than any honest one leaves place for the others.
    let record = |id: &str, url: &str, package: &str| {
        json!({"id": id, "references": [{"type": "WEB", "url": url}],
            "affected": [{"package": {"ecosystem": "npm", "name": package}, "versions": ["1"]}]})
        .to_string()
    };
    let (url, package) = ("u".repeat(2 << 20), "p".repeat(1 << 20));
    let records = [record("CVE-2024-1", &url, "small"), record("CVE-2024-2", "", &package)];
    feeds.write("large.jsonl", &records.join("\n"));
    let large: SourceSpec = format!("osv={}", feeds.path("large.jsonl").display()).parse().unwrap();
    let summary = build(&[large], &feeds.path("large"), &feeds.key()).unwrap();
    assert_eq!((summary.vulnerabilities, summary.sources[0].malformed), (1, 1));
    assert!(matches!(build(&[], &out, &feeds.key()).unwrap_err(), BuildError::NoSources));
    assert!("nonesuch=x".parse::<SourceSpec>().is_err());
}

/// In a folder where others may write.
#[test]
fn nothing_that_lies_beside_is_written_to() {
    let feeds = Feeds::new();
    feeds.write("precious", "content");
    for link in ["vulndb.partial", "vulndb"] {
        std::os::unix::fs::symlink(feeds.path("precious"), feeds.path(link)).unwrap();
    }
    let out = feeds.build("vulndb");
    assert_eq!(fs::read_to_string(feeds.path("precious")).unwrap(), "content");
    assert!(fs::symlink_metadata(&out).unwrap().is_file());
    assert!(VulnDb::open(&out, Trust::Anyone).is_ok());
    // As any other file that is made, for whom the umask lets.
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    feeds.write("other", "");
    assert_eq!(mode(&out), mode(&feeds.path("other")));

    fs::remove_file(feeds.path("vulndb.partial")).unwrap();
    fs::create_dir(feeds.path("folder")).unwrap();
    let error = build(&feeds.sources(), &feeds.path("folder"), &feeds.key()).unwrap_err();
    assert!(matches!(error, BuildError::Write { .. }), "{error}");
    assert!(feeds.partial().is_empty());
}

#[test]
fn a_damaged_file_is_refused() {
    let feeds = Feeds::new();
    let path = feeds.build("vulndb");
    let whole = fs::read(&path).unwrap();
    let refused = |bytes: &[u8], place: &Path| {
        fs::write(place, bytes).unwrap();
        VulnDb::open(place, Trust::Anyone).unwrap_err()
    };
    let damaged = feeds.path("damaged");
    for at in [20, whole.len() / 2, whole.len() - 1] {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        let error = refused(&bytes, &damaged);
        assert!(matches!(error, OpenError::Damaged { .. }), "{at}: {error}");
    }
    assert!(matches!(refused(&whole[..whole.len() - 1], &damaged), OpenError::Damaged { .. }));
    for bytes in ["", "something else", &"something else entirely, ".repeat(100)] {
        assert!(matches!(refused(bytes.as_bytes(), &damaged), OpenError::Foreign(_)));
    }
    let missing = VulnDb::open(&feeds.path("missing"), Trust::Anyone).unwrap_err();
    assert!(missing.to_string().contains("vulndb build"), "{missing}");
}

#[test]
fn only_the_trusted_key_counts() {
    let feeds = Feeds::new();
    let path = feeds.build("vulndb");
    let key = feeds.key().public();
    assert_eq!(PublicKey::read(&public_path(&feeds.path("key"))).unwrap(), key);
    assert_eq!(VulnDb::open(&path, Trust::Key(key)).unwrap().key(), key);
    let other = SigningKey::at(&feeds.path("other")).unwrap().public();
    let error = VulnDb::open(&path, Trust::Key(other)).unwrap_err();
    assert!(matches!(error, OpenError::Untrusted { .. }), "{error}");
    // Another key over the same content: the signature does not fit.
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.len() - 96;
    bytes[at..at + 32].copy_from_slice(other.as_bytes());
    fs::write(&path, bytes).unwrap();
    let error = VulnDb::open(&path, Trust::Key(other)).unwrap_err();
    assert!(matches!(error, OpenError::Damaged { .. }), "{error}");
}

/// A scan that begins while the first database of a new key is built finds the one before.
#[test]
fn a_new_key_is_trusted_with_its_first_database() {
    let feeds = Feeds::new();
    let path = feeds.build("vulndb");
    let trusted = || PublicKey::read(&public_path(&feeds.path("key"))).unwrap();
    let first = trusted();
    fs::remove_file(feeds.path("key")).unwrap();
    let second = feeds.key().public();
    assert_ne!(first, second);
    let none = build(&[], &path, &feeds.key()).unwrap_err();
    assert!(matches!(none, BuildError::NoSources), "{none}");
    assert_eq!(VulnDb::open(&path, Trust::Key(trusted())).unwrap().key(), first);
    feeds.build("vulndb");
    assert_eq!(VulnDb::open(&path, Trust::Key(trusted())).unwrap().key(), second);
}

#[test]
fn keys_are_those_of_openssl() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let openssl = |args: &[&str]| {
        let run = Command::new("openssl").args(args).output();
        let run = run.unwrap();
        assert!(run.status.success(), "{run:?}");
        run.stdout
    };
    openssl(&["genpkey", "-algorithm", "ed25519", "-out", &path("theirs")]);
    let theirs = SigningKey::at(Path::new(&path("theirs"))).unwrap().public();
    let public = openssl(&["pkey", "-in", &path("theirs"), "-pubout"]);
    assert_eq!(String::from_utf8(public).unwrap().parse(), Ok(theirs));
    let ours = SigningKey::at(Path::new(&path("ours"))).unwrap().public();
    let mode = fs::metadata(path("ours")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let public = openssl(&["pkey", "-pubin", "-in", &path("ours.pub"), "-pubout"]);
    assert_eq!(String::from_utf8(public).unwrap().parse(), Ok(ours));
    fs::write(path("none"), "no key").unwrap();
    assert!(SigningKey::at(Path::new(&path("none"))).is_err());
}

proptest! {
    #[test]
    fn nonsense_gives_an_error_and_no_panic(line in ".{0,200}") {
        let feeds = Feeds::new();
        let mut file = fs::File::create(feeds.path("osv.jsonl")).unwrap();
        writeln!(file, "{line}").unwrap();
        let spec: SourceSpec = format!("osv={}", feeds.path("osv.jsonl").display()).parse().unwrap();
        prop_assert!(build(&[spec], &feeds.path("out"), &feeds.key()).is_err());
    }
}

#[test]
fn real_feeds_are_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vuln-data");
    if !folder.is_dir() {
        eprintln!("skipped: ../shared/vuln-data is not beside the repository");
        return;
    }
    let feeds = Feeds::new();
    let sources: Vec<SourceSpec> = [
        "debian=debian-bookworm.json.gz",
        "alpine=alpine-secdb.jsonl.gz",
        "osv=osv-almalinux.jsonl.gz",
    ]
    .iter()
    .map(|source| {
        let (kind, name) = source.split_once('=').unwrap();
        format!("{kind}={}", folder.join(name).display()).parse().unwrap()
    })
    .collect();
    let summary = build(&sources, &feeds.path("vulndb"), &feeds.key()).unwrap();
    assert!(summary.sources.iter().all(|source| source.malformed == 0), "{summary:?}");
    let database = VulnDb::open(&feeds.path("vulndb"), Trust::Anyone).unwrap();
    assert!(names(&database, "Debian:12", "apache2").contains(&"CVE-2006-20001".to_owned()));
    assert!(!names(&database, "Alpine:v3.10", "botan").is_empty());
    assert!(!names(&database, "AlmaLinux:10", "firefox").is_empty());
}
