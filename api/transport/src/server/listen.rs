//! The accept loop.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::{Body, Incoming};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use palisade_api::{ClusterId, ReplicaId};
use rustls::ServerConfig;
use socket2::{Domain, SockRef, Socket, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower::{Service, ServiceExt};

use super::answers::Answers;
use super::handshake::Handshakes;
use super::share::{Share, Shares};
use crate::certificate::{cluster_of, replica_of, serial};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The member that a request comes from, as its certificate says and the
/// handshake has verified; none without a client certificate. Every request
/// carries it as an extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerCluster(pub Option<ClusterId>);

/// The serial number of that certificate, in lower-case hex. Every request
/// carries it as an extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerSerial(pub Option<String>);

/// Ends the connection that a request came on, whatever it is doing: a peer
/// that does not read cannot be told. Every request carries it as an extension.
#[derive(Clone, Debug)]
pub struct PeerConnection(pub CancellationToken);

/// The replica of the primary that a request comes from, likewise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerReplica(pub Option<ReplicaId>);

/// The address that a request comes from. Every request carries it as an
/// extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerAddress(pub SocketAddr);

/// What one listener takes on.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at once; more wait in the kernel's queue.
    pub connections: usize,
    /// Connections at once from one address; what is more is closed.
    pub of_one_address: usize,
    /// How long a client may leave unread what was sent to it.
    pub unread: Duration,
    /// How long it may take nothing of an answer that it took the head of, as HTTP/2 allows;
    /// none where those who answer see to that themselves.
    pub untaken: Option<Duration>,
    /// Handshakes that are worked on at once.
    pub handshakes: usize,
    /// How long a client may take to begin its handshake, and to finish it.
    pub handshake_timeout: Duration,
    /// How long a client may take from its handshake to the head of its first
    /// request.
    pub first_request_timeout: Duration,
    /// How often an HTTP/2 connection is asked whether it lives.
    pub keep_alive_interval: Duration,
    /// How long it may take to answer. With the interval, the time after which
    /// a lost cluster is noticed.
    pub keep_alive_timeout: Duration,
    /// Streams at once on one HTTP/2 connection.
    pub streams: u32,
    /// How long requests may go on after shutdown began.
    pub drain: Duration,
}

impl Limits {
    /// For the federation: many connections that stay.
    pub const FEDERATION: Self = Self {
        connections: 16_384,
        // Many clusters may be behind one address.
        of_one_address: 16_384,
        unread: Duration::from_mins(1),
        untaken: None,
        handshakes: 64,
        handshake_timeout: Duration::from_secs(10),
        first_request_timeout: Duration::from_secs(30),
        keep_alive_interval: Duration::from_secs(5),
        keep_alive_timeout: Duration::from_secs(9),
        // Another replica has all that it asks for on one connection.
        streams: 1_024,
        drain: Duration::from_secs(5),
    };

    /// For REST and the portal: fewer connections that come and go.
    pub const PUBLIC: Self = Self {
        connections: 4_096,
        of_one_address: 2_048,
        // A slow client takes for long what the kernel holds before it needs more of us.
        untaken: Some(Duration::from_mins(5)),
        streams: 128,
        ..Self::FEDERATION
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::PUBLIC
    }
}

/// Connections that wait in the kernel's queue.
const BACKLOG: i32 = 1024;

/// Listens on an address. `[::]` takes who comes by IPv4 as well, whatever the host's
/// default says, and is all of IPv4 where the host knows no IPv6.
pub async fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    if address.ip() != Ipv6Addr::UNSPECIFIED {
        return TcpListener::bind(address).await;
    }
    let Ok(socket) = Socket::new(Domain::IPV6, Type::STREAM, None) else {
        return TcpListener::bind((Ipv4Addr::UNSPECIFIED, address.port())).await;
    };
    socket.set_only_v6(false)?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// Serves `service` on `listener` until `shutdown`, then lets requests finish
/// for as long as the limits allow.
pub async fn serve<S, B>(
    listener: TcpListener,
    tls: Arc<ServerConfig>,
    service: S,
    limits: Limits,
    shutdown: CancellationToken,
) where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let acceptor = Acceptor {
        handshakes: Handshakes::new(tls, limits.handshakes, limits.handshake_timeout),
        http: Arc::new(http_builder(&limits)),
        first_request_timeout: limits.first_request_timeout,
        untaken: limits.untaken,
    };
    let slots = Arc::new(Semaphore::new(limits.connections));
    let shares = Shares::default();
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    while let Some(accepted) = shutdown.run_until_cancelled(accept(&listener, &slots)).await {
        while connections.try_join_next().is_some() {}
        if let Some(accepted) = accepted.and_then(|accepted| accepted.admit(&shares, &limits)) {
            let service = service.clone();
            connections.spawn(acceptor.clone().connection(accepted, service, graceful.watcher()));
        }
    }
    drop(listener);
    if tokio::time::timeout(limits.drain, graceful.shutdown()).await.is_err() {
        tracing::debug!("requests were still running at the end of the time given to finish");
    }
    connections.shutdown().await;
}

/// A connection with its place among all connections.
struct Accepted {
    stream: TcpStream,
    peer: SocketAddr,
    slot: OwnedSemaphorePermit,
}

/// The same with its place among those of its address.
struct Admitted {
    accepted: Accepted,
    share: Share,
}

impl Accepted {
    /// Nothing where the address has too many already: the rest is for others.
    fn admit(self, shares: &Shares, limits: &Limits) -> Option<Admitted> {
        let peer = self.peer;
        let Some(share) = shares.take(peer.ip(), limits.of_one_address) else {
            tracing::debug!(%peer, "a connection too many of one address was closed");
            return None;
        };
        if let Err(error) = self.stream.set_nodelay(true) {
            tracing::debug!(%peer, %error, "cannot switch off Nagle's algorithm");
        }
        // Else an answer that nobody reads would keep its place for ever.
        let socket = SockRef::from(&self.stream);
        if let Err(error) = socket.set_tcp_user_timeout(Some(limits.unread)) {
            tracing::debug!(%peer, %error, "cannot limit the time that data stays unread");
        }
        Some(Admitted { accepted: self, share })
    }
}

/// The next connection; none after an error of one connection or of the moment.
async fn accept(listener: &TcpListener, slots: &Arc<Semaphore>) -> Option<Accepted> {
    // A place first: what has none waits in the kernel's queue. The semaphore
    // is never closed.
    let slot = Arc::clone(slots).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => {
            // Who comes by IPv4 is known by that, whatever the listener is.
            let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
            Some(Accepted { stream, peer, slot })
        }
        Err(error) => {
            if error.kind() != io::ErrorKind::ConnectionAborted {
                // Most likely out of file descriptors: give others time to end.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            None
        }
    }
}

#[derive(Clone)]
struct Acceptor {
    handshakes: Handshakes,
    http: Arc<Builder<TokioExecutor>>,
    first_request_timeout: Duration,
    untaken: Option<Duration>,
}

impl Acceptor {
    async fn connection<S, B>(self, admitted: Admitted, service: S, watcher: Watcher)
    where
        S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>
            + Clone
            + Send
            + 'static,
        S::Future: Send,
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let Admitted { accepted: Accepted { stream, peer, slot }, share } = admitted;
        // Aside, for it is soon over and the task of every connection would be larger by it.
        let tls = match Box::pin(self.handshakes.accept(stream)).await {
            Ok(tls) => tls,
            Err(error) => {
                tracing::info!(%peer, %error, "TLS handshake failed");
                return;
            }
        };
        let certificate = tls.get_ref().1.peer_certificates().and_then(|chain| chain.first());
        // The verifier has read this certificate already; an unreadable one
        // does not come this far.
        let cluster = certificate.and_then(|leaf| cluster_of(leaf).ok().flatten());
        let number = certificate.and_then(|leaf| serial(leaf).ok());
        let replica = certificate.and_then(|leaf| replica_of(leaf).ok().flatten());
        let cut = CancellationToken::new();
        let peer_connection = PeerConnection(cut.clone());
        let asked = CancellationToken::new();
        let first_request = asked.clone();
        let answers = Answers::default();
        let watching = answers.clone();
        let service = service
            .map_response(move |response: Response<B>| response.map(|body| watching.watch(body)));
        let service = service.map_request(move |mut request: Request<Incoming>| {
            first_request.cancel();
            request.extensions_mut().insert(PeerCluster(cluster));
            request.extensions_mut().insert(PeerReplica(replica));
            request.extensions_mut().insert(PeerSerial(number.clone()));
            request.extensions_mut().insert(peer_connection.clone());
            request.extensions_mut().insert(PeerAddress(peer));
            request
        });
        let connection =
            self.http.serve_connection(TokioIo::new(tls), TowerToHyperService::new(service));
        // Lent: a future that is given away to another has its room in both.
        let connection = pin!(watcher.watch(connection));
        tokio::select! {
            ended = cut.run_until_cancelled(connection) => match ended {
                Some(Ok(())) => {}
                Some(Err(error)) => tracing::debug!(%peer, error, "connection ended"),
                None => tracing::info!(%peer, "a connection was cut"),
            },
            // Hyper waits for ever for the first byte, and for the preface of HTTP/2.
            () = silence(self.first_request_timeout, &asked) => {
                tracing::debug!(%peer, "a connection without a request was closed");
            }
            () = answers.untaken(self.untaken) => {
                tracing::debug!(%peer, "a client that takes nothing of an answer was cut off");
            }
        }
        drop((slot, share));
    }
}

/// Ends when nothing was asked within `patience`; never, once something was.
async fn silence(patience: Duration, asked: &CancellationToken) {
    if tokio::time::timeout(patience, asked.cancelled()).await.is_ok() {
        std::future::pending::<()>().await;
    }
}

/// Windows and buffers are small because thousands of connections stay open:
/// what one of them may hold back is memory times their number.
fn http_builder(limits: &Limits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(30))
        .max_buf_size(64 * 1024);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(limits.keep_alive_interval)
        .keep_alive_timeout(limits.keep_alive_timeout)
        .initial_stream_window_size(64 * 1024)
        .initial_connection_window_size(256 * 1024)
        .max_concurrent_streams(limits.streams)
        .max_send_buf_size(64 * 1024)
        .max_header_list_size(16 * 1024);
    builder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_listener_on_all_addresses_takes_ipv4_and_knows_it_as_such() {
        let listener = listen((Ipv6Addr::UNSPECIFIED, 0).into()).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let _client = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
        let accepted = accept(&listener, &Arc::new(Semaphore::new(1))).await.unwrap();
        assert_eq!(accepted.peer.ip(), Ipv4Addr::LOCALHOST);
    }
}
