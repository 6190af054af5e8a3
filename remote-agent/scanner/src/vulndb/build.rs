//! Making the file. The same input gives the same bytes.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use chrono::DateTime;
use palisade_api::Digest;
use ring::digest::{Context, SHA256};
use thiserror::Error;
use tracing::warn;

use super::feed::{self, InputError, PackageEntry, Sink, SourceSpec};
use super::format::{DIGEST, ENTRY, Header, MAGIC, SourceSummary, hash, package_key};
use super::record::{Affected, Vulnerability};

/// Malformed records of a source that are told one by one.
const TOLD: u64 = 5;

/// A database that could not be made.
#[derive(Debug, Error)]
pub enum BuildError {
    /// A feed's file cannot be read.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A source gave nothing.
    #[error("source {name} holds no valid record ({malformed} malformed)")]
    NothingValid {
        /// The source.
        name: String,
        /// Records that were not understood.
        malformed: u64,
    },
    /// No source was named.
    #[error("no source is named")]
    NoSources,
    /// The file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why that failed.
        source: io::Error,
    },
    /// A record cannot be written as JSON.
    #[error("cannot write a record: {0}")]
    Record(#[from] serde_json::Error),
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
    /// Size of the file in bytes.
    pub bytes: u64,
}

/// Makes the database `out` from `sources`. The file appears whole or not at
/// all. Blocks.
pub fn build(sources: &[SourceSpec], out: &Path) -> Result<BuildSummary, BuildError> {
    if sources.is_empty() {
        return Err(BuildError::NoSources);
    }
    let mut collected = Collected::default();
    let mut resolved = Vec::new();
    for spec in sources {
        resolved.extend(feed::resolve(spec)?);
    }
    for spec in &resolved {
        let file = spec.path.file_name().unwrap_or_default().to_string_lossy();
        let name = format!("{}={file}", spec.kind.name());
        let mut source = Source {
            collected: &mut collected,
            tracker: spec.kind.is_tracker(),
            valid: 0,
            malformed: 0,
            content: Context::new(&SHA256),
            name: &name,
        };
        feed::read(spec, &mut source)?;
        let (records, malformed) = (source.valid, source.malformed);
        let sha256 = Digest::try_from(source.content.finish().as_ref()).unwrap_or(Digest::of(&[]));
        if records == 0 {
            return Err(BuildError::NothingValid { name, malformed });
        }
        collected.sources.push(SourceSummary { name, records, malformed, sha256 });
    }
    collected.write(out)
}

/// Whether a source can be read and holds a valid record.
pub(super) fn probe(spec: &SourceSpec) -> Result<(), BuildError> {
    #[derive(Default)]
    struct Counted {
        valid: u64,
        malformed: u64,
    }
    impl Sink for Counted {
        fn vulnerability(&mut self, _: Vulnerability, _: bool) {}
        fn package(&mut self, _: PackageEntry) {}
        fn valid(&mut self) {
            self.valid += 1;
        }
        fn malformed(&mut self, _: &str, _: &str) {
            self.malformed += 1;
        }
        fn content(&mut self, _: &[u8]) {}
    }
    let mut counted = Counted::default();
    for spec in feed::resolve(spec)? {
        feed::read(&spec, &mut counted)?;
    }
    if counted.valid == 0 {
        let name = spec.kind.name().to_owned();
        return Err(BuildError::NothingValid { name, malformed: counted.malformed });
    }
    Ok(())
}

struct Source<'a> {
    collected: &'a mut Collected,
    tracker: bool,
    valid: u64,
    malformed: u64,
    content: Context,
    name: &'a str,
}

impl Sink for Source<'_> {
    fn vulnerability(&mut self, vulnerability: Vulnerability, exact: bool) {
        let known = self.collected.vulnerabilities.entry(vulnerability.name.clone());
        let known = known.or_default();
        if exact {
            known.exact.push(vulnerability);
        } else {
            known.others.push(vulnerability);
        }
    }

    fn package(&mut self, entry: PackageEntry) {
        let key = package_key(&entry.ecosystem, &entry.package);
        let named = self.collected.packages.entry(key).or_default();
        named.entry(entry.affected.name.clone()).or_default().push((self.tracker, entry.affected));
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

/// Records about one vulnerability: those about it alone count first.
#[derive(Default)]
struct Known {
    exact: Vec<Vulnerability>,
    others: Vec<Vulnerability>,
}

/// What feeds say, with whether the feed speaks for the distribution.
type Told = Vec<(bool, Affected)>;

#[derive(Default)]
struct Collected {
    vulnerabilities: BTreeMap<String, Known>,
    /// By package key and vulnerability.
    packages: BTreeMap<Vec<u8>, BTreeMap<String, Told>>,
    sources: Vec<SourceSummary>,
}

type Records = Vec<(Vec<u8>, Vec<u8>)>;

impl Collected {
    fn write(self, out: &Path) -> Result<BuildSummary, BuildError> {
        let mut built_at = 0;
        let mut newest_year = 0;
        let mut vulnerabilities: Records = Vec::new();
        for (name, known) in self.vulnerabilities {
            let mut merged = Vulnerability { name: name.clone(), ..Vulnerability::default() };
            for record in known.exact.into_iter().chain(known.others) {
                merged.fill(record);
            }
            merged.aliases.retain(|alias| *alias != name);
            merged.aliases.sort();
            merged.aliases.dedup();
            built_at = built_at.max(merged.modified).max(merged.published);
            newest_year = newest_year.max(year_of(&name));
            vulnerabilities.push((name.into_bytes(), serde_json::to_vec(&merged)?));
        }
        if built_at == 0 {
            // No feed has dates: the youngest name tells the least.
            built_at = DateTime::parse_from_rfc3339(&format!("{newest_year:04}-01-01T00:00:00Z"))
                .map_or(0, |date| date.timestamp());
        }
        let mut packages: Records = Vec::new();
        for (key, named) in self.packages {
            let entries: Vec<Affected> = named.into_values().flat_map(chosen).collect();
            if !entries.is_empty() {
                packages.push((key, serde_json::to_vec(&entries)?));
            }
        }
        let header = Header {
            version: version(built_at, &self.sources),
            built_at,
            sources: self.sources,
            vulnerabilities: vulnerabilities.len() as u64,
            packages: packages.len() as u64,
        };
        let bytes = write_file(out, &header, &vulnerabilities, &packages)
            .map_err(|source| BuildError::Write { path: out.to_owned(), source })?;
        Ok(BuildSummary {
            version: header.version,
            built_at,
            sources: header.sources,
            vulnerabilities: header.vulnerabilities,
            packages: header.packages,
            bytes,
        })
    }
}

/// What holds for one vulnerability of a package: the distribution's own
/// word where there is one; entries that say "not affected" are dropped.
fn chosen(entries: Told) -> impl Iterator<Item = Affected> {
    let tracker = entries.iter().any(|(tracker, _)| *tracker);
    let mut chosen: Vec<Affected> = Vec::new();
    for (from_tracker, entry) in entries {
        let empty = entry.ranges.is_empty() && entry.versions.is_empty();
        if from_tracker == tracker && !empty && !chosen.contains(&entry) {
            chosen.push(entry);
        }
    }
    chosen.into_iter()
}

fn year_of(name: &str) -> u32 {
    name.strip_prefix("CVE-").and_then(|rest| rest.get(..4)?.parse().ok()).unwrap_or(0)
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

fn write_file(
    out: &Path,
    header: &Header,
    vulnerabilities: &Records,
    packages: &Records,
) -> io::Result<u64> {
    let header = serde_json::to_vec(header)?;
    let mut name = out.file_name().unwrap_or_default().to_owned();
    name.push(".partial");
    let partial = out.with_file_name(name);
    let mut file =
        Hashing { inner: BufWriter::new(File::create(&partial)?), context: Context::new(&SHA256) };
    file.write_all(MAGIC)?;
    file.write_all(&(header.len() as u32).to_le_bytes())?;
    file.write_all(&header)?;
    let indexes = (vulnerabilities.len() + packages.len()) as u64 * ENTRY;
    let mut position = MAGIC.len() as u64 + 4 + header.len() as u64 + indexes;
    for records in [vulnerabilities, packages] {
        let mut index = Vec::with_capacity(records.len());
        for (key, value) in records {
            index.push((hash(key), position));
            position += 8 + (key.len() + value.len()) as u64;
        }
        index.sort_unstable();
        for (hash, position) in index {
            file.write_all(&hash.to_le_bytes())?;
            file.write_all(&position.to_le_bytes())?;
        }
    }
    for (key, value) in vulnerabilities.iter().chain(packages) {
        for part in [key, value] {
            file.write_all(&(part.len() as u32).to_le_bytes())?;
            file.write_all(part)?;
        }
    }
    let digest = file.context.finish();
    let mut inner = file.inner;
    inner.write_all(digest.as_ref())?;
    inner.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    fs::rename(&partial, out)?;
    Ok(position + DIGEST)
}

struct Hashing<W> {
    inner: W,
    context: Context,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.context.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
