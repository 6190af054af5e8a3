//! The file: magic, header, two indexes, records, digest.
//!
//! ```text
//! magic        8 bytes
//! header size  u32, little endian
//! header       JSON
//! index        of vulnerabilities: (hash of the key, position) as u64 pairs,
//!              ordered by hash
//! index        of packages: the same
//! records      u32 key size, key, u32 value size, value (JSON)
//! digest       SHA-256 of all before
//! ```

use palisade_api::Digest;
use serde::{Deserialize, Serialize};

pub(super) const MAGIC: &[u8; 8] = b"PLSDVDB1";
/// Bytes of one entry of an index.
pub(super) const ENTRY: u64 = 16;
/// Bytes of the digest at the end.
pub(super) const DIGEST: u64 = 32;
/// Bytes of a header at most.
pub(super) const HEADER: u64 = 1 << 20;
/// Bytes of a key or value at most.
pub(super) const RECORD: u64 = 64 << 20;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Header {
    /// A number of the form `date.checksum`: grows with the feeds' dates and
    /// differs when their content does.
    pub(super) version: String,
    /// Unix seconds of the newest record.
    pub(super) built_at: i64,
    pub(super) sources: Vec<SourceSummary>,
    pub(super) vulnerabilities: u64,
    pub(super) packages: u64,
}

/// One source of a database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceSummary {
    /// `kind=file name`.
    pub name: String,
    /// Records that were understood.
    pub records: u64,
    /// Records that were not.
    pub malformed: u64,
    /// Digest of the unpacked content.
    pub sha256: Digest,
}

/// The hash by which a key is found.
pub(super) fn hash(key: &[u8]) -> u64 {
    let digest = Digest::of(key);
    let mut first = [0; 8];
    for (to, from) in first.iter_mut().zip(digest.as_bytes()) {
        *to = *from;
    }
    u64::from_be_bytes(first)
}

/// The key of a package in an ecosystem.
pub(super) fn package_key(ecosystem: &str, package: &str) -> Vec<u8> {
    [ecosystem.as_bytes(), b"\0", package.as_bytes()].concat()
}
