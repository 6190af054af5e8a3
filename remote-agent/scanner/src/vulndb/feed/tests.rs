use std::path::{Path, PathBuf};

use super::*;

/// What a feed gave.
#[derive(Default)]
pub(super) struct Kept {
    pub(super) vulnerabilities: Vec<(Vulnerability, bool)>,
    pub(super) proses: Vec<Prose>,
    pub(super) packages: Vec<PackageEntry>,
    pub(super) valid: u64,
    pub(super) malformed: Vec<String>,
    /// Whether a document was not whole.
    pub(super) cut: bool,
    contents: Vec<Vec<u8>>,
}

impl Sink for Kept {
    fn vulnerability(&mut self, vulnerability: Vulnerability, prose: Prose, exact: bool) {
        self.vulnerabilities.push((vulnerability, exact));
        self.proses.push(prose);
    }

    fn package(&mut self, entry: PackageEntry) {
        self.packages.push(entry);
    }

    fn valid(&mut self) {
        self.valid += 1;
    }

    fn malformed(&mut self, place: &str, reason: &str) {
        self.malformed.push(format!("{place}: {reason}"));
    }

    fn cut(&mut self, place: &str, reason: &str) {
        self.cut = true;
        self.malformed(place, reason);
    }

    fn content(&mut self, bytes: &[u8]) {
        self.contents.push(bytes.to_vec());
    }
}

impl Kept {
    /// One line a statement: ecosystem, package, name and range, sorted.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self
            .packages
            .iter()
            .map(|entry| {
                let affected = &entry.affected;
                let ranges: Vec<String> = affected.ranges.iter().map(shown).collect();
                let versions = affected.versions.iter().cloned();
                let all: Vec<String> = ranges.into_iter().chain(versions).collect();
                let all = if all.is_empty() { "none".to_owned() } else { all.join(" ") };
                format!("{} {} {} {all}", entry.ecosystem, entry.package, affected.name)
            })
            .collect();
        lines.sort();
        lines
    }
}

fn shown(range: &crate::vulndb::record::Range) -> String {
    let mut text = String::new();
    for (sign, version) in [
        (">=", &range.introduced),
        (">", &range.after),
        ("<", &range.fixed),
        ("<=", &range.last_affected),
    ] {
        if let Some(version) = version {
            text.push_str(sign);
            text.push_str(version);
        }
    }
    if text.is_empty() { "all".to_owned() } else { text }
}

fn read_file(kind: FeedKind, path: &Path) -> Kept {
    let mut kept = Kept::default();
    read(&SourceSpec { kind, path: path.to_owned() }, &mut kept).unwrap();
    kept
}

fn data() -> Option<PathBuf> {
    // Beside the repository, or above the folder that holds its work trees.
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let found = above.map(|folder| folder.join("shared/vuln-data")).find(|data| data.is_dir());
    if found.is_none() {
        eprintln!("skipped: ../shared/vuln-data is not beside the repository");
    }
    found
}

/// File, kind, records and those of them that are no records of the feed.
const DATA: [(&str, FeedKind, u64, usize); 16] = [
    ("alpine-secdb.jsonl.gz", FeedKind::Alpine, 18, 0),
    ("debian-bookworm-changelogs.jsonl.gz", FeedKind::DebianChangelogs, 220, 0),
    ("debian-bookworm.json.gz", FeedKind::Debian, 2396, 0),
    ("debian-dla.jsonl.gz", FeedKind::DebianAdvisories, 3534, 0),
    ("debian-dsa.jsonl.gz", FeedKind::DebianAdvisories, 5406, 0),
    // Three have ranges such as `(,0)` for PyPI and `(.2.244]` for Maven.
    ("gitlab-community.jsonl.gz", FeedKind::Gitlab, 13_581, 3),
    ("k8s-cve.jsonl.gz", FeedKind::Kubernetes, 44, 0),
    ("kev.json.gz", FeedKind::Kev, 1404, 0),
    ("osv-almalinux.jsonl.gz", FeedKind::Osv, 5680, 0),
    ("osv-crates.jsonl.gz", FeedKind::Osv, 1206, 0),
    ("osv-go.jsonl.gz", FeedKind::Osv, 4291, 0),
    ("osv-pypi.jsonl.gz", FeedKind::Osv, 2661, 0),
    // One of them is a file of the repository's own checks.
    ("php-friendsofphp.jsonl.gz", FeedKind::FriendsOfPhp, 1593, 1),
    ("rubysec.jsonl.gz", FeedKind::Rubysec, 1381, 0),
    ("ubuntu-cve-tracker.jsonl.zst", FeedKind::Ubuntu, 47_143, 0),
    ("README.md", FeedKind::Auto, 0, 0),
];

#[test]
fn real_feeds_are_read_whole() {
    let Some(folder) = data() else { return };
    for (name, kind, records, foreign) in DATA {
        if kind == FeedKind::Auto {
            continue;
        }
        let kept = read_file(kind, &folder.join(name));
        let told: Vec<_> = kept.malformed.iter().take(10).collect();
        assert_eq!(kept.malformed.len(), foreign, "{name}: {told:?}");
        assert_eq!(kept.valid + foreign as u64, records, "{name}");
        let unnamed = kept.vulnerabilities.iter().find(|(known, _)| known.name.is_empty());
        assert!(unnamed.is_none(), "{name}: {unnamed:?}");
        if kind != FeedKind::Kev {
            assert!(kept.packages.len() as u64 > records / 4, "{name}: {}", kept.packages.len());
        }
    }
}

#[test]
fn kinds_are_told_by_content() {
    let Some(folder) = data() else { return };
    let auto = SourceSpec { kind: FeedKind::Auto, path: folder.clone() };
    let found: Vec<(String, FeedKind)> = resolve(&auto)
        .unwrap()
        .into_iter()
        .map(|spec| (spec.path.file_name().unwrap().to_string_lossy().into_owned(), spec.kind))
        .collect();
    let expected: Vec<(String, FeedKind)> = DATA
        .iter()
        .filter(|(_, kind, ..)| *kind != FeedKind::Auto)
        .map(|(name, kind, ..)| ((*name).to_owned(), *kind))
        .collect();
    assert_eq!(found, expected);
    let readme = SourceSpec { kind: FeedKind::Auto, path: folder.join("README.md") };
    assert!(resolve(&readme).unwrap_err().to_string().contains("no kind of feed"));
}

#[test]
fn kinds_have_names() {
    for kind in FeedKind::ALL {
        assert_eq!(kind.name().parse(), Ok(kind));
        let spec: SourceSpec = format!("{}=a=b", kind.name()).parse().unwrap();
        assert_eq!(spec, SourceSpec { kind, path: "a=b".into() });
    }
    for text in ["nonesuch=x", "osv=", "osv", ""] {
        let error = text.parse::<SourceSpec>().unwrap_err().to_string();
        assert!(error.contains("expected KIND=PATH"), "{error}");
    }
}

#[test]
fn streams_of_modules() {
    for (version, title, expected) in [
        ("1.0-1.module+el8", "Important: nodejs:18 security update", "nodejs:18"),
        (
            "1.0-1.module_el8",
            "Moderate: virt:rhel and virt-devel:rhel security update",
            "virt:rhel",
        ),
        ("1.0-1.el8", "Important: nodejs:18 security update", ""),
        ("1.0-1.module_el8", "Important: firefox security update", ""),
    ] {
        assert_eq!(stream_of(version, title), expected, "{title}");
    }
}
