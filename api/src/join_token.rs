//! The envelope of a join token, as clients decode it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Digest;

/// What a join token holds: standard base64 of this as a JSON object. Clients
/// read `s`, `p` and `t`; `f` is our own.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
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

/// The ticket lets whoever has it join.
impl fmt::Debug for JoinTokenEnvelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { server, port, ticket: _, authority } = self;
        f.debug_struct("JoinTokenEnvelope")
            .field("server", server)
            .field("port", port)
            .field("authority", authority)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_holds_no_ticket() {
        let (server, ticket) = ("hub.example".to_owned(), "x.y.z".to_owned());
        let envelope =
            JoinTokenEnvelope { server, port: 11443, ticket, authority: Digest::of(b"") };
        let printed = format!("{envelope:?}");
        assert!(printed.contains("hub.example") && !printed.contains("x.y.z"), "{printed}");
    }
}
