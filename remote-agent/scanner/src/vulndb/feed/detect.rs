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
    (FeedKind::Alma, &["\"data\"", "\"packages\"", "\"ALSA-"]),
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
    (FeedKind::Alpine, &["distroversion:", "secfixes:"]),
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
    [input::is_json, input::is_xml, input::is_csv, input::is_yaml].iter().any(|is| is(name))
}

/// Why a file cannot be read as a feed.
pub(super) fn unknown(path: &Path) -> InputError {
    let text = "its content is that of no kind of feed that is known";
    InputError::new(path, io::Error::new(io::ErrorKind::InvalidData, text))
}

/// The kind of a file, by what its document begins with: of an archive the
/// first that tells, since repositories hold other files as well.
fn kind_of(path: &Path) -> Result<Option<FeedKind>, InputError> {
    let mut found = None;
    let mut documents = 0;
    input::one_file(path, accepts, &mut Aside, &mut |_, document| {
        let mut sample = Vec::new();
        document.reader.take(SAMPLE).read_to_end(&mut sample)?;
        found = kind_of_text(&String::from_utf8_lossy(&sample));
        documents += 1;
        if found.is_none() && documents < MEMBERS && input::is_archive_at(path) {
            return Ok(());
        }
        // The rest is left unread.
        Err(io::ErrorKind::Interrupted.into())
    })
    .or_else(|error| if error.is_interrupted() { Ok(()) } else { Err(error) })?;
    Ok(found)
}

fn kind_of_text(text: &str) -> Option<FeedKind> {
    let has_all = |words: &&[&str]| words.iter().all(|word| text.contains(word));
    WORDS.iter().find(|(_, words)| has_all(words)).map(|(kind, _)| *kind)
}
