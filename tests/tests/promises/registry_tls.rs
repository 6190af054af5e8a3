//! Registries whose TLS is not what most have.

use std::convert::Infallible;
use std::future::ready;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Result, ensure};
use axum::Router;
use axum::response::Redirect;
use bytes::Bytes;
use http::{Request, Response, StatusCode, Uri, Version};
use http_body_util::Empty;
use hyper::body::Incoming;
use palisade_tests::certificates::Certificates;
use palisade_tests::process::Launch;
use palisade_tests::{Registry, programs};
use palisade_transport::server::{self, Limits, ListenerCertificate};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

/// What is told of an image that an empty registry is asked for.
const ASKED: &str = "does not exist";

/// Asks a registry for an image; `told` is what is said then.
async fn scan(registry: &str, variable: &str, value: &str, told: &str) -> Result<()> {
    let finished = Launch::new("scan", programs::agent()?)
        .args(["scan", &format!("{registry}/shop/orders:v1"), "--scanners", "secret"])
        .env(variable, value)
        .run(Duration::from_mins(1))
        .await?;
    ensure!(finished.status.code() == Some(1), "{variable}={value}: {}", finished.status);
    ensure!(finished.stderr.contains(told), "{variable}={value}: {}", finished.stderr);
    Ok(())
}

/// The system does not know the authorities that companies have of their own.
#[tokio::test]
async fn a_registry_with_a_certificate_of_a_private_authority_is_read_where_that_is_named()
-> Result<()> {
    let (keys, named) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let certificates = Certificates::make(keys.path())?;
    std::fs::copy(&certificates.authority_file, named.path().join("shop.pem"))?;
    let registry = Registry::start_with(&certificates).await?;
    let folders = format!("/etc/ssl/certs:{}", named.path().display());
    for (variable, value, told) in [
        (
            "SSL_CERT_DIR",
            "/etc/ssl/certs".to_owned(),
            "name authorities of your own by SSL_CERT_FILE",
        ),
        ("SSL_CERT_DIR", folders, ASKED),
        ("SSL_CERT_FILE", certificates.authority_file.display().to_string(), ASKED),
    ] {
        scan(&registry.address().to_string(), variable, &value, told).await?;
    }
    Ok(())
}

/// As `openssl req -x509` makes it, and as clients in Go take it.
#[tokio::test]
async fn a_registry_whose_certificate_is_its_own_authority_is_read_where_that_is_named()
-> Result<()> {
    let (keys, others) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let certificates = Certificates::make_one(keys.path())?;
    let other = Certificates::make_one(others.path())?;
    let registry = Registry::start_with(&certificates).await?;
    for (file, told) in [
        (&certificates.authority_file, ASKED),
        (&other.authority_file, "name this very certificate by SSL_CERT_FILE"),
    ] {
        let file = file.display().to_string();
        scan(&registry.address().to_string(), "SSL_CERT_FILE", &file, told).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_registry_that_speaks_http2_alone_is_asked() -> Result<()> {
    let keys = tempfile::tempdir()?;
    let certificates = Certificates::make(keys.path())?;
    let (address, _stop) = empty_by_http2(&certificates).await?;
    let authority = certificates.authority_file.display().to_string();
    scan(&address.to_string(), "SSL_CERT_FILE", &authority, ASKED).await
}

/// Many a registry within a network has no TLS, and its layers lie where there is.
#[tokio::test]
async fn a_registry_without_tls_may_lead_to_a_server_that_has_it() -> Result<()> {
    let keys = tempfile::tempdir()?;
    let certificates = Certificates::make(keys.path())?;
    let (store, _stop) = empty_by_http2(&certificates).await?;
    let there = move |uri: Uri| ready(Redirect::temporary(&format!("https://{store}{uri}")));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let registry = listener.local_addr()?;
    let router = Router::new().fallback(there);
    let serving = tokio::spawn(async move { axum::serve(listener, router).await });
    let authority = certificates.authority_file.display().to_string();
    scan(&format!("http://{registry}"), "SSL_CERT_FILE", &authority, ASKED).await?;
    serving.abort();
    Ok(())
}

/// Starts a registry of HTTP/2 without anything in it.
async fn empty_by_http2(certificates: &Certificates) -> Result<(SocketAddr, DropGuard)> {
    let Certificates { certificate, key, .. } = certificates;
    let tls = server::public_config(ListenerCertificate::from_files(certificate, key)?)?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let stop = CancellationToken::new();
    let answer = tower::service_fn(|request: Request<Incoming>| {
        let mut answer = Response::new(Empty::<Bytes>::new());
        *answer.status_mut() = match request.version() {
            Version::HTTP_2 => StatusCode::NOT_FOUND,
            _ => StatusCode::HTTP_VERSION_NOT_SUPPORTED,
        };
        ready(Ok::<_, Infallible>(answer))
    });
    tokio::spawn(server::serve(listener, tls, answer, Limits::PUBLIC, stop.clone()));
    Ok((address, stop.drop_guard()))
}
