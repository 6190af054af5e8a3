//! One signature with all that was attached to it.

use bytes::Bytes;
use palisade_api::Digest;
use rustls_pki_types::CertificateDer;

/// A signature of an image, of whatever form.
#[derive(Clone, Debug)]
pub struct Signed {
    /// The image that it was found at.
    pub subject: Digest,
    /// The image that it speaks of; none when it speaks of none.
    pub speaks_of: Option<Digest>,
    /// The bytes that are signed.
    pub message: Bytes,
    /// The signature itself.
    pub signature: Vec<u8>,
    /// Whose key it is by, where that is told.
    pub certificate: Option<CertificateDer<'static>>,
    /// Who vouches for that, from the certificate's issuer on.
    pub chain: Vec<CertificateDer<'static>>,
    /// That it is in a transparency log.
    pub log_entry: Option<LogEntry>,
    /// What authorities answered who were asked for a timestamp on it (RFC 3161).
    pub stamps: Vec<Vec<u8>>,
}

/// A signature in a transparency log.
#[derive(Clone, Debug)]
pub struct LogEntry {
    /// The entry, as the log holds it.
    pub body: Vec<u8>,
    /// That the log holds it.
    pub evidence: Evidence,
}

/// That a transparency log holds an entry.
#[derive(Clone, Debug)]
pub enum Evidence {
    /// By its word, which tells when the entry came.
    Promise(Promise),
    /// By what can be computed, which tells no time.
    Inclusion(Inclusion),
}

/// A transparency log's promise to hold an entry.
#[derive(Clone, Debug)]
pub struct Promise {
    /// When the entry came, Unix seconds.
    pub integrated_time: i64,
    /// Which entry of the log it is.
    pub log_index: i64,
    /// The log, by the SHA-256 of its key.
    pub log_id: Digest,
    /// The log's signature on all of that and the entry.
    pub signature: Vec<u8>,
}

/// The way from an entry to a root that the log signed.
#[derive(Clone, Debug)]
pub struct Inclusion {
    /// Which entry of the log's tree it is.
    pub index: u64,
    /// The hashes beside the way, from the entry up.
    pub hashes: Vec<Digest>,
    /// The root with the signatures on it.
    pub checkpoint: String,
}
