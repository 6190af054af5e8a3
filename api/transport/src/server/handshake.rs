//! TLS handshakes: many at once, of which a few are worked on.
//!
//! Working on one costs the processor, and when thousands of clients come back
//! together it is better to finish some than to begin all. Waiting for what a
//! client says next costs nothing, so nobody who is silent or slow has a turn.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::server::Acceptor;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

/// How long a client that is slow to answer keeps others from their turn. One
/// that is near has finished by then.
const TURN: Duration = Duration::from_millis(100);

/// How handshakes are done on one listener. Clones share the turns.
#[derive(Clone)]
pub(super) struct Handshakes {
    tls: Arc<ServerConfig>,
    turns: Arc<Semaphore>,
    /// For a client to begin, and again to finish once it had its turn.
    patience: Duration,
}

impl Handshakes {
    pub(super) fn new(tls: Arc<ServerConfig>, at_once: usize, patience: Duration) -> Self {
        Self { tls, turns: Arc::new(Semaphore::new(at_once)), patience }
    }

    /// Does the handshake with the client of `stream`.
    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let hello = LazyConfigAcceptor::new(Acceptor::default(), stream);
        let begun = self.in_time(hello).await?;
        let mut rest = std::pin::pin!(begun.into_stream(Arc::clone(&self.tls)));
        let finished_in_turn = {
            let _turn = self.turns.acquire().await.map_err(io::Error::other)?;
            timeout(TURN, &mut rest).await
        };
        match finished_in_turn {
            Ok(finished) => finished,
            Err(_) => self.in_time(rest).await,
        }
    }

    async fn in_time<T>(&self, step: impl Future<Output = io::Result<T>>) -> io::Result<T> {
        timeout(self.patience, step).await.unwrap_or_else(|_| {
            Err(io::Error::new(io::ErrorKind::TimedOut, "the client took too long"))
        })
    }
}
