//! The check of the primary: its authority is known beforehand and is the only
//! one trusted.

use std::fmt;
use std::sync::{Arc, OnceLock};

use palisade_api::Digest;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use rustls::{
    CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use crate::PRIMARY_NAME;
use crate::certificate::fingerprint;

/// A chain longer than this is not one of ours.
const MOST_CERTIFICATES: usize = 8;

/// The primary's authority, as far as it is known.
#[derive(Clone, Debug)]
pub(super) enum Pin {
    /// By fingerprint, from a join token. The server sends the certificate.
    Fingerprint(Digest),
    /// The certificate itself.
    Certificate(CertificateDer<'static>),
}

/// The server's chain does not lead to the pinned authority.
#[derive(Debug)]
pub(super) struct AnotherAuthority {
    /// The pinned one.
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
    name: ServerName<'static>,
    authority: OnceLock<CertificateDer<'static>>,
}

impl PinnedVerifier {
    pub(super) fn new(pin: Pin) -> Result<Self, rustls_pki_types::InvalidDnsNameError> {
        Ok(Self { pin, name: ServerName::try_from(PRIMARY_NAME)?, authority: OnceLock::new() })
    }

    /// The authority's certificate, once a handshake has shown it.
    pub(super) fn authority(&self) -> Option<&CertificateDer<'static>> {
        self.authority.get()
    }

    fn expected(&self) -> Digest {
        match &self.pin {
            Pin::Fingerprint(digest) => *digest,
            Pin::Certificate(certificate) => fingerprint(certificate),
        }
    }

    fn another_authority(&self) -> Error {
        let error = AnotherAuthority { expected: self.expected() };
        Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(error))))
    }

    fn pinned(&self, intermediates: &[CertificateDer<'_>]) -> Option<CertificateDer<'static>> {
        match &self.pin {
            Pin::Certificate(certificate) => Some(certificate.clone()),
            Pin::Fingerprint(digest) => intermediates
                .iter()
                .take(MOST_CERTIFICATES)
                .find(|certificate| fingerprint(certificate) == *digest)
                .map(|certificate| certificate.clone().into_owned()),
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
        let authority = self.pinned(intermediates).ok_or_else(|| self.another_authority())?;
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone())?;
        let webpki =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), crate::provider())
                .build()
                .map_err(|e| Error::General(e.to_string()))?;
        // The chain ends at the pinned authority; it has no intermediates.
        let verified = webpki
            .verify_server_cert(end_entity, &[], &self.name, ocsp_response, now)
            .map_err(|error| match error {
            Error::InvalidCertificate(
                CertificateError::UnknownIssuer | CertificateError::BadSignature,
            ) => self.another_authority(),
            other => other,
        })?;
        self.authority.get_or_init(|| authority);
        Ok(verified)
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
