//! The file: magic, records, two indexes, header, trailer.
//!
//! ```text
//! magic        8 bytes
//! dictionary   u32 size and what zstd needs to unpack prose; empty where
//!              there is too little of that to make one
//! records      of vulnerabilities, with blocks of prose in between, then of
//!              packages: u32 key size, key, u32 value size, value (postcard)
//! index        of vulnerabilities: (hash of the key, position) as u64 pairs,
//!              ordered by hash
//! index        of packages: the same
//! header       JSON
//! trailer      u64 positions of the two indexes and the header, SHA-256 of
//!              all before, Ed25519 public key, signature
//! ```
//!
//! Numbers are little endian. The records come first and the trailer has a
//! fixed size, so that the file is written in one go.

use palisade_api::Digest;
use serde::{Deserialize, Serialize};

use super::record::Vulnerability;

pub(super) const MAGIC: &[u8; 8] = b"PLSDVDB4";
/// Bytes of one entry of an index.
pub(super) const ENTRY: u64 = 16;
/// Bytes of the digest.
pub(super) const DIGEST: u64 = 32;
/// Bytes of the positions in the trailer.
pub(super) const POSITIONS: u64 = 3 * 8;
/// Bytes of the positions, the digest, the key and the signature at the end.
pub(super) const TRAILER: u64 = POSITIONS + DIGEST + 32 + 64;
/// Bytes of a header at most.
pub(super) const HEADER: u64 = 1 << 20;
/// Bytes of a key or value at most.
pub(super) const RECORD: u64 = 64 << 20;
/// Bytes of an unpacked block of prose, unless one text alone is larger. With a
/// dictionary smaller blocks take no more room, and one text is quick to get.
pub(super) const BLOCK: usize = 8 << 10;
/// Bytes of an unpacked block of prose at most.
pub(super) const LARGEST_BLOCK: usize = 1 << 20;

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
    /// Unix seconds of its newest record; 0 when it has no dates.
    pub newest: i64,
    /// Digest of the unpacked content.
    pub sha256: Digest,
}

/// The value of a vulnerability.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Stored {
    /// Without its name, which is the key.
    pub(super) vulnerability: Vulnerability,
    /// Where its prose is.
    pub(super) prose: ProseAt,
}

/// A text within a block of prose.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct ProseAt {
    /// Position of the block: u32 packed size and a zstd frame.
    pub(super) block: u64,
    /// Its place in the unpacked block.
    pub(super) start: u32,
    pub(super) size: u32,
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
