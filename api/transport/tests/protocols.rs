//! The versions of HTTP that clients of the REST API may speak.

use std::convert::Infallible;
use std::sync::Arc;

use chrono::{TimeDelta, Utc};
use http::{Request, Response};
use hyper::body::Incoming;
use palisade_transport::authority::Authority;
use palisade_transport::client::outgoing_tls;
use palisade_transport::server::{self, Limits, ListenerCertificate};
use rustls_pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn who_offers_an_old_version_alone_is_served() {
    palisade_transport::install_crypto_provider();
    let authority = Authority::create(Utc::now()).unwrap();
    let names = ["localhost".to_owned()];
    let issued = authority.issue_server(&names, Utc::now(), TimeDelta::days(1)).unwrap();
    let config = server::public_config(ListenerCertificate::issued(&issued).unwrap()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let answer = tower::service_fn(|_: Request<Incoming>| async {
        Ok::<_, Infallible>(Response::new("served".to_owned()))
    });
    tokio::spawn(server::serve(listener, config, answer, Limits::PUBLIC, stop.clone()));
    for version in ["1.1", "1.0"] {
        let mut tls = outgoing_tls(vec![authority.certificate().clone()]).unwrap();
        tls.alpn_protocols = vec![format!("http/{version}").into_bytes()];
        let name = ServerName::try_from("localhost").unwrap();
        let stream = TcpStream::connect(address).await.unwrap();
        let mut client = TlsConnector::from(Arc::new(tls)).connect(name, stream).await.unwrap();
        let asked = format!("GET / HTTP/{version}\r\nhost: a\r\nconnection: close\r\n\r\n");
        client.write_all(asked.as_bytes()).await.unwrap();
        let mut answered = String::new();
        client.read_to_string(&mut answered).await.unwrap();
        assert!(answered.ends_with("served"), "{version}: {answered}");
    }
    stop.cancel();
}
