//! An HTTP proxy that knows CONNECT and nothing else.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// The longest head of a request that is read.
const MOST_HEAD: usize = 8 * 1024;

/// A running proxy.
#[derive(Debug)]
pub struct Tunnel {
    address: SocketAddr,
    opened: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Tunnel {
    /// Listens on a free loopback port. Requests need `authorization`, the value of
    /// their `Proxy-Authorization`, where one is given.
    pub async fn start(authorization: Option<&str>) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let opened = Arc::new(AtomicUsize::new(0));
        let wanted = authorization.map(|value| format!("proxy-authorization: {value}"));
        let counted = Arc::clone(&opened);
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                while connections.try_join_next().is_some() {}
                connections.spawn(serve(client, wanted.clone(), Arc::clone(&counted)));
            }
        });
        Ok(Self { address, opened, task })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many tunnels it has opened.
    pub fn opened(&self) -> usize {
        self.opened.load(Ordering::SeqCst)
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut client: TcpStream, wanted: Option<String>, opened: Arc<AtomicUsize>) {
    if let Err(error) = tunnel(&mut client, wanted.as_deref(), &opened).await {
        println!("a tunnel failed: {error:#}");
    }
}

async fn tunnel(client: &mut TcpStream, wanted: Option<&str>, opened: &AtomicUsize) -> Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        anyhow::ensure!(head.len() < MOST_HEAD, "the request is too long");
        head.push(client.read_u8().await?);
    }
    let head = String::from_utf8(head)?;
    let target = head.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next());
    let target = target.with_context(|| format!("not a CONNECT: {head}"))?;
    if wanted.is_some_and(|wanted| !head.lines().any(|line| line.eq_ignore_ascii_case(wanted))) {
        client.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n").await?;
        return Ok(());
    }
    let mut server = TcpStream::connect(target).await?;
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    opened.fetch_add(1, Ordering::SeqCst);
    // A tunnel ends when one of its ends does, however that happens.
    let _ = copy_bidirectional(client, &mut server).await;
    Ok(())
}
