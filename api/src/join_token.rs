//! The envelope of a join token, as clients decode it.

use serde::{Deserialize, Serialize};

use crate::Digest;

/// What a join token holds: standard base64 of this as a JSON object. Clients
/// read `s`, `p` and `t`; `f` is our own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinTokenEnvelope {
    /// Host name or address of the primary's federation service.
    #[serde(rename = "s")]
    pub server: String,
    /// Its port.
    #[serde(rename = "p")]
    pub port: u16,
    /// The signed ticket, opaque to everyone but the primary.
    #[serde(rename = "t")]
    pub ticket: String,
    /// SHA-256 of the DER certificate of the primary's authority: what the
    /// agent trusts before it knows anything else.
    #[serde(rename = "f")]
    pub authority: Digest,
}
