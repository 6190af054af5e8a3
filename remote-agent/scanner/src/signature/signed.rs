//! One signature with all that was attached to it.

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
    pub message: Vec<u8>,
    /// The signature itself.
    pub signature: Vec<u8>,
    /// Whose key it is by, where that is told.
    pub certificate: Option<CertificateDer<'static>>,
    /// Who vouches for that, from the certificate's issuer on.
    pub chain: Vec<CertificateDer<'static>>,
    /// That it is in a transparency log.
    pub log_entry: Option<LogEntry>,
}

/// A transparency log's promise to hold a signature.
#[derive(Clone, Debug)]
pub struct LogEntry {
    /// The entry, as the log holds it.
    pub body: Vec<u8>,
    /// Unix seconds.
    pub integrated_time: i64,
    /// Which entry of the log it is.
    pub log_index: i64,
    /// The log, by the SHA-256 of its key.
    pub log_id: Digest,
    /// The log's signature on all of that.
    pub promise: Vec<u8>,
}
