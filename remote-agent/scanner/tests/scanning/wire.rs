//! An HTTP server that misbehaves as it is told, down to the bytes.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A request as it came in.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// Path and query, or the whole URL where a proxy is asked.
    pub(crate) target: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
    /// How many requests for the same target came before.
    pub(crate) before: usize,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// Where the range asked for starts.
    pub(crate) fn range(&self) -> Option<usize> {
        self.header("range").strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()
    }

    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap()
    }
}

/// What is sent back.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Bytes,
    /// The length that is announced.
    length: usize,
    /// Pieces of so many bytes, with a pause after each.
    pieces: Option<(usize, Duration)>,
}

impl Reply {
    pub(crate) fn ok(body: impl Into<Bytes>) -> Self {
        let body = body.into();
        let length = body.len();
        Self { status: 200, headers: Vec::new(), body, length, pieces: None }
    }

    pub(crate) fn json(value: &serde_json::Value) -> Self {
        Self::ok(value.to_string()).with("content-type", "application/json")
    }

    pub(crate) fn status(status: u16) -> Self {
        Self { status, ..Self::ok("") }
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn redirect(to: impl Into<String>) -> Self {
        Self::status(307).with("location", to)
    }

    /// The bytes from `start` on, as asked for.
    pub(crate) fn part(body: &Bytes, start: usize) -> Self {
        let range = format!("bytes {start}-{}/{}", body.len() - 1, body.len());
        Self { status: 206, ..Self::ok(body.slice(start..)) }.with("content-range", range)
    }

    /// Ends the connection after `count` bytes of the body.
    pub(crate) fn cut_after(mut self, count: usize) -> Self {
        self.body = self.body.slice(..count.min(self.body.len()));
        self
    }

    /// Announces another length than is sent.
    pub(crate) fn lie(mut self, length: usize) -> Self {
        self.length = length;
        self
    }

    pub(crate) fn slowly(mut self, piece: usize, pause: Duration) -> Self {
        self.pieces = Some((piece, pause));
        self
    }
}

type Answering = dyn Fn(&Asked) -> Reply + Send + Sync;

/// The server.
pub(crate) struct Wire {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    /// How many connections are open.
    open: watch::Sender<usize>,
}

impl Wire {
    pub(crate) async fn start(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (seen, answer): (_, Arc<Answering>) = (Arc::clone(&asked), Arc::new(answer));
        let open = watch::Sender::new(0);
        let connections = open.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                let connections = connections.clone();
                connections.send_modify(|open| *open += 1);
                tokio::spawn(async move {
                    // A client that goes away is no fault of the test.
                    serve(stream, &seen, &*answer).await.ok();
                    connections.send_modify(|open| *open -= 1);
                });
            }
        });
        Self { address, asked, open }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Waits until nobody is connected.
    pub(crate) async fn left(&self) {
        self.open.subscribe().wait_for(|open| *open == 0).await.unwrap();
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The requests whose path ends in `tail`.
    pub(crate) fn asked_for(&self, tail: &str) -> Vec<Asked> {
        self.asked().into_iter().filter(|asked| asked.path().ends_with(tail)).collect()
    }
}

async fn serve(
    stream: TcpStream,
    seen: &Mutex<Vec<Asked>>,
    answer: &Answering,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let mut words = line.split_whitespace();
        let method = words.next().unwrap_or_default().to_owned();
        let target = words.next().unwrap_or_default().to_owned();
        let mut headers = HashMap::new();
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).await?;
            let Some((name, value)) = line.trim().split_once(':') else { break };
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await?;
        let body = String::from_utf8(body).unwrap();
        let asked = {
            let mut seen = seen.lock().unwrap();
            let before = seen.iter().filter(|asked| asked.target == target).count();
            let asked = Asked { method, target, headers, body, before };
            seen.push(asked.clone());
            asked
        };
        let reply = answer(&asked);
        let head = asked.method == "HEAD";
        send(stream.get_mut(), &reply, head).await?;
        if !head && reply.body.len() < reply.length {
            return Ok(());
        }
    }
}

async fn send(stream: &mut TcpStream, reply: &Reply, head: bool) -> std::io::Result<()> {
    let mut text = format!("HTTP/1.1 {} x\r\ncontent-length: {}\r\n", reply.status, reply.length);
    for (name, value) in &reply.headers {
        write!(text, "{name}: {value}\r\n").unwrap();
    }
    text.push_str("\r\n");
    stream.write_all(text.as_bytes()).await?;
    if head {
        return Ok(());
    }
    match reply.pieces {
        None => stream.write_all(&reply.body).await?,
        Some((piece, pause)) => {
            for piece in reply.body.chunks(piece) {
                stream.write_all(piece).await?;
                stream.flush().await?;
                tokio::time::sleep(pause).await;
            }
        }
    }
    stream.flush().await
}
