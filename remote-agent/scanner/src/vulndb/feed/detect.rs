//! What kind of feed a file is, by its content.

use std::io::{self, Read as _};
use std::path::Path;

use super::input::{self, InputError};
use super::oval::Aside;
use super::{FeedKind, SourceSpec};

/// Bytes of a file by which it is known.
const SAMPLE: u64 = 64 << 10;

/// Files under one folder that are looked at.
const FILES: usize = 10_000;

/// Words that a kind has and none before it in the table.
const WORDS: &[(FeedKind, &[&str])] = &[
    (FeedKind::Oval, &["<oval_definitions"]),
    (FeedKind::Oval, &[":oval_definitions"]),
    (FeedKind::Amazon, &["<updates", "amzn"]),
    (FeedKind::Rocky, &["<updates", "RLSA-"]),
    (FeedKind::Alma, &["<updates", "ALSA-"]),
    (FeedKind::Oracle, &["<updates", "ELSA-"]),
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
    (FeedKind::Epss, &["cve,epss,percentile"]),
    (FeedKind::Nvd, &["\"cve\"", "\"vulnStatus\""]),
    (FeedKind::Csaf, &["\"csaf_version\""]),
    (FeedKind::Github, &["\"ghsa_id\""]),
    (FeedKind::Github, &["\"ghsaId\""]),
    (FeedKind::Alma, &["\"updateinfo_id\"", "ALSA-"]),
    (FeedKind::Rocky, &["RLSA-", "\"nvras\""]),
    (FeedKind::Rocky, &["RLSA-", "\"nevra\""]),
    (FeedKind::Amazon, &["ALAS", "\"packages\"", "amzn"]),
    (FeedKind::Photon, &["\"cve_id\"", "\"res_ver\""]),
    (FeedKind::Kubernetes, &["\"affected\"", "\"ecosystem\":\"kubernetes\""]),
    (FeedKind::Osv, &["\"id\"", "\"affected\"", "\"package\""]),
    (FeedKind::Osv, &["\"schema_version\"", "\"id\""]),
    (FeedKind::Wolfi, &["\"secfixes\"", "packages.wolfi.dev"]),
    (FeedKind::Chainguard, &["\"secfixes\"", "cgr.dev"]),
    (FeedKind::Alpine, &["\"secfixes\""]),
    (FeedKind::Alpine, &["\"distroversion\""]),
    (FeedKind::Debian, &["\"CVE-", "\"releases\"", "\"status\""]),
];

/// The sources that `spec` stands for: itself, or what is found under it,
/// in a fixed order.
pub(in crate::vulndb) fn resolve(spec: &SourceSpec) -> Result<Vec<SourceSpec>, InputError> {
    if spec.kind != FeedKind::Auto {
        return Ok(vec![spec.clone()]);
    }
    let mut found: Vec<SourceSpec> = Vec::new();
    for path in input::files(&spec.path, accepts)?.into_iter().take(FILES) {
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
    input::is_json(name) || input::is_xml(name) || input::is_csv(name)
}

/// Why a file cannot be read as a feed.
pub(super) fn unknown(path: &Path) -> InputError {
    let text = "its content is that of no kind of feed that is known";
    InputError::new(path, io::Error::new(io::ErrorKind::InvalidData, text))
}

/// The kind of a file, by what its first document begins with.
fn kind_of(path: &Path) -> Result<Option<FeedKind>, InputError> {
    let mut sample = Vec::new();
    input::one_file(path, accepts, &mut Aside, &mut |_, document| {
        if sample.is_empty() {
            document.reader.take(SAMPLE).read_to_end(&mut sample)?;
        }
        // The rest is left unread.
        Err(io::ErrorKind::Interrupted.into())
    })
    .or_else(|error| if error.is_interrupted() { Ok(()) } else { Err(error) })?;
    let text = String::from_utf8_lossy(&sample);
    let has_all = |words: &&[&str]| words.iter().all(|word| text.contains(word));
    Ok(WORDS.iter().find(|(_, words)| has_all(words)).map(|(kind, _)| *kind))
}
