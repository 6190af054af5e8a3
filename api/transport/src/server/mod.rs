//! Listeners: their TLS configuration, their certificate, the check of
//! members, the accept loop, and what holds of every request of a public one.

mod answer;
mod answers;
mod body;
mod etag;
mod gate;
mod handshake;
mod head;
mod host;
mod listen;
mod share;
mod tidy;
mod unread;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{DistinguishedName, ServerConfig};
use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use thiserror::Error;

pub use answer::{STRICT_TRANSPORT, answer_for_browsers};
pub use body::{BodyError, read_body};
pub use etag::{answer_what_changed, knows_tag};
pub use gate::{MemberGate, RemovedMembers, TrustedAuthorities};
pub use head::answer_head_alone;
pub use host::names_host;
pub use listen::{
    Limits, PeerAddress, PeerCluster, PeerConnection, PeerReplica, PeerSerial, listen, serve,
};
pub use tidy::tidy;
pub use unread::answer_after_body;

use crate::authority::ServerCertificate;
use crate::certificate::{fingerprint, is_self_issued};
use crate::hint::authority_hint;

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
pub struct ListenerCertificate(Arc<ArcSwap<Served>>);

/// What is served: the first to who does not say which authority it trusts.
#[derive(Debug)]
struct Served(Vec<(Option<DistinguishedName>, Arc<CertifiedKey>)>);

impl Served {
    fn one(
        chain: Vec<CertificateDer<'static>>,
        key: &PrivateKeyDer<'static>,
    ) -> Result<Self, ServerTlsError> {
        Ok(Self(vec![(None, Arc::new(certified(chain, key)?))]))
    }

    fn of_authorities(certificates: &[ServerCertificate]) -> Result<Self, ServerTlsError> {
        let serve = |certificate: &ServerCertificate| {
            let chain = certificate.issued.chain.clone();
            let hint = chain.last().map(|authority| authority_hint(fingerprint(authority)));
            Ok((hint, Arc::new(certified(chain, &certificate.key)?)))
        };
        certificates.iter().map(serve).collect::<Result<_, _>>().map(Self)
    }

    /// The first that the client says it can verify, in its order.
    fn choose(&self, trusted: &[DistinguishedName]) -> Option<Arc<CertifiedKey>> {
        let of = |wanted: &DistinguishedName| {
            self.0.iter().find(|(hint, _)| {
                hint.as_ref().is_some_and(|hint| hint.as_ref() == wanted.as_ref())
            })
        };
        let chosen = trusted.iter().find_map(of).or_else(|| self.0.first());
        chosen.map(|(_, certified)| Arc::clone(certified))
    }
}

impl ListenerCertificate {
    /// Serves `chain`, leaf first.
    pub fn new(
        chain: Vec<CertificateDer<'static>>,
        key: &PrivateKeyDer<'static>,
    ) -> Result<Self, ServerTlsError> {
        Ok(Self(Arc::new(ArcSwap::from_pointee(Served::one(chain, key)?))))
    }

    /// Serves a certificate of the own authority.
    pub fn issued(certificate: &ServerCertificate) -> Result<Self, ServerTlsError> {
        Self::new(certificate.issued.chain.clone(), &certificate.key)
    }

    /// Serves certificates of several authorities: each client the one that it
    /// says it can verify, and the first to who does not say.
    pub fn of_authorities(certificates: &[ServerCertificate]) -> Result<Self, ServerTlsError> {
        Ok(Self(Arc::new(ArcSwap::from_pointee(Served::of_authorities(certificates)?))))
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
        self.0.store(Arc::new(Served::one(chain, key)?));
        Ok(())
    }

    /// As [`Self::of_authorities`], from the next handshake on.
    pub fn replace_all(&self, certificates: &[ServerCertificate]) -> Result<(), ServerTlsError> {
        self.0.store(Arc::new(Served::of_authorities(certificates)?));
        Ok(())
    }
}

impl ResolvesServerCert for ListenerCertificate {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.0.load().choose(hello.certificate_authorities().unwrap_or_default())
    }
}

/// A certificate without the root that signed it. Who trusts a root has it, and
/// clients that take any self-signed certificate, such as those of build servers,
/// take none that brings another along.
#[derive(Debug)]
struct WithoutRoot(ListenerCertificate);

impl ResolvesServerCert for WithoutRoot {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let certified = self.0.resolve(hello)?;
        match certified.cert.split_last() {
            Some((root, chain)) if !chain.is_empty() && is_self_issued(root) => {
                let key = Arc::clone(&certified.key);
                Some(Arc::new(CertifiedKey::new(chain.to_vec(), key)))
            }
            _ => Some(certified),
        }
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
/// signed by one of `trusted` and not be refused by `gate`.
pub fn federation_config(
    trusted: TrustedAuthorities,
    certificate: ListenerCertificate,
    gate: Arc<dyn MemberGate>,
) -> Result<Arc<ServerConfig>, ServerTlsError> {
    let config = ServerConfig::builder_with_provider(crate::provider())
        .with_protocol_versions(crate::VERSIONS)
        .map_err(ServerTlsError::Protocol)?
        .with_client_cert_verifier(Arc::new(gate::MemberVerifier::new(trusted, gate)))
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
        .with_cert_resolver(Arc::new(WithoutRoot(certificate)));
    Ok(finish(config))
}

fn finish(mut config: ServerConfig) -> Arc<ServerConfig> {
    // The last is what `curl --http1.0` offers: without it, it would not get as far as asking.
    config.alpn_protocols =
        ["h2", "http/1.1", "http/1.0"].map(|name| name.as_bytes().to_vec()).to_vec();
    // A resumed session would not ask the gate again.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Arc::new(config)
}
