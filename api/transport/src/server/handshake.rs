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
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

/// How long a client that is slow to answer keeps others from their turn. One
/// that is near has finished by then.
const TURN: Duration = Duration::from_millis(100);
/// How long a client that is refused may take to read why.
const PARTING: Duration = Duration::from_secs(1);
/// How much of what it has sent meanwhile is read.
const PARTING_BYTES: u64 = 64 * 1024;

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
        let finish = begun.into_stream(Arc::clone(&self.tls)).into_fallible();
        let mut rest = std::pin::pin!(finish);
        let finished_in_turn = {
            let _turn = self.turns.acquire().await.map_err(io::Error::other)?;
            timeout(TURN, &mut rest).await
        };
        let finished = match finished_in_turn {
            Ok(finished) => finished,
            Err(_) => self.in_time(async { Ok(rest.await) }).await?,
        };
        match finished {
            Ok(tls) => Ok(tls),
            Err((error, stream)) => {
                part(stream).await;
                Err(error)
            }
        }
    }

    async fn in_time<T>(&self, step: impl Future<Output = io::Result<T>>) -> io::Result<T> {
        timeout(self.patience, step).await.unwrap_or_else(|_| {
            Err(io::Error::new(io::ErrorKind::TimedOut, "the client took too long"))
        })
    }
}

/// Ends a connection whose handshake failed. In TLS 1.3 the client has finished by
/// then, and sends its first request: closed with that unread, the connection would
/// be reset, and the alert lost that says why. A member that was removed would not
/// learn it.
async fn part(mut stream: TcpStream) {
    let read_on = async {
        stream.shutdown().await?;
        tokio::io::copy(&mut stream.take(PARTING_BYTES), &mut tokio::io::sink()).await
    };
    // Whoever hangs on, or is gone already, is told no more.
    drop(timeout(PARTING, read_on).await);
}
