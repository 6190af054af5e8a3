//! Dialling the primary: TCP, TLS against the pinned authority, HTTP/2.

use std::fmt;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use hyper_util::rt::TokioIo;
use palisade_api::Digest;
use rand::seq::SliceRandom as _;
use rustls::ClientConfig;
use rustls::client::Resumption;
use rustls_pki_types::{CertificateDer, ServerName};
use thiserror::Error;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint};
use tower::service_fn;

use super::alert::{FailureSlot, RememberingStream};
use super::error::ConnectError;
use super::pin::{Pin, PinnedVerifier};
use super::proxy::ProxyAddress;
use crate::authority::ServerCertificate;
use crate::identity::MemberIdentity;

/// How long TCP, TLS and HTTP/2 together may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// How long one of several addresses of the host may take.
const ADDRESS_TIMEOUT: Duration = Duration::from_secs(4);
/// How often the agent asks whether the primary lives, and how long it may
/// take to answer: a dead path is left after their sum.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(10);
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(10);

/// Where a primary is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrimaryAddress {
    /// Host name or IP address.
    pub host: String,
    /// Port of the federation service.
    pub port: u16,
}

/// A text that is not `host:port`.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("not an address of the form host:port")]
pub struct NotAnAddress;

impl fmt::Display for PrimaryAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl FromStr for PrimaryAddress {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        let (host, port) = text.rsplit_once(':').ok_or(NotAnAddress)?;
        let host = match host.strip_prefix('[') {
            Some(v6) => v6.strip_suffix(']').ok_or(NotAnAddress)?,
            None if host.contains(':') => return Err(NotAnAddress),
            None => host,
        };
        let port = port.parse().map_err(|_| NotAnAddress)?;
        if host.is_empty() || host.contains(char::is_whitespace) || port == 0 {
            return Err(NotAnAddress);
        }
        Ok(Self { host: host.to_owned(), port })
    }
}

/// What the agent knows of the primary, and shows of itself.
#[derive(Clone, Copy, Debug)]
pub enum Trust<'a> {
    /// Before joining: the authority's fingerprint from the join token, and no
    /// certificate of its own.
    Fingerprint(Digest),
    /// The authority's certificate, and no certificate of its own.
    Authority(&'a CertificateDer<'static>),
    /// A member: its certificate and the authorities it has stored.
    Member(&'a MemberIdentity),
    /// Nothing, and no certificate of its own. The caller must let the server
    /// prove itself before anything secret is said; the authority that the
    /// handshake has shown is [`PrimaryConnection::authority`].
    Unknown,
    /// Another replica of the same primary: the authorities, and the certificate
    /// that was issued for this one.
    Replica(&'a [CertificateDer<'static>], &'a ServerCertificate),
}

/// A connection to the primary. It does not come back by itself once it broke.
#[derive(Clone, Debug)]
pub struct PrimaryConnection {
    channel: Channel,
    failure: FailureSlot,
    verifier: Arc<PinnedVerifier>,
}

impl PrimaryConnection {
    /// The channel for tonic clients.
    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// Why the connection broke, where TLS knows. Ask when a call failed with
    /// a transport error: the primary's refusal of a certificate shows here.
    pub fn failure(&self) -> Option<&ConnectError> {
        self.failure.get()
    }

    /// The primary's authority, as the handshake has shown and verified it.
    pub fn authority(&self) -> Option<&CertificateDer<'static>> {
        self.verifier.authority()
    }
}

/// Connects to the primary at `address`.
pub async fn connect(
    address: &PrimaryAddress,
    trust: Trust<'_>,
) -> Result<PrimaryConnection, ConnectError> {
    connect_through(address, trust, None).await
}

/// Connects to the primary at `address`, by way of `proxy` where there is one.
pub async fn connect_through(
    address: &PrimaryAddress,
    trust: Trust<'_>,
    proxy: Option<&ProxyAddress>,
) -> Result<PrimaryConnection, ConnectError> {
    let (verifier, config) = client_config(trust)?;
    let dialled: Arc<str> = address.to_string().into();
    let failure: FailureSlot = Arc::new(OnceLock::new());
    let endpoint = Endpoint::from_shared(format!("http://{address}"))
        .map_err(|e| ConnectError::Http { address: address.to_string(), text: e.to_string() })?
        .http2_keep_alive_interval(KEEP_ALIVE_INTERVAL)
        .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
        .keep_alive_while_idle(true)
        .initial_stream_window_size(256 * 1024)
        .initial_connection_window_size(1024 * 1024);

    // Dialled once, here; a second call of the connector means that the
    // connection broke, and dialling again is the caller's to decide.
    let dialling = dial(address, &dialled, proxy, config, &failure);
    let stream = tokio::time::timeout(CONNECT_TIMEOUT, dialling).await.map_err(|_| {
        ConnectError::Timeout { address: address.to_string(), after: CONNECT_TIMEOUT }
    })??;
    let mut stream = Some(TokioIo::new(stream));
    let connector = service_fn(move |_| {
        let stream = stream
            .take()
            .ok_or_else(|| std::io::Error::new(ErrorKind::NotConnected, "the connection is gone"));
        std::future::ready(stream)
    });
    let channel = endpoint.connect_with_connector(connector).await.map_err(|e| {
        failure.get().cloned().unwrap_or_else(|| ConnectError::Http {
            address: address.to_string(),
            text: e.to_string(),
        })
    })?;
    Ok(PrimaryConnection { channel, failure, verifier })
}

async fn dial(
    address: &PrimaryAddress,
    dialled: &Arc<str>,
    proxy: Option<&ProxyAddress>,
    config: ClientConfig,
    failure: &FailureSlot,
) -> Result<RememberingStream, ConnectError> {
    let unreachable =
        |text: String| ConnectError::Unreachable { address: address.to_string(), text };
    let name = ServerName::try_from(address.host.clone())
        .map_err(|_| unreachable("not a host name".to_owned()))?;
    let tcp = match proxy {
        Some(proxy) => proxy.tunnel(address).await.map_err(unreachable)?,
        None => reach(address).await.map_err(|e| unreachable(e.to_string()))?,
    };
    tcp.set_nodelay(true).map_err(|e| unreachable(e.to_string()))?;
    let tls = TlsConnector::from(Arc::new(config))
        .connect(name, tcp)
        .await
        .map_err(|e| ConnectError::of_io(dialled, &e))?;
    Ok(RememberingStream { inner: tls, address: Arc::clone(dialled), failure: Arc::clone(failure) })
}

/// Connects to one of the addresses that the host has, in random order: the
/// replicas of a primary may share a name, and one of them may be dead.
async fn reach(address: &PrimaryAddress) -> std::io::Result<TcpStream> {
    let found = tokio::net::lookup_host((address.host.as_str(), address.port)).await?;
    let mut found: Vec<SocketAddr> = found.collect();
    found.shuffle(&mut rand::rng());
    let mut failure = std::io::Error::new(ErrorKind::NotFound, "the host has no address");
    for one in found {
        match tokio::time::timeout(ADDRESS_TIMEOUT, TcpStream::connect(one)).await {
            Ok(Ok(tcp)) => return Ok(tcp),
            Ok(Err(error)) => failure = error,
            Err(_) => {
                failure = std::io::Error::new(ErrorKind::TimedOut, format!("{one} is silent"));
            }
        }
    }
    Err(failure)
}

fn client_config(trust: Trust<'_>) -> Result<(Arc<PinnedVerifier>, ClientConfig), ConnectError> {
    let pin = match trust {
        Trust::Fingerprint(digest) => Pin::Fingerprint(digest),
        Trust::Authority(certificate) => Pin::Certificates(vec![certificate.clone()]),
        Trust::Replica(authorities, _) => Pin::Certificates(authorities.to_vec()),
        Trust::Member(identity) => Pin::Certificates(identity.membership().authorities.clone()),
        Trust::Unknown => Pin::Unknown,
    };
    let broken = |e: &dyn fmt::Display| ConnectError::Identity { text: e.to_string() };
    let verifier = Arc::new(PinnedVerifier::new(pin).map_err(|e| broken(&e))?);
    let builder = ClientConfig::builder_with_provider(crate::provider())
        .with_protocol_versions(crate::VERSIONS)
        .map_err(|e| broken(&e))?
        // Verifies more strictly than the default: one authority, pinned.
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&verifier) as _);
    let mut config = match trust {
        Trust::Member(identity) => builder
            .with_client_auth_cert(identity.chain().to_vec(), identity.private_key())
            .map_err(|e| broken(&e))?,
        Trust::Replica(_, own) => builder
            .with_client_auth_cert(own.issued.chain.clone(), own.key.clone_key())
            .map_err(|e| broken(&e))?,
        _ => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    config.resumption = Resumption::disabled();
    Ok((verifier, config))
}
