//! Why a connection to the primary does not stand.

use std::io;
use std::time::Duration;

use chrono::{DateTime, Utc};
use palisade_api::Digest;
use rustls::{AlertDescription, CertificateError, Error as TlsError};
use rustls_pki_types::UnixTime;
use thiserror::Error;

use super::pin::AnotherAuthority;

/// Why a connection to the primary does not stand.
#[derive(Clone, Debug, Error)]
pub enum ConnectError {
    /// Nothing answers at the address.
    #[error("cannot reach the primary at {address}: {text}")]
    Unreachable {
        /// Host and port.
        address: String,
        /// What the operating system says.
        text: String,
    },
    /// Something answers, but not in time.
    #[error("the primary at {address} did not answer within {} s", .after.as_secs())]
    Timeout {
        /// Host and port.
        address: String,
        /// The time given.
        after: Duration,
    },
    /// Another primary, or someone in between, answers at the address.
    #[error(
        "the server at {address} belongs to another authority than {expected}: \
         check the address, and that the token is from this primary"
    )]
    AnotherAuthority {
        /// Host and port.
        address: String,
        /// Fingerprint of the pinned authority.
        expected: Digest,
    },
    /// The primary has removed this cluster from the federation.
    #[error("the primary has removed this cluster from the federation")]
    Revoked,
    /// This agent's certificate is expired by the primary's clock.
    #[error("this agent's certificate is expired: give it a new join token, and start it again")]
    OwnCertificateExpired,
    /// The primary does not accept this agent's certificate.
    #[error("the primary refuses this agent's certificate: {text}")]
    OwnCertificateRefused {
        /// The alert received.
        text: String,
    },
    /// The primary's certificate is not valid at this agent's time.
    #[error(
        "the primary's certificate is valid {} {at}, and this agent's clock says {now}: \
         check both clocks",
        if *.expired { "until" } else { "from" }
    )]
    Clock {
        /// Whether its validity has ended, or has not begun.
        expired: bool,
        /// The end or the beginning.
        at: DateTime<Utc>,
        /// This agent's time.
        now: DateTime<Utc>,
    },
    /// Another failure of TLS.
    #[error("TLS with the primary at {address} failed: {text}")]
    Tls {
        /// Host and port.
        address: String,
        /// What rustls says.
        text: String,
    },
    /// A failure above TLS.
    #[error("HTTP/2 with the primary at {address} failed: {text}")]
    Http {
        /// Host and port.
        address: String,
        /// What failed.
        text: String,
    },
    /// The agent's own key or certificate cannot be used.
    #[error("this agent's identity cannot be used: {text}")]
    Identity {
        /// What is wrong.
        text: String,
    },
}

impl ConnectError {
    /// Whether trying again later can help without anybody doing something.
    pub const fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. }
                | Self::Timeout { .. }
                | Self::Http { .. }
                | Self::Tls { .. }
                | Self::Clock { .. }
        )
    }

    /// Reads an error of a TLS stream.
    pub(super) fn of_io(address: &str, error: &io::Error) -> Self {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>()) {
            Some(tls) => Self::of_tls(address, tls),
            None => Self::Unreachable { address: address.to_owned(), text: error.to_string() },
        }
    }

    fn of_tls(address: &str, error: &TlsError) -> Self {
        match error {
            TlsError::InvalidCertificate(certificate) => Self::of_certificate(address, certificate),
            TlsError::AlertReceived(AlertDescription::CertificateRevoked) => Self::Revoked,
            TlsError::AlertReceived(AlertDescription::CertificateExpired) => {
                Self::OwnCertificateExpired
            }
            TlsError::AlertReceived(
                alert @ (AlertDescription::BadCertificate
                | AlertDescription::UnknownCA
                | AlertDescription::CertificateUnknown
                | AlertDescription::UnsupportedCertificate
                | AlertDescription::AccessDenied
                | AlertDescription::DecryptError
                | AlertDescription::CertificateRequired),
            ) => Self::OwnCertificateRefused { text: format!("{alert:?}") },
            other => Self::Tls { address: address.to_owned(), text: other.to_string() },
        }
    }

    fn of_certificate(address: &str, error: &CertificateError) -> Self {
        match error {
            CertificateError::ExpiredContext { time, not_after } => {
                Self::Clock { expired: true, at: utc(*not_after), now: utc(*time) }
            }
            CertificateError::NotValidYetContext { time, not_before } => {
                Self::Clock { expired: false, at: utc(*not_before), now: utc(*time) }
            }
            CertificateError::Other(other) => match other.0.downcast_ref::<AnotherAuthority>() {
                Some(another) => Self::AnotherAuthority {
                    address: address.to_owned(),
                    expected: another.expected,
                },
                None => Self::Tls { address: address.to_owned(), text: other.to_string() },
            },
            other => Self::Tls { address: address.to_owned(), text: other.to_string() },
        }
    }
}

fn utc(time: UnixTime) -> DateTime<Utc> {
    DateTime::from_timestamp(time.as_secs().cast_signed(), 0).unwrap_or_default()
}
