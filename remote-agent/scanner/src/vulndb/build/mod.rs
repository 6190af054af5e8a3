//! Making the file. The same input and key give the same bytes, in memory
//! that does not grow with the input.

mod dictionary;
mod spool;
mod write;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use palisade_api::Digest;
use ring::digest::{Context, SHA256};
use thiserror::Error;
use tracing::warn;

use super::feed::{self, InputError, PackageEntry, Sink, SourceSpec};
use super::format::{Header, SourceSummary, hash, package_key};
use super::record::{Affected, Prose, Vulnerability};
use super::signing::SigningKey;
use super::{AHEAD, ecosystem};
use dictionary::Samples;
use spool::{Group, Spool};
use write::Writer;

/// Ecosystems that nothing is looked up in and that are told one by one.
const UNUSED: usize = 100;

/// Malformed records of a source that are told one by one.
const TOLD: u64 = 5;

/// A database that could not be made.
#[derive(Debug, Error)]
pub enum BuildError {
    /// A feed's file cannot be read.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A source gave nothing.
    #[error("source {name} holds no valid record ({malformed} malformed){}", looks_like.as_ref().map(
        |what| format!(": it looks like {what}")
    ).unwrap_or_default())]
    NothingValid {
        /// The source.
        name: String,
        /// Records that were not understood.
        malformed: u64,
        /// What it is in truth, where that is known.
        looks_like: Option<String>,
    },
    /// A document of a source is not whole.
    #[error("{place} is cut off: {reason}")]
    Cut {
        /// Which.
        place: String,
        /// Where.
        reason: String,
    },
    /// No source was named.
    #[error("no source is named")]
    NoSources,
    /// Nothing could be found with it.
    #[error(
        "the sources tell of {vulnerabilities} vulnerabilities, but of no package that has one: \
         add one of the kinds that tell of packages"
    )]
    Empty {
        /// How many they tell of.
        vulnerabilities: u64,
    },
    /// The file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why that failed.
        source: io::Error,
    },
    /// What is said of one package or vulnerability is too much.
    #[error("what the sources say of {0:?} is too large")]
    Large(String),
    /// A record cannot be written.
    #[error("cannot write a record: {0}")]
    Record(#[from] postcard::Error),
    /// The header cannot be written.
    #[error("cannot write the header: {0}")]
    Header(#[from] serde_json::Error),
}

/// What was made.
#[derive(Clone, Debug)]
pub struct BuildSummary {
    /// Version of the database.
    pub version: String,
    /// Unix seconds of the newest record.
    pub built_at: i64,
    /// The sources.
    pub sources: Vec<SourceSummary>,
    /// Number of vulnerabilities.
    pub vulnerabilities: u64,
    /// Number of packages.
    pub packages: u64,
    /// Ecosystems whose packages no scan finds, with the number of these packages.
    pub unused: BTreeMap<String, u64>,
    /// Size of the file in bytes.
    pub bytes: u64,
    /// Digest of its content.
    pub digest: Digest,
}

/// Makes the database `out` from `sources` and signs it. The file appears
/// whole or not at all. Blocks.
pub fn build(
    sources: &[SourceSpec],
    out: &Path,
    key: &SigningKey,
) -> Result<BuildSummary, BuildError> {
    if sources.is_empty() {
        return Err(BuildError::NoSources);
    }
    let mut resolved = Vec::new();
    for spec in sources {
        resolved.extend(feed::resolve(spec)?);
    }
    // What is named first counts for nothing.
    resolved.sort_by(|one, other| {
        let order = |spec: &SourceSpec| (spec.kind, spec.path.file_name().map(ToOwned::to_owned));
        order(one).cmp(&order(other)).then_with(|| one.path.cmp(&other.path))
    });
    resolved.dedup();
    let folder = match out.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    let mut collected = Collected {
        vulnerabilities: Spool::new(folder.clone()),
        packages: Spool::new(folder),
        samples: Samples::default(),
        sources: Vec::new(),
        latest: (Utc::now() + AHEAD).timestamp(),
    };
    for spec in &resolved {
        collected.read(spec, out)?;
    }
    collected.write(out, key)
}

/// Whether a source can be read, is whole and holds a valid record.
pub(super) fn probe(spec: &SourceSpec) -> Result<(), BuildError> {
    #[derive(Default)]
    struct Counted {
        valid: u64,
        malformed: u64,
        cut: Option<(String, String)>,
    }
    impl Sink for Counted {
        fn vulnerability(&mut self, _: Vulnerability, _: Prose, _: bool) {}
        fn package(&mut self, _: PackageEntry) {}
        fn valid(&mut self) {
            self.valid += 1;
        }
        fn malformed(&mut self, _: &str, _: &str) {
            self.malformed += 1;
        }
        fn cut(&mut self, place: &str, reason: &str) {
            self.cut.get_or_insert_with(|| (place.to_owned(), reason.to_owned()));
        }
        fn content(&mut self, _: &[u8]) {}
    }
    let mut counted = Counted::default();
    for spec in feed::resolve(spec)? {
        feed::read(&spec, &mut counted)?;
    }
    if let Some((place, reason)) = counted.cut {
        return Err(BuildError::Cut { place, reason });
    }
    if counted.valid == 0 {
        let name = spec.kind.name().to_owned();
        return Err(nothing_valid(spec, name, counted.malformed));
    }
    Ok(())
}

fn nothing_valid(spec: &SourceSpec, name: String, malformed: u64) -> BuildError {
    let looks_like = feed::looks_like(spec.kind, &spec.path);
    BuildError::NothingValid { name, malformed, looks_like }
}

/// A record about a vulnerability; those about it alone count first.
type Known = (bool, Vulnerability, Prose);
/// What a feed says, with whether the feed speaks for the distribution.
type Told = (bool, Affected);

struct Collected {
    /// [`Known`] by name.
    vulnerabilities: Spool,
    /// [`Told`] by package.
    packages: Spool,
    samples: Samples,
    sources: Vec<SourceSummary>,
    /// Dates after this one are slips of a feed. One of them would make every later
    /// database look older than this one, and this one look new for ever.
    latest: i64,
}

struct Source<'a> {
    collected: &'a mut Collected,
    tracker: bool,
    valid: u64,
    malformed: u64,
    newest: i64,
    content: Context,
    name: &'a str,
    failed: Option<Failed>,
}

enum Failed {
    Record(postcard::Error),
    Spool(io::Error),
}

impl Source<'_> {
    /// The first failure counts, and ends the build when the source is read.
    fn keep(&mut self, kept: Result<(), Failed>) {
        if let Err(failed) = kept {
            self.failed.get_or_insert(failed);
        }
    }
}

fn put<T: serde::Serialize>(spool: &mut Spool, key: Vec<u8>, record: &T) -> Result<(), Failed> {
    let value = postcard::to_stdvec(record).map_err(Failed::Record)?;
    spool.push(key, value).map_err(Failed::Spool)
}

impl Sink for Source<'_> {
    fn vulnerability(&mut self, mut vulnerability: Vulnerability, prose: Prose, exact: bool) {
        if self.failed.is_some() {
            return;
        }
        for date in [&mut vulnerability.published, &mut vulnerability.modified] {
            if *date > self.collected.latest {
                *date = 0;
            }
        }
        self.newest = self.newest.max(vulnerability.modified).max(vulnerability.published);
        let key = vulnerability.name.clone().into_bytes();
        self.collected.samples.add(&key, &prose);
        let known: Known = (exact, vulnerability, prose);
        let kept = put(&mut self.collected.vulnerabilities, key, &known);
        self.keep(kept);
    }

    fn package(&mut self, entry: PackageEntry) {
        if self.failed.is_some() {
            return;
        }
        let key = package_key(&entry.ecosystem, &entry.package);
        let told: Told = (self.tracker, entry.affected);
        let kept = put(&mut self.collected.packages, key, &told);
        self.keep(kept);
    }

    fn valid(&mut self) {
        self.valid += 1;
    }

    fn malformed(&mut self, place: &str, reason: &str) {
        self.malformed += 1;
        if self.malformed <= TOLD {
            warn!(source = self.name, place, reason, "malformed record is left out");
        }
    }

    fn content(&mut self, bytes: &[u8]) {
        self.content.update(bytes);
    }
}

impl Collected {
    fn read(&mut self, spec: &SourceSpec, out: &Path) -> Result<(), BuildError> {
        let file = spec.path.file_name().unwrap_or_default().to_string_lossy();
        let name = format!("{}={file}", spec.kind.name());
        let mut source = Source {
            collected: self,
            tracker: spec.kind.is_tracker(),
            valid: 0,
            malformed: 0,
            newest: 0,
            content: Context::new(&SHA256),
            name: &name,
            failed: None,
        };
        feed::read(spec, &mut source)?;
        let Source { valid: records, malformed, newest, content, failed, .. } = source;
        match failed {
            Some(Failed::Record(error)) => return Err(error.into()),
            Some(Failed::Spool(source)) => {
                return Err(BuildError::Write { path: out.to_owned(), source });
            }
            None => {}
        }
        let sha256 = Digest::try_from(content.finish().as_ref()).unwrap_or(Digest::of(&[]));
        if records == 0 {
            return Err(nothing_valid(spec, name, malformed));
        }
        self.sources.push(SourceSummary { name, records, malformed, newest, sha256 });
        Ok(())
    }

    fn write(self, out: &Path, key: &SigningKey) -> Result<BuildSummary, BuildError> {
        let failed = |source| BuildError::Write { path: out.to_owned(), source };
        let dictionary = self.samples.dictionary().map_err(failed)?;
        let mut writer = Writer::create(out, &dictionary).map_err(failed)?;
        let mut built_at = 0;
        let mut newest_name = 0;
        let mut groups = self.vulnerabilities.groups().map_err(failed)?;
        while let Some(group) = groups.next().map_err(failed)? {
            let (vulnerability, prose) = merged(&group)?;
            built_at = built_at.max(vulnerability.modified).max(vulnerability.published);
            let named = beginning_of(&vulnerability.name);
            newest_name = newest_name.max(if named > self.latest { 0 } else { named });
            writer.vulnerability(vulnerability, &prose)?;
        }
        // Where no feed has dates, the youngest name tells the least.
        let built_at = if built_at == 0 { newest_name } else { built_at };
        let mut unused = BTreeMap::new();
        let mut groups = self.packages.groups().map_err(failed)?;
        while let Some(group) = groups.next().map_err(failed)? {
            let entries = chosen(&group)?;
            if !entries.is_empty() {
                count_unused(&mut unused, &group.key);
                writer.package(&group.key, &postcard::to_stdvec(&entries)?)?;
            }
        }
        let (vulnerabilities, packages) = writer.counts()?;
        if packages == 0 {
            return Err(BuildError::Empty { vulnerabilities });
        }
        let version = version(built_at, &self.sources);
        let sources = self.sources;
        let header = Header { version, built_at, sources, vulnerabilities, packages };
        let (bytes, digest) = writer.finish(&header, key)?;
        let Header { version, built_at, sources, vulnerabilities, packages } = header;
        Ok(BuildSummary {
            version,
            built_at,
            sources,
            vulnerabilities,
            packages,
            unused,
            bytes,
            digest,
        })
    }
}

/// Counts a package whose ecosystem nothing is looked up in.
fn count_unused(unused: &mut BTreeMap<String, u64>, key: &[u8]) {
    let name = key.split(|byte| *byte == 0).next().unwrap_or_default();
    let name = String::from_utf8_lossy(name);
    if !ecosystem::is_looked_up(&name) {
        let is_shown = unused.len() < UNUSED || unused.contains_key(&*name);
        let name = if is_shown { name.into_owned() } else { "others".to_owned() };
        *unused.entry(name).or_default() += 1;
    }
}

/// All that is known of one vulnerability.
fn merged(group: &Group) -> Result<(Vulnerability, Prose), BuildError> {
    let mut known: Vec<Known> = Vec::new();
    for value in &group.values {
        known.push(postcard::from_bytes(value)?);
    }
    known.sort_by_key(|(exact, ..)| !exact);
    let name = String::from_utf8_lossy(&group.key).into_owned();
    let mut vulnerability = Vulnerability { name, ..Vulnerability::default() };
    let mut prose = Prose::default();
    for (_, record, text) in known {
        vulnerability.fill(record);
        prose.fill(text);
    }
    vulnerability.settle();
    Ok((vulnerability, prose))
}

/// What holds for a package: for each vulnerability the distribution's own
/// word where there is one; entries that say "not affected" are dropped.
fn chosen(group: &Group) -> Result<Vec<Affected>, BuildError> {
    let mut named: BTreeMap<String, Vec<Told>> = BTreeMap::new();
    for value in &group.values {
        let told: Told = postcard::from_bytes(value)?;
        named.entry(told.1.name.clone()).or_default().push(told);
    }
    let mut all = Vec::new();
    for entries in named.into_values() {
        let tracker = entries.iter().any(|(tracker, _)| *tracker);
        let mut chosen: Vec<Affected> = Vec::new();
        for (from_tracker, entry) in entries {
            if from_tracker == tracker && !entry.is_none() && !chosen.contains(&entry) {
                chosen.push(entry);
            }
        }
        all.append(&mut chosen);
    }
    Ok(all)
}

/// The beginning of the year that a name tells; 0 where it tells none.
fn beginning_of(name: &str) -> i64 {
    let year = name.strip_prefix("CVE-").and_then(|rest| rest.get(..4)).unwrap_or_default();
    DateTime::parse_from_rfc3339(&format!("{year}-01-01T00:00:00Z"))
        .map_or(0, |date| date.timestamp())
}

fn version(built_at: i64, sources: &[SourceSummary]) -> String {
    let mut all = Vec::new();
    for source in sources {
        all.extend_from_slice(source.name.as_bytes());
        all.extend_from_slice(source.sha256.as_bytes());
    }
    let date = DateTime::from_timestamp(built_at, 0).unwrap_or_default().format("%Y%m%d");
    format!("{date}.{:06}", hash(&all) % 1_000_000)
}
