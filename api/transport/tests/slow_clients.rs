//! Clients that begin and do not go on, over real sockets: they hold up nobody
//! else, and their connections end.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::{TimeDelta, Utc};
use http::{Request, Response};
use http_body_util::{Empty, Full};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use palisade_transport::authority::Authority;
use palisade_transport::client::outgoing_tls;
use palisade_transport::server::{self, Limits, ListenerCertificate};
use rustls::ClientConnection;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Longer than any test may take: what ends by this has not ended.
const FOR_EVER: Duration = Duration::from_mins(10);
/// How long a test waits for what must happen.
const SOON: Duration = Duration::from_mins(1);
const HANDSHAKES: usize = 2;
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";

struct Listener {
    port: u16,
    tls: Arc<rustls::ClientConfig>,
    _stop: DropGuard,
}

impl Listener {
    async fn start(limits: Limits) -> Self {
        Self::slow(limits, Duration::ZERO).await
    }

    /// One that answers after a while.
    async fn slow(limits: Limits, after: Duration) -> Self {
        let answer = move |_: Request<Incoming>| async move {
            tokio::time::sleep(after).await;
            Ok::<_, Infallible>(Response::new("served".to_owned()))
        };
        Self::answering(limits, answer).await
    }

    /// One that answers so.
    async fn answering<S, F, B>(limits: Limits, answer: S) -> Self
    where
        S: FnMut(Request<Incoming>) -> F + Clone + Send + 'static,
        F: Future<Output = Result<Response<B>, Infallible>> + Send + 'static,
        B: Body<Data = Bytes, Error = Infallible> + Send + 'static,
    {
        palisade_transport::install_crypto_provider();
        let authority = Authority::create(Utc::now()).unwrap();
        let names = ["localhost".to_owned()];
        let issued = authority.issue_server(&names, Utc::now(), TimeDelta::days(1)).unwrap();
        let certificate = ListenerCertificate::issued(&issued).unwrap();
        let config = server::public_config(certificate).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let stop = CancellationToken::new();
        let answer = tower::service_fn(answer);
        tokio::spawn(server::serve(listener, config, answer, limits, stop.clone()));
        let tls = Arc::new(outgoing_tls(vec![authority.certificate().clone()]).unwrap());
        Self { port, tls, _stop: stop.drop_guard() }
    }

    async fn open(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.port)).await.unwrap()
    }

    /// A connection from another address.
    async fn open_from(&self, address: &str) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(format!("{address}:0").parse().unwrap()).unwrap();
        socket.connect(([127, 0, 0, 1], self.port).into()).await.unwrap()
    }

    /// The first words of a handshake.
    fn hello(&self) -> Vec<u8> {
        let name = ServerName::try_from("localhost").unwrap();
        let mut client = ClientConnection::new(Arc::clone(&self.tls), name).unwrap();
        let mut words = Vec::new();
        client.write_tls(&mut words).unwrap();
        words
    }

    async fn connect(&self, protocol: &str) -> TlsStream<TcpStream> {
        let mut tls = rustls::ClientConfig::clone(&self.tls);
        tls.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        let name = ServerName::try_from("localhost").unwrap();
        let stream = self.open().await;
        let connector = TlsConnector::from(Arc::new(tls));
        let connected = tokio::time::timeout(SOON, connector.connect(name, stream)).await;
        connected.expect("others hold up the handshake").unwrap()
    }
}

#[tokio::test]
async fn who_is_silent_before_or_in_a_handshake_holds_up_nobody() {
    let patient = Limits { handshakes: HANDSHAKES, handshake_timeout: FOR_EVER, ..Limits::PUBLIC };
    let listener = Listener::start(patient).await;
    let mut silent = Vec::new();
    for words in [Vec::new(), listener.hello()] {
        for _ in 0..=HANDSHAKES {
            let mut stream = listener.open().await;
            stream.write_all(&words).await.unwrap();
            silent.push(stream);
        }
    }
    let mut other = listener.connect("http/1.1").await;
    other.write_all(REQUEST).await.unwrap();
    let mut answer = String::new();
    other.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("served"), "{answer}");
}

#[tokio::test]
async fn who_asks_nothing_after_the_handshake_is_cut_off() {
    let limits = Limits { first_request_timeout: Duration::from_millis(50), ..Limits::PUBLIC };
    let listener = Listener::start(limits).await;
    for (protocol, words) in [
        ("http/1.1", "".as_bytes()),
        ("h2", b""),
        ("h2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        ("http/1.1", b"GET / HTTP/1.1\r\nhost: a\r\nx: "),
    ] {
        let mut client = listener.connect(protocol).await;
        // How it ends is not the point: with or without a last word of TLS, or
        // before all is said.
        let ended = async {
            client.write_all(words).await?;
            client.read_to_end(&mut Vec::new()).await
        };
        let ended = tokio::time::timeout(SOON, ended).await;
        assert!(ended.is_ok(), "{protocol} {words:?}: the connection stays open");
    }
}

#[tokio::test]
async fn who_asked_may_wait_longer_for_the_answer() {
    let limits = Limits { first_request_timeout: Duration::from_secs(3), ..Limits::PUBLIC };
    let listener = Listener::slow(limits, Duration::from_secs(4)).await;
    let mut client = listener.connect("http/1.1").await;
    client.write_all(REQUEST).await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("served"), "{answer}");
}

#[tokio::test]
async fn who_has_many_connections_leaves_places_to_others() {
    let limits =
        Limits { connections: 4, of_one_address: 2, handshake_timeout: FOR_EVER, ..Limits::PUBLIC };
    let listener = Listener::start(limits).await;
    let mut held = Vec::new();
    for _ in 0..2 {
        held.push(listener.open_from("127.0.0.2").await);
    }
    for _ in 0..20 {
        let mut more = listener.open_from("127.0.0.2").await;
        let ended = tokio::time::timeout(SOON, more.read(&mut [0])).await;
        assert!(matches!(ended, Ok(Ok(0) | Err(_))), "a connection too many stays: {ended:?}");
    }
    let mut other = listener.connect("http/1.1").await;
    other.write_all(REQUEST).await.unwrap();
    let mut answer = String::new();
    other.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("served"), "{answer}");
}

/// A long answer that tells when it is no longer there.
struct LongAnswer(Vec<u8>, #[expect(dead_code, reason = "it tells when it is dropped")] DropGuard);

impl AsRef<[u8]> for LongAnswer {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

#[tokio::test]
async fn who_never_reads_the_answer_is_cut_off() {
    let limits = Limits { unread: Duration::from_millis(300), ..Limits::PUBLIC };
    let given_up = CancellationToken::new();
    let token = given_up.clone();
    let answer = move |_: Request<Incoming>| {
        let answer = LongAnswer(vec![b'x'; 64 << 20], token.clone().drop_guard());
        async move { Ok(Response::new(Full::new(Bytes::from_owner(answer)))) }
    };
    let listener = Listener::answering(limits, answer).await;
    let mut client = listener.connect("http/1.1").await;
    client.write_all(REQUEST).await.unwrap();
    let ended = tokio::time::timeout(SOON, given_up.cancelled()).await;
    assert!(ended.is_ok(), "the answer waits for ever");
}

/// Of a short answer all would be handed over as soon as the client takes the first of it.
#[tokio::test]
async fn who_takes_nothing_of_an_answer_by_http2_is_cut_off() {
    for (length, window) in [(64 << 20, 64 << 10), (32 << 10, 1_u32)] {
        let limits = Limits { untaken: Some(Duration::from_millis(300)), ..Limits::PUBLIC };
        let given_up = CancellationToken::new();
        let token = given_up.clone();
        let answer = move |_: Request<Incoming>| {
            let answer = LongAnswer(vec![b'x'; length], token.clone().drop_guard());
            async move { Ok(Response::new(Full::new(Bytes::from_owner(answer)))) }
        };
        let listener = Listener::answering(limits, answer).await;
        let stream = TokioIo::new(listener.connect("h2").await);
        let mut http2 = http2::Builder::new(TokioExecutor::new());
        http2.initial_stream_window_size(window);
        let (mut client, connection) = http2.handshake(stream).await.unwrap();
        // It goes on to answer whoever asks whether it lives.
        tokio::spawn(connection);
        let request = Request::get("https://localhost/").body(Empty::<Bytes>::new()).unwrap();
        let _head = client.send_request(request).await.unwrap();
        let ended = tokio::time::timeout(SOON, given_up.cancelled()).await;
        assert!(ended.is_ok(), "an answer of {length} bytes waits for ever");
    }
}
