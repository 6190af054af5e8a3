//! Listeners: their TLS configuration, their certificate, the check of
//! members, and the accept loop.

mod gate;
mod listen;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::server::{
    ClientHello, NoServerSessionStorage, ResolvesServerCert, WebPkiClientVerifier,
};
use rustls::sign::CertifiedKey;
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use thiserror::Error;

pub use gate::{MemberGate, RemovedMembers};
pub use listen::{Limits, PeerAddress, PeerCluster, serve};

use crate::authority::ServerCertificate;

/// A listener's TLS configuration that cannot be made.
#[derive(Debug, Error)]
pub enum ServerTlsError {
    /// The certificate and its key do not serve.
    #[error("the listener's certificate cannot be used: {0}")]
    Certificate(#[source] rustls::Error),
    /// A PEM file cannot be read.
    #[error("{path}: {text}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        text: String,
    },
    /// TLS 1.3 with the provider's ciphers cannot be had.
    #[error("TLS cannot be configured: {0}")]
    Protocol(#[source] rustls::Error),
    /// The authority's certificate does not serve as one.
    #[error("the authority's certificate cannot be used: {0}")]
    Authority(String),
}

/// The certificate of listeners, replaceable while they run. Clones share it.
#[derive(Clone, Debug)]
pub struct ListenerCertificate(Arc<ArcSwap<CertifiedKey>>);

impl ListenerCertificate {
    /// Serves `chain`, leaf first.
    pub fn new(
        chain: Vec<CertificateDer<'static>>,
        key: &PrivateKeyDer<'static>,
    ) -> Result<Self, ServerTlsError> {
        Ok(Self(Arc::new(ArcSwap::from_pointee(certified(chain, key)?))))
    }

    /// Serves a certificate of the own authority.
    pub fn issued(certificate: &ServerCertificate) -> Result<Self, ServerTlsError> {
        Self::new(certificate.issued.chain.clone(), &certificate.key)
    }

    /// Serves the chain and the key in two PEM files.
    pub fn from_files(certificate: &Path, key: &Path) -> Result<Self, ServerTlsError> {
        let (chain, key) = read_files(certificate, key)?;
        Self::new(chain, &key)
    }

    /// Serves what the two PEM files hold now, from the next handshake on.
    pub fn reload(&self, certificate: &Path, key: &Path) -> Result<(), ServerTlsError> {
        let (chain, key) = read_files(certificate, key)?;
        self.replace(chain, &key)
    }

    /// Serves `chain` from the next handshake on.
    pub fn replace(
        &self,
        chain: Vec<CertificateDer<'static>>,
        key: &PrivateKeyDer<'static>,
    ) -> Result<(), ServerTlsError> {
        self.0.store(Arc::new(certified(chain, key)?));
        Ok(())
    }
}

impl ResolvesServerCert for ListenerCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }
}

type ChainAndKey = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn read_files(certificate: &Path, key: &Path) -> Result<ChainAndKey, ServerTlsError> {
    let failed = |path: &Path, error: pem::Error| ServerTlsError::File {
        path: path.to_owned(),
        text: error.to_string(),
    };
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|e| failed(certificate, e))?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|e| failed(key, e))?;
    Ok((chain, key))
}

fn certified(
    chain: Vec<CertificateDer<'static>>,
    key: &PrivateKeyDer<'static>,
) -> Result<CertifiedKey, ServerTlsError> {
    let key = crate::provider()
        .key_provider
        .load_private_key(key.clone_key())
        .map_err(ServerTlsError::Certificate)?;
    let certified = CertifiedKey::new(chain, key);
    certified.keys_match().map_err(ServerTlsError::Certificate)?;
    Ok(certified)
}

/// The configuration of the federation listener: TLS 1.3, a client certificate
/// is optional (an agent that joins has none), and one that is shown must be
/// signed by `authority` for a cluster that `gate` does not keep out.
pub fn federation_config(
    authority: &CertificateDer<'static>,
    certificate: ListenerCertificate,
    gate: Arc<dyn MemberGate>,
) -> Result<Arc<ServerConfig>, ServerTlsError> {
    let authority_failed = |e: &dyn std::fmt::Display| ServerTlsError::Authority(e.to_string());
    let mut roots = RootCertStore::empty();
    roots.add(authority.clone()).map_err(|e| authority_failed(&e))?;
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), crate::provider())
        .allow_unauthenticated()
        .build()
        .map_err(|e| authority_failed(&e))?;
    let config = ServerConfig::builder_with_provider(crate::provider())
        .with_protocol_versions(crate::VERSIONS)
        .map_err(ServerTlsError::Protocol)?
        .with_client_cert_verifier(Arc::new(gate::MemberVerifier::new(verifier, gate)))
        .with_cert_resolver(Arc::new(certificate));
    Ok(finish(config))
}

/// The configuration of a listener that asks for no client certificate, as
/// those of the REST API and the portal.
pub fn public_config(
    certificate: ListenerCertificate,
) -> Result<Arc<ServerConfig>, ServerTlsError> {
    let config = ServerConfig::builder_with_provider(crate::provider())
        .with_protocol_versions(crate::VERSIONS)
        .map_err(ServerTlsError::Protocol)?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(certificate));
    Ok(finish(config))
}

fn finish(mut config: ServerConfig) -> Arc<ServerConfig> {
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    // A resumed session would not ask the gate again.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Arc::new(config)
}
