//! Upstream feeds: one module a kind of file.

mod alpine;
mod debian;
mod input;
mod osv;

use std::path::PathBuf;
use std::str::FromStr;

use thiserror::Error;

use super::record::{Affected, Vulnerability};
pub(super) use input::InputError;

/// A kind of feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedKind {
    /// Records in the OSV format.
    Osv,
    /// The Debian security tracker's JSON.
    Debian,
    /// Alpine's secdb.
    Alpine,
}

impl FeedKind {
    /// Its name in `KIND=PATH`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Osv => "osv",
            Self::Debian => "debian",
            Self::Alpine => "alpine",
        }
    }

    /// Whether it speaks for the distribution itself, so that it knows
    /// better than a collection of advisories.
    pub(super) const fn is_tracker(self) -> bool {
        matches!(self, Self::Debian | Self::Alpine)
    }
}

/// A source of the database: `KIND=PATH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceSpec {
    /// What kind of feed it is.
    pub kind: FeedKind,
    /// A file, or for `osv` also a folder.
    pub path: PathBuf,
}

/// A text that is no source.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{0:?} is no source: expected osv=PATH, debian=PATH or alpine=PATH")]
pub struct NoSource(String);

impl FromStr for SourceSpec {
    type Err = NoSource;

    fn from_str(text: &str) -> Result<Self, NoSource> {
        let bad = || NoSource(text.to_owned());
        let (kind, path) = text.split_once('=').ok_or_else(bad)?;
        let kind = match kind {
            "osv" => FeedKind::Osv,
            "debian" => FeedKind::Debian,
            "alpine" => FeedKind::Alpine,
            _ => return Err(bad()),
        };
        if path.is_empty() {
            return Err(bad());
        }
        Ok(Self { kind, path: path.into() })
    }
}

/// What a feed tells of one package.
#[derive(Debug)]
pub(super) struct PackageEntry {
    pub(super) ecosystem: String,
    pub(super) package: String,
    /// An entry without ranges and versions says: not affected.
    pub(super) affected: Affected,
}

/// Where a feed's records go.
pub(super) trait Sink {
    /// A vulnerability in general. `exact` tells that the record is about
    /// this vulnerability alone.
    fn vulnerability(&mut self, vulnerability: Vulnerability, exact: bool);
    /// A vulnerability of a package.
    fn package(&mut self, entry: PackageEntry);
    /// A record was understood.
    fn valid(&mut self);
    /// A record was not understood; `reason` is told for the first ones.
    fn malformed(&mut self, place: &str, reason: &str);
    /// The content of an input, for the source's digest.
    fn content(&mut self, bytes: &[u8]);
}

/// Reads a source into `sink`.
pub(super) fn read(spec: &SourceSpec, sink: &mut dyn Sink) -> Result<(), InputError> {
    match spec.kind {
        FeedKind::Osv => osv::read(&spec.path, sink),
        FeedKind::Debian => debian::read(&spec.path, sink),
        FeedKind::Alpine => alpine::read(&spec.path, sink),
    }
}
