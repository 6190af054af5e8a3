//! What listeners of the REST API show of their certificate.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;

use chrono::{TimeDelta, Utc};
use palisade_transport::authority::Authority;
use palisade_transport::client::outgoing_tls;
use palisade_transport::server::{ListenerCertificate, public_config};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// The certificates that a client is shown who trusts `authority`.
async fn shown(
    chain: Vec<CertificateDer<'static>>,
    key: &PrivateKeyDer<'static>,
    authority: &Authority,
) -> Vec<CertificateDer<'static>> {
    let certificate = ListenerCertificate::new(chain, key).unwrap();
    let acceptor = TlsAcceptor::from(public_config(certificate).unwrap());
    let trusting = outgoing_tls(vec![authority.certificate().clone()]).unwrap();
    let connector = TlsConnector::from(Arc::new(trusting));
    let (near, far) = tokio::io::duplex(1 << 16);
    let name = ServerName::try_from("localhost").unwrap();
    let (accepted, connected) = tokio::join!(acceptor.accept(far), connector.connect(name, near));
    accepted.unwrap();
    connected.unwrap().get_ref().1.peer_certificates().unwrap().to_vec()
}

#[tokio::test]
async fn a_root_is_not_sent_along() {
    palisade_transport::install_crypto_provider();
    let authority = Authority::create(Utc::now()).unwrap();
    let names = ["localhost".to_owned()];
    let server = authority.issue_server(&names, Utc::now(), TimeDelta::days(1)).unwrap();
    let chain = server.issued.chain.clone();
    assert_eq!(chain.len(), 2);
    // Clients that take any self-signed certificate take a chain of one.
    assert_eq!(shown(chain.clone(), &server.key, &authority).await, chain[..1]);
    assert_eq!(shown(chain[..1].to_vec(), &server.key, &authority).await, chain[..1]);
    // What is no root is sent.
    let with_more = vec![chain[0].clone(), chain[0].clone()];
    assert_eq!(shown(with_more.clone(), &server.key, &authority).await, with_more);
}
