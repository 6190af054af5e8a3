//! The check of members at the handshake.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use palisade_api::ClusterId;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore,
    SignatureScheme,
};
use rustls_pki_types::{CertificateDer, UnixTime};

use super::ServerTlsError;
use crate::certificate::{cluster_of, replica_of, serial};

/// Says who is kept out although their certificates are good. Asked at each
/// handshake, so it answers from memory.
pub trait MemberGate: fmt::Debug + Send + Sync {
    /// Whether the certificate `serial` of `cluster` is refused: the cluster was
    /// a member and is one no more, or it has got another certificate instead.
    fn is_refused(&self, cluster: ClusterId, serial: &str) -> bool;
}

/// The clusters that were members, and the certificates that were revoked. It
/// only grows: the id of a removed member never comes back, and a cluster that
/// joined at another replica a moment ago is in nobody's way.
#[derive(Debug, Default)]
pub struct RemovedMembers {
    clusters: ArcSwap<HashSet<ClusterId>>,
    serials: ArcSwap<HashSet<String>>,
}

impl RemovedMembers {
    /// Keeps `clusters` out from the next handshake on.
    pub fn extend(&self, clusters: &[ClusterId]) {
        grow(&self.clusters, clusters);
    }

    /// Refuses the certificates `serials` (lower-case hex) from the next
    /// handshake on.
    pub fn revoke(&self, serials: &[String]) {
        grow(&self.serials, serials);
    }

    /// Whether the certificate `serial` (lower-case hex) is refused.
    pub fn is_revoked(&self, serial: &str) -> bool {
        self.serials.load().contains(serial)
    }

    /// Whether `cluster` was a member and is one no more.
    pub fn is_removed(&self, cluster: ClusterId) -> bool {
        self.clusters.load().contains(&cluster)
    }
}

fn grow<T: Clone + Eq + std::hash::Hash>(set: &ArcSwap<HashSet<T>>, more: &[T]) {
    let known = set.load();
    if more.iter().all(|one| known.contains(one)) {
        return;
    }
    set.rcu(|set| {
        let mut set = HashSet::clone(set);
        set.extend(more.iter().cloned());
        set
    });
}

impl MemberGate for RemovedMembers {
    fn is_refused(&self, cluster: ClusterId, serial: &str) -> bool {
        self.is_removed(cluster) || self.serials.load().contains(serial)
    }
}

/// The authorities that members' certificates are verified by, replaceable
/// while listeners run. Clones share them.
#[derive(Clone, Debug)]
pub struct TrustedAuthorities(Arc<ArcSwap<Verifier>>);

/// A verifier that can stand in an `ArcSwap`, which wants a sized type.
#[derive(Debug)]
struct Verifier(Arc<dyn ClientCertVerifier>);

impl TrustedAuthorities {
    /// Trusts `authorities`.
    pub fn new(authorities: &[CertificateDer<'static>]) -> Result<Self, ServerTlsError> {
        Ok(Self(Arc::new(ArcSwap::from_pointee(verifier(authorities)?))))
    }

    /// Trusts `authorities` and no others, from the next handshake on.
    pub fn replace(&self, authorities: &[CertificateDer<'static>]) -> Result<(), ServerTlsError> {
        self.0.store(Arc::new(verifier(authorities)?));
        Ok(())
    }
}

fn verifier(authorities: &[CertificateDer<'static>]) -> Result<Verifier, ServerTlsError> {
    let failed = |e: &dyn fmt::Display| ServerTlsError::Authority(e.to_string());
    let mut roots = RootCertStore::empty();
    for authority in authorities {
        roots.add(authority.clone()).map_err(|e| failed(&e))?;
    }
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), crate::provider())
        .allow_unauthenticated()
        .build()
        .map(Verifier)
        .map_err(|e| failed(&e))
}

/// Verifies a client certificate like webpki, then asks the gate, unless it is
/// that of a replica of the primary.
#[derive(Debug)]
pub(super) struct MemberVerifier {
    trusted: TrustedAuthorities,
    gate: Arc<dyn MemberGate>,
}

impl MemberVerifier {
    pub(super) fn new(trusted: TrustedAuthorities, gate: Arc<dyn MemberGate>) -> Self {
        Self { trusted, gate }
    }

    fn webpki(&self) -> Arc<dyn ClientCertVerifier> {
        Arc::clone(&self.trusted.0.load().0)
    }
}

impl ClientCertVerifier for MemberVerifier {
    fn offer_client_auth(&self) -> bool {
        self.webpki().offer_client_auth()
    }

    fn client_auth_mandatory(&self) -> bool {
        self.webpki().client_auth_mandatory()
    }

    /// None: a member has one certificate, and shows it in any case.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = self.webpki().verify_client_cert(end_entity, intermediates, now)?;
        let unreadable = |_| Error::InvalidCertificate(CertificateError::BadEncoding);
        if replica_of(end_entity).map_err(unreadable)?.is_some() {
            return Ok(verified);
        }
        let cluster = cluster_of(end_entity)
            .map_err(unreadable)?
            .ok_or(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))?;
        let serial = serial(end_entity)
            .map_err(|_| Error::InvalidCertificate(CertificateError::BadEncoding))?;
        if self.gate.is_refused(cluster, &serial) {
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
        self.webpki().verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.webpki().verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.webpki().supported_verify_schemes()
    }
}
