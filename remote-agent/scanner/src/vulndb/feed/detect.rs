//! What kind of feed a file is, by its content.

use std::io::{self, Read as _};
use std::path::Path;

use super::input::{self, InputError};
use super::oval::Aside;
use super::{FeedKind, SourceSpec};

/// Bytes of a file by which it is known.
const SAMPLE: u64 = 64 << 10;

/// Members of one archive that are looked at.
const MEMBERS: usize = 100;

/// Files under one folder that are each a source of its own.
const FILES: usize = 10_000;

/// Words that a kind has and none before it in the table.
const WORDS: &[(FeedKind, &[&str])] = &[
    (FeedKind::Oval, &["<oval_definitions"]),
    (FeedKind::Oval, &[":oval_definitions"]),
    (FeedKind::Amazon, &["<updates", "amzn"]),
    (FeedKind::Rocky, &["<updates", "RLSA-"]),
    (FeedKind::Alma, &["<updates", "ALSA-"]),
    (FeedKind::Oracle, &["<updates", "ELSA-"]),
    (FeedKind::Fedora, &["<updates", "FEDORA-"]),
    (FeedKind::Bottlerocket, &["<updates", ">Bottlerocket<"]),
    (FeedKind::Ubuntu, &["\"path\"", "\"text\": \"Candidate:"]),
    (FeedKind::Ubuntu, &["\"path\"", "\"text\":\"Candidate:"]),
    (FeedKind::Ubuntu, &["Candidate: CVE-", "PublicDate"]),
    (FeedKind::Gitlab, &["\"package_slug\""]),
    (FeedKind::FriendsOfPhp, &["composer://", "\"branches\""]),
    (FeedKind::Rubysec, &["\"gem\"", "\"patched_versions\""]),
    (FeedKind::DebianChangelogs, &["\"source\"", "\"changelog\""]),
    (FeedKind::DebianAdvisories, &["\"id\"", "\"fixed\"", "\"DSA-"]),
    (FeedKind::DebianAdvisories, &["\"id\"", "\"fixed\"", "\"DLA-"]),
    (FeedKind::DebianAdvisories, &["] DSA-", "[", "] - "]),
    (FeedKind::DebianAdvisories, &["] DLA-", "[", "] - "]),
    (FeedKind::Kev, &["\"cveID\"", "\"dateAdded\""]),
    (FeedKind::Kev, &["cveID,", "dateAdded"]),
    (FeedKind::Epss, &["cve,epss,percentile"]),
    (FeedKind::Nvd, &["\"cve\"", "\"vulnStatus\""]),
    (FeedKind::Csaf, &["\"csaf_version\""]),
    (FeedKind::Github, &["\"ghsa_id\""]),
    (FeedKind::Github, &["\"ghsaId\""]),
    (FeedKind::Alma, &["\"updateinfo_id\"", "ALSA-"]),
    (FeedKind::Alma, &["\"data\"", "\"packages\"", "\"ALSA-"]),
    (FeedKind::Rocky, &["RLSA-", "\"nvras\""]),
    (FeedKind::Rocky, &["RLSA-", "\"nevra\""]),
    (FeedKind::Amazon, &["ALAS", "\"packages\"", "amzn"]),
    (FeedKind::Fedora, &["\"FEDORA-", "\"builds\""]),
    (FeedKind::Arch, &["\"AVG-", "\"packages\"", "\"issues\""]),
    (FeedKind::Photon, &["\"cve_id\"", "\"res_ver\""]),
    (FeedKind::Kubernetes, &["\"affected\"", "\"ecosystem\":\"kubernetes\""]),
    (FeedKind::Osv, &["\"id\"", "\"affected\"", "\"package\""]),
    (FeedKind::Osv, &["\"schema_version\"", "\"id\""]),
    (FeedKind::Wolfi, &["\"secfixes\"", "packages.wolfi.dev"]),
    (FeedKind::Chainguard, &["\"secfixes\"", "cgr.dev"]),
    (FeedKind::Alpine, &["\"secfixes\""]),
    (FeedKind::Alpine, &["\"distroversion\""]),
    (FeedKind::Alpine, &["distroversion:", "secfixes:"]),
    (FeedKind::Debian, &["\"CVE-", "\"releases\"", "\"status\""]),
    (FeedKind::Gitlab, &["package_slug:", "affected_range:"]),
    (FeedKind::FriendsOfPhp, &["composer://", "branches:"]),
    (FeedKind::Rubysec, &["gem:", "patched_versions:"]),
    (FeedKind::Rubysec, &["gem:", "unaffected_versions:"]),
    (FeedKind::Rubysec, &["engine:", "patched_versions:"]),
];

/// Words of formats that upstreams publish and that are no feeds here, and
/// what to use in their place.
const OTHERS: &[(&[&str], &str)] = &[
    (
        &["\"@context\"", "openvex"],
        "OpenVEX, which does not tell the versions that repair: Ubuntu publishes the same as OSV, \
         and scans take it by --vex",
    ),
    (
        &["\"threat_severity\"", "\"bugzilla\""],
        "an answer of Red Hat's security data API: use its CSAF VEX",
    ),
    (&["<cvrfdoc"], "CVRF: use CSAF, OVAL or OSV of the same distribution"),
    (
        &["\"CVE_RECORD\""],
        "a record of the CVE programme, without names of packages: use NVD or OSV",
    ),
    (&["\"CVE_data_type\""], "NVD 1.1, which has ended: use NVD 2.0"),
    (
        &["\"distroversion\"", "\"vulnerable_ranges\""],
        "the feed of Root.io: use the distribution's own",
    ),
    (&["<repomd"], "the table of a repository: use the updateinfo.xml that it names"),
    (&["<rss"], "a list of news: use the updateinfo.xml of the repositories"),
];

/// The sources that `spec` stands for: itself, or what is found under it,
/// in a fixed order.
pub(in crate::vulndb) fn resolve(spec: &SourceSpec) -> Result<Vec<SourceSpec>, InputError> {
    if spec.kind != FeedKind::Auto {
        return Ok(vec![spec.clone()]);
    }
    let mut found: Vec<SourceSpec> = Vec::new();
    let files = input::files(&spec.path, accepts)?;
    if files.len() > FILES {
        let text = format!("it has {} files: name its kind, as in osv=PATH", files.len());
        return Err(InputError::new(&spec.path, io::Error::other(text)));
    }
    for path in files {
        if let Some(kind) = kind_of(&path)? {
            found.push(SourceSpec { kind, path });
        }
    }
    if found.is_empty() {
        return Err(unknown(&spec.path));
    }
    Ok(found)
}

fn accepts(name: &str) -> bool {
    [input::is_json, input::is_xml, input::is_csv, input::is_yaml].iter().any(|is| is(name))
}

/// Why a file cannot be read as a feed.
pub(super) fn unknown(path: &Path) -> InputError {
    let text = "its content is that of no kind of feed that is known";
    let text = looks_like(FeedKind::Auto, path)
        .map_or(text.to_owned(), |what| format!("it looks like {what}"));
    InputError::new(path, io::Error::new(io::ErrorKind::InvalidData, text))
}

/// What the first file of a source that was taken for a feed of `kind` looks
/// like, where that is known.
pub(in crate::vulndb) fn looks_like(kind: FeedKind, path: &Path) -> Option<String> {
    let first = input::files(path, accepts).ok()?.into_iter().next()?;
    if let Some(found) = kind_of(&first).ok()? {
        if found == kind {
            return None;
        }
        let kind = found;
        return Some(format!("a feed of the kind {}", kind.name()));
    }
    let mut other = None;
    // What cannot be read is told by others.
    let _ = sample(&first, &mut |text| {
        let has_all = |words: &&[&str]| words.iter().all(|word| text.contains(word));
        other = OTHERS.iter().find(|(words, _)| has_all(words)).map(|(_, what)| (*what).to_owned());
        other.is_some()
    });
    other
}

/// The kind of a file, by what its document begins with: of an archive the
/// first that tells, since repositories hold other files as well.
fn kind_of(path: &Path) -> Result<Option<FeedKind>, InputError> {
    let mut found = None;
    sample(path, &mut |text| {
        found = kind_of_text(text);
        found.is_some()
    })?;
    Ok(found)
}

/// Gives what the documents of a file begin with to `tells`, until that has
/// seen enough.
fn sample(path: &Path, tells: &mut dyn FnMut(&str) -> bool) -> Result<(), InputError> {
    let mut documents = 0;
    input::one_file(path, accepts, &mut Aside, &mut |_, document| {
        let mut sample = Vec::new();
        document.reader.take(SAMPLE).read_to_end(&mut sample)?;
        documents += 1;
        let enough = tells(&String::from_utf8_lossy(&sample));
        if !enough && documents < MEMBERS && input::is_archive_at(path) {
            return Ok(());
        }
        // The rest is left unread.
        Err(io::ErrorKind::Interrupted.into())
    })
    .or_else(|error| if error.is_interrupted() { Ok(()) } else { Err(error) })
}

fn kind_of_text(text: &str) -> Option<FeedKind> {
    let has_all = |words: &&[&str]| words.iter().all(|word| text.contains(word));
    WORDS.iter().find(|(_, words)| has_all(words)).map(|(kind, _)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// None of them is left out in silence.
    #[test]
    fn more_files_than_sources() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..=FILES {
            let file = folder.path().join(format!("{number}.json"));
            std::fs::File::create(file).unwrap();
        }
        let spec = SourceSpec { kind: FeedKind::Auto, path: folder.path().to_owned() };
        let error = resolve(&spec).unwrap_err().to_string();
        assert!(error.ends_with("it has 10001 files: name its kind, as in osv=PATH"), "{error}");
    }

    #[test]
    fn formats_that_are_no_feeds() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text, expected) in [
            ("a.json", "{\"@context\": \"https://openvex.dev/ns/v0.2.0\"}", "OSV"),
            ("a.json", "{\"threat_severity\": \"Low\", \"bugzilla\": {}}", "CSAF VEX"),
            ("a.xml", "<?xml version=\"1.0\"?><cvrfdoc/>", "CSAF, OVAL or OSV"),
            ("a.json", "{\"dataType\": \"CVE_RECORD\"}", "NVD or OSV"),
            ("a.xml", "<rss version=\"2.0\"/>", "updateinfo.xml"),
            ("a.json", "{\"a\": 1}", "no kind of feed"),
        ] {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            let spec = SourceSpec { kind: FeedKind::Auto, path };
            let error = resolve(&spec).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
