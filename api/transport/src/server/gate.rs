//! The check of members at the handshake.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use palisade_api::ClusterId;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};
use rustls_pki_types::{CertificateDer, UnixTime};

use crate::certificate::cluster_of;

/// Says which clusters are kept out although their certificates are good.
/// Asked at each handshake, so it answers from memory.
pub trait MemberGate: fmt::Debug + Send + Sync {
    /// Whether `cluster` was a member and is one no more.
    fn is_removed(&self, cluster: ClusterId) -> bool;
}

/// The clusters that were members. It only grows: the id of a removed member
/// never comes back, and a cluster that joined at another replica a moment ago
/// is in nobody's way.
#[derive(Debug, Default)]
pub struct RemovedMembers(ArcSwap<HashSet<ClusterId>>);

impl RemovedMembers {
    /// Keeps `clusters` out from the next handshake on.
    pub fn extend(&self, clusters: &[ClusterId]) {
        if clusters.iter().all(|cluster| self.is_removed(*cluster)) {
            return;
        }
        self.0.rcu(|removed| {
            let mut removed = HashSet::clone(removed);
            removed.extend(clusters);
            removed
        });
    }
}

impl MemberGate for RemovedMembers {
    fn is_removed(&self, cluster: ClusterId) -> bool {
        self.0.load().contains(&cluster)
    }
}

/// Verifies a client certificate like webpki, then asks the gate.
#[derive(Debug)]
pub(super) struct MemberVerifier {
    webpki: Arc<dyn ClientCertVerifier>,
    gate: Arc<dyn MemberGate>,
}

impl MemberVerifier {
    pub(super) fn new(webpki: Arc<dyn ClientCertVerifier>, gate: Arc<dyn MemberGate>) -> Self {
        Self { webpki, gate }
    }
}

impl ClientCertVerifier for MemberVerifier {
    fn offer_client_auth(&self) -> bool {
        self.webpki.offer_client_auth()
    }

    fn client_auth_mandatory(&self) -> bool {
        self.webpki.client_auth_mandatory()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.webpki.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = self.webpki.verify_client_cert(end_entity, intermediates, now)?;
        let cluster = cluster_of(end_entity)
            .map_err(|_| Error::InvalidCertificate(CertificateError::BadEncoding))?
            .ok_or(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))?;
        if self.gate.is_removed(cluster) {
            return Err(Error::InvalidCertificate(CertificateError::Revoked));
        }
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.webpki.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.webpki.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.webpki.supported_verify_schemes()
    }
}
