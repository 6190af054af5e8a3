//! TLS to servers of others: directories, for example. The system's roots
//! vouch for them, and certificates that an operator names beside.

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use thiserror::Error;

/// No TLS can be had.
#[derive(Debug, Error)]
pub enum OutgoingTlsError {
    /// A named certificate is none.
    #[error("a certificate that shall vouch for the server cannot be used: {0}")]
    Certificate(rustls::Error),
    /// Nothing vouches for anybody.
    #[error("the system has no root certificates, and none are named")]
    NoRoots,
    /// The provider of cryptography lacks something.
    #[error("TLS cannot be set up: {0}")]
    Setup(rustls::Error),
}

/// A configuration that verifies servers by the system's roots and by `own`.
pub fn outgoing_tls(own: Vec<CertificateDer<'static>>) -> Result<ClientConfig, OutgoingTlsError> {
    let mut roots = RootCertStore::empty();
    // What the system holds and cannot be read vouches for nobody.
    let (_added, _ignored) =
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    for certificate in own {
        roots.add(certificate).map_err(OutgoingTlsError::Certificate)?;
    }
    if roots.is_empty() {
        return Err(OutgoingTlsError::NoRoots);
    }
    Ok(ClientConfig::builder_with_provider(crate::provider())
        .with_safe_default_protocol_versions()
        .map_err(OutgoingTlsError::Setup)?
        .with_root_certificates(roots)
        .with_no_client_auth())
}
