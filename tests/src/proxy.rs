//! A TCP relay that can be broken: what lies between two programs, or between
//! one and the replicas of another.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, watch};
use tokio::task::{JoinHandle, JoinSet};

/// What the relay does with traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Bytes pass, each read held back by this long.
    Open { delay: Duration },
    /// Nothing passes; connections stay open, as with a pulled cable.
    Held,
    /// Connections are reset and refused.
    Cut,
}

/// A relay from a free port to `target`.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    state: Arc<watch::Sender<State>>,
    heard: Arc<Heard>,
    task: JoinHandle<()>,
}

/// What came to the relay.
#[derive(Debug, Default)]
struct Heard {
    connections: AtomicUsize,
    /// The bytes of all of them, where somebody wants to know.
    sent: Option<Mutex<Vec<u8>>>,
}

impl Proxy {
    /// Listens on a free loopback port and relays to `target`.
    pub async fn start(target: SocketAddr) -> Result<Self> {
        Self::balancer(vec![target]).await
    }

    /// The same, for who asks later whether something [was sent](Self::has_sent).
    pub async fn overhearing(target: SocketAddr) -> Result<Self> {
        Self::relaying(vec![target], Heard { sent: Some(Mutex::default()), ..Heard::default() })
            .await
    }

    /// Relays each connection to the next of `targets` that takes it.
    pub async fn balancer(targets: Vec<SocketAddr>) -> Result<Self> {
        Self::relaying(targets, Heard::default()).await
    }

    async fn relaying(targets: Vec<SocketAddr>, heard: Heard) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (state, _) = watch::channel(State::Open { delay: Duration::ZERO });
        let state = Arc::new(state);
        let heard = Arc::new(heard);
        let task = tokio::spawn(accept(listener, targets, Arc::clone(&state), Arc::clone(&heard)));
        Ok(Self { address, state, heard, task })
    }

    /// Where the relay listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections came until now.
    pub fn accepted(&self) -> usize {
        self.heard.connections.load(Ordering::Relaxed)
    }

    /// Whether `text` went to the target; fails where nobody overhears.
    pub async fn has_sent(&self, text: &str) -> Result<bool> {
        let sent = self.heard.sent.as_ref().context("nobody overhears this relay")?.lock().await;
        Ok(sent.windows(text.len()).any(|part| part == text.as_bytes()))
    }

    /// Resets every connection and refuses new ones.
    pub fn cut(&self) {
        self.state.send_replace(State::Cut);
    }

    /// Lets nothing pass while connections stay open.
    pub fn hold(&self) {
        self.state.send_replace(State::Held);
    }

    /// Holds each read back by `delay`.
    pub fn delay(&self, delay: Duration) {
        self.state.send_replace(State::Open { delay });
    }

    /// Lets everything pass again.
    pub fn heal(&self) {
        self.delay(Duration::ZERO);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(
    listener: TcpListener,
    mut targets: Vec<SocketAddr>,
    state: Arc<watch::Sender<State>>,
    heard: Arc<Heard>,
) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        heard.connections.fetch_add(1, Ordering::Relaxed);
        while connections.try_join_next().is_some() {}
        if *state.borrow() == State::Cut {
            continue;
        }
        connections.spawn(relay(client, targets.clone(), state.subscribe(), Arc::clone(&heard)));
        targets.rotate_left(1);
    }
}

async fn relay(
    client: TcpStream,
    targets: Vec<SocketAddr>,
    mut state: watch::Receiver<State>,
    heard: Arc<Heard>,
) {
    // As a balancer without health checks: it learns of a dead one by trying.
    let mut server = None;
    for target in targets {
        if let Ok(connected) = TcpStream::connect(target).await {
            server = Some(connected);
            break;
        }
    }
    let Some(server) = server else { return };
    let (client_reads, client_writes) = client.into_split();
    let (server_reads, server_writes) = server.into_split();
    let there = copy(client_reads, server_writes, state.clone(), heard.sent.as_ref());
    let back = copy(server_reads, client_writes, state.clone(), None);
    tokio::select! {
        ((), ()) = async { tokio::join!(there, back) } => {}
        _ = state.wait_for(|state| *state == State::Cut) => {}
    }
}

async fn copy(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut state: watch::Receiver<State>,
    heard: Option<&Mutex<Vec<u8>>>,
) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let Some(delay) = opened(&mut state).await else { break };
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        if let Some(heard) = heard {
            heard.lock().await.extend_from_slice(&buffer[..length]);
        }
        if to.write_all(&buffer[..length]).await.is_err() {
            break;
        }
    }
    // The other side may still have something to say: only this half ends.
    let _ = to.shutdown().await;
}

/// Waits while nothing may pass; none when the relay is gone.
async fn opened(state: &mut watch::Receiver<State>) -> Option<Duration> {
    let open = state.wait_for(|state| matches!(state, State::Open { .. })).await.ok()?;
    match *open {
        State::Open { delay } => Some(delay),
        State::Held | State::Cut => None,
    }
}
