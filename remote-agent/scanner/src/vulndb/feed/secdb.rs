//! The secdb of Alpine, Wolfi, Chainguard and MinimOS: package → version that repairs
//! → vulnerabilities. Alpine's repository of it is YAML, what is served JSON.

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

/// A document in YAML.
#[derive(Deserialize)]
struct Whole {
    distroversion: String,
    #[serde(default)]
    packages: Option<Vec<Entry>>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    #[serde(default)]
    secfixes: BTreeMap<String, Option<Elements>>,
}

/// Lua writes what is served, and has one kind of table: a list without elements is
/// a map there.
#[derive(Deserialize)]
#[serde(untagged)]
enum Elements {
    List(Vec<String>),
    Map(BTreeMap<String, String>),
}

impl Elements {
    fn all(&self) -> Vec<&String> {
        match self {
            Self::List(list) => list.iter().collect(),
            Self::Map(map) => map.values().collect(),
        }
    }
}

pub(super) fn read(kind: FeedKind, path: &Path, sink: &mut dyn Sink) -> Result<(), InputError> {
    for file in input::files(path, |name| input::is_json(name) || input::is_yaml(name))? {
        if kind == FeedKind::Alpine && input::holds(&file, input::is_yaml) {
            yaml(&file, sink)?;
        }
        if !input::is_named(&file, input::is_yaml) {
            json(kind, &file, sink)?;
        }
    }
    Ok(())
}

fn yaml(path: &Path, sink: &mut dyn Sink) -> Result<(), InputError> {
    input::documents(path, input::is_yaml, sink, &mut |sink, document| {
        let mut text = String::new();
        document.reader.read_to_string(&mut text)?;
        match serde_saphyr::from_str::<Whole>(&text) {
            Ok(whole) => {
                sink.valid();
                let ecosystem = ecosystem::named(&format!("Alpine:{}", whole.distroversion)).key;
                let packages = whole.packages.iter().flatten();
                for advisory in packages.flat_map(|entry| advisories(&ecosystem, &entry.pkg)) {
                    emit(sink, advisory);
                }
            }
            Err(error) => sink.malformed(document.name, &error.to_string()),
        }
        Ok(())
    })
}

fn json(kind: FeedKind, path: &Path, sink: &mut dyn Sink) -> Result<(), InputError> {
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
            // It tells no release, having none.
            (Some(FeedKind::Alpine), "urlprefix") if text.contains("packages.mini.dev") => {
                self.ecosystem = Some("MinimOS".to_owned());
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
        for element in elements.iter().flat_map(Elements::all) {
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
        .filter(|word| {
            // One in some hundred of GitHub's has letters alone.
            word.starts_with("GHSA-")
                || word.contains('-') && word.contains(|c: char| c.is_ascii_digit())
        });
    let (mut names, mut others): (Vec<String>, Vec<String>) =
        words.map(str::to_owned).partition(|word| is_cve(word));
    if names.is_empty() {
        names.extend(others.drain(..others.len().min(1)));
    }
    (names, others)
}

#[cfg(test)]
mod tests {
    use super::super::tests::Kept;
    use super::super::{FeedKind, SourceSpec, resolve};

    /// As the repository of it holds it, beside files that are none of it.
    #[test]
    fn yaml_tells_the_same_as_json() {
        let yaml = "---\ndistroversion: v3.11\nreponame: main\narchs:\n  - x86_64\n\
            packages:\n  - pkg:\n      name: curl\n      secfixes:\n        7.66.0-r0:\n          \
            - CVE-2019-5481\n          - CVE-2019-5482 # both\n        0:\n          - CVE-2020-1\n";
        let json = r#"{"distroversion": "v3.11", "packages": [{"pkg": {"name": "curl", "secfixes":
            {"7.66.0-r0": ["CVE-2019-5481", "CVE-2019-5482"], "0": ["CVE-2020-1"]}}}]}"#;
        let folder = tempfile::tempdir().unwrap();
        let mut told = Vec::new();
        for (name, text) in [("main.yaml", yaml), ("main.json", json)] {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            let found = resolve(&SourceSpec { kind: FeedKind::Auto, path: path.clone() }).unwrap();
            assert_eq!(found[0].kind, FeedKind::Alpine, "{name}");
            let mut kept = Kept::default();
            super::read(FeedKind::Alpine, &path, &mut kept).unwrap();
            assert_eq!((kept.valid, kept.malformed.len()), (1, 0), "{name} {:?}", kept.malformed);
            told.push(kept.lines());
        }
        assert_eq!(told[0].len(), 3);
        assert_eq!(told[0], told[1]);

        let mut archive = tar::Builder::new(Vec::new());
        for (name, text) in [(".gitlab-ci.yml", "image: x\n"), ("v3.11/main.yaml", yaml)] {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            header.set_cksum();
            archive.append_data(&mut header, name, text.as_bytes()).unwrap();
        }
        let path = folder.path().join("secdb.tar");
        std::fs::write(&path, archive.into_inner().unwrap()).unwrap();
        let found = resolve(&SourceSpec { kind: FeedKind::Auto, path: path.clone() }).unwrap();
        assert_eq!(found[0].kind, FeedKind::Alpine);
        let mut kept = Kept::default();
        super::read(FeedKind::Alpine, &path, &mut kept).unwrap();
        assert_eq!(kept.lines(), told[0]);
    }

    #[test]
    fn lists_without_elements() {
        let text = r#"{"distroversion": "v3.12", "packages": [{"pkg": {"name": "curl", "secfixes":
            {"1-r0": ["CVE-2024-1"], "2-r0": {}, "3-r0": [], "4-r0": null}}},
            {"pkg": {"name": "wget", "secfixes": {}}}]}"#;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("main.json");
        std::fs::write(&path, text).unwrap();
        let mut kept = Kept::default();
        super::read(FeedKind::Alpine, &path, &mut kept).unwrap();
        assert!(kept.malformed.is_empty(), "{:?}", kept.malformed);
        assert_eq!(kept.lines().len(), 1);
    }

    #[test]
    fn whose_it_is() {
        let packages =
            r#""packages": [{"pkg": {"name": "curl", "secfixes": {"8-r0": ["CVE-2024-1"]}}}]"#;
        let folder = tempfile::tempdir().unwrap();
        for (kind, head, ecosystem) in [
            (FeedKind::Alpine, r#""distroversion": "v3.18""#, "Alpine:v3.18"),
            (FeedKind::Alpine, r#""distroversion": "edge""#, "Alpine:edge"),
            (FeedKind::Alpine, r#""urlprefix": "https://packages.mini.dev""#, "MinimOS"),
            (FeedKind::Wolfi, r#""urlprefix": "https://packages.wolfi.dev/os""#, "Wolfi"),
        ] {
            let path = folder.path().join("security.json");
            std::fs::write(&path, format!("{{{head}, {packages}}}")).unwrap();
            let found = resolve(&SourceSpec { kind: FeedKind::Auto, path: path.clone() }).unwrap();
            assert_eq!(found[0].kind, kind, "{head}");
            let mut kept = Kept::default();
            super::read(kind, &path, &mut kept).unwrap();
            let told = kept.lines();
            assert!(told.len() == 1 && told[0].contains(ecosystem), "{head}: {told:?}");
        }
    }

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
            ("GHSA-fxgv-hqmm-jrvp", &["GHSA-fxgv-hqmm-jrvp"], &[]),
            (" ", &[], &[]),
        ] {
            assert_eq!(super::names(element), (own(names), own(aliases)), "{element}");
        }
    }
}
