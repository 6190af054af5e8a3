//! The check of the primary: its authority is known beforehand and is the only
//! one trusted.

use std::fmt;
use std::sync::{Arc, OnceLock};

use palisade_api::Digest;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError, RootCertStore,
    SignatureScheme,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use crate::PRIMARY_NAME;
use crate::certificate::fingerprint;
use crate::hint::authority_hint;

/// A chain longer than this is not one of ours.
const MOST_CERTIFICATES: usize = 8;

/// Stands for an authority where none was shown.
const NOBODY: Digest = Digest::from_bytes([0; 32]);

/// The primary's authority, as far as it is known.
#[derive(Clone, Debug)]
pub(super) enum Pin {
    /// By fingerprint, from a join token. The server sends the certificate.
    Fingerprint(Digest),
    /// The certificates themselves: while the authority is being replaced, the
    /// old one and the new one.
    Certificates(Vec<CertificateDer<'static>>),
    /// Not at all: the server's chain only has to fit together, and who it is
    /// has to be proven by what is said on the connection.
    Unknown,
}

/// The server's chain does not lead to the pinned authority.
#[derive(Debug)]
pub(super) struct AnotherAuthority {
    /// The pinned one, the newest where there are several.
    pub(super) expected: Digest,
}

impl fmt::Display for AnotherAuthority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the certificate was not issued by the authority {}", self.expected)
    }
}

impl std::error::Error for AnotherAuthority {}

/// Verifies that the server is the primary of the pinned authority.
#[derive(Debug)]
pub(super) struct PinnedVerifier {
    pin: Pin,
    /// What the server is told of the pin, so that it shows a certificate of
    /// that authority.
    hints: Vec<DistinguishedName>,
    name: ServerName<'static>,
    authority: OnceLock<CertificateDer<'static>>,
}

impl PinnedVerifier {
    pub(super) fn new(pin: Pin) -> Result<Self, rustls_pki_types::InvalidDnsNameError> {
        let hints = match &pin {
            Pin::Fingerprint(digest) => vec![authority_hint(*digest)],
            Pin::Certificates(all) => {
                all.iter().rev().map(|one| authority_hint(fingerprint(one))).collect()
            }
            Pin::Unknown => Vec::new(),
        };
        let name = ServerName::try_from(PRIMARY_NAME)?;
        Ok(Self { pin, hints, name, authority: OnceLock::new() })
    }

    /// The authority's certificate, once a handshake has shown it.
    pub(super) fn authority(&self) -> Option<&CertificateDer<'static>> {
        self.authority.get()
    }

    fn another_authority(&self) -> Error {
        let expected = match &self.pin {
            Pin::Fingerprint(digest) => *digest,
            Pin::Certificates(all) => all.last().map_or(NOBODY, fingerprint),
            Pin::Unknown => NOBODY,
        };
        let error = AnotherAuthority { expected };
        Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(error))))
    }

    /// The authorities that the server's own certificate may be signed by.
    fn accepted(&self, intermediates: &[CertificateDer<'_>]) -> Vec<CertificateDer<'static>> {
        let shown = || intermediates.iter().take(MOST_CERTIFICATES);
        let owned = |certificate: &CertificateDer<'_>| certificate.clone().into_owned();
        match &self.pin {
            Pin::Certificates(all) => all.clone(),
            Pin::Fingerprint(digest) => {
                shown().filter(|one| fingerprint(one) == *digest).map(owned).collect()
            }
            Pin::Unknown => shown().next_back().map(owned).into_iter().collect(),
        }
    }
}

impl ServerCertVerifier for PinnedVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        // The address that was dialled: a name of the network's, not of trust.
        _server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        for authority in self.accepted(intermediates) {
            let mut roots = RootCertStore::empty();
            roots.add(authority.clone())?;
            let webpki =
                WebPkiServerVerifier::builder_with_provider(Arc::new(roots), crate::provider())
                    .build()
                    .map_err(|e| Error::General(e.to_string()))?;
            // The chain ends at the authority; it has no intermediates.
            match webpki.verify_server_cert(end_entity, &[], &self.name, ocsp_response, now) {
                Ok(verified) => {
                    self.authority.get_or_init(|| authority);
                    return Ok(verified);
                }
                Err(Error::InvalidCertificate(
                    CertificateError::UnknownIssuer | CertificateError::BadSignature,
                )) => {}
                Err(other) => return Err(other),
            }
        }
        Err(self.another_authority())
    }

    fn root_hint_subjects(&self) -> Option<&[DistinguishedName]> {
        (!self.hints.is_empty()).then_some(self.hints.as_slice())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = crate::provider().signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, &algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = crate::provider().signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, &algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        crate::provider().signature_verification_algorithms.supported_schemes()
    }
}
