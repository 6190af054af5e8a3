//! TLS to registries: whom they may be vouched for by.

use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, RootCertStore,
    SignatureScheme,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use super::access::RegistryAccess;
use super::error::RegistryError;

/// How connections to the registry, and to where it leads, are made.
pub(super) fn config(access: &RegistryAccess) -> Result<ClientConfig, RegistryError> {
    let setup = |error: Error| RegistryError::Setup(error.to_string());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = Verifier {
        provider: Arc::clone(&provider),
        extra_roots: access.extra_roots.clone(),
        trust: OnceLock::new(),
    };
    let mut tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(setup)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(tls)
}

/// Verifies chains to what is trusted, and takes a server's certificate that is trusted itself
/// and is an authority's: many who sign their own make it so, and for other clients it is enough
/// that they know the very certificate.
#[derive(Debug)]
struct Verifier {
    provider: Arc<CryptoProvider>,
    extra_roots: Vec<CertificateDer<'static>>,
    /// Read with the first handshake: without TLS in sight the time for it is saved, and a
    /// registry without it may lead to a server that has it.
    trust: OnceLock<Result<Trust, Error>>,
}

/// Who is trusted.
#[derive(Debug)]
struct Trust {
    chains: Arc<WebPkiServerVerifier>,
    certificates: Vec<CertificateDer<'static>>,
}

impl Verifier {
    fn trust(&self) -> Result<&Trust, Error> {
        let read = || {
            // What the system trusts; certificates it cannot read are skipped.
            let mut certificates = rustls_native_certs::load_native_certs().certs;
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(certificates.iter().cloned());
            for root in &self.extra_roots {
                roots.add(root.clone())?;
            }
            certificates.extend_from_slice(&self.extra_roots);
            Trust::of(roots, certificates, &self.provider)
        };
        self.trust.get_or_init(read).as_ref().map_err(Clone::clone)
    }
}

impl Trust {
    fn of(
        roots: RootCertStore,
        certificates: Vec<CertificateDer<'static>>,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, Error> {
        let provider = Arc::clone(provider);
        let chains = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            // There is none to trust.
            .map_err(|_| Error::InvalidCertificate(CertificateError::UnknownIssuer))?;
        Ok(Self { chains, certificates })
    }

    fn is_in(&self, certificate: &CertificateDer<'_>) -> bool {
        self.certificates.iter().any(|one| one[..] == certificate[..])
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let trust = self.trust()?;
        let verified = trust.chains.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        match verified {
            // That it is valid by now was found out before; whose key it is, the handshake tells.
            Err(error) if is_authority(&error) && trust.is_in(end_entity) => {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.trust()?.chains.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.trust()?.chains.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Whether all that is wrong with a server's certificate, as far as was looked, is that it is an
/// authority's.
fn is_authority(error: &Error) -> bool {
    let Error::InvalidCertificate(CertificateError::Other(OtherError(cause))) = error else {
        return false;
    };
    cause.downcast_ref::<webpki::Error>() == Some(&webpki::Error::CaUsedAsEndEntity)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};

    use super::*;

    /// An authority that is a server, too.
    fn itself(key: &KeyPair) -> CertificateDer<'static> {
        let mut params = CertificateParams::new(vec!["registry.example".to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2040, 1, 1);
        params.self_signed(key).unwrap().der().clone()
    }

    #[test]
    fn an_authority_is_taken_for_a_server_where_that_very_certificate_is_trusted() {
        let key = KeyPair::generate().unwrap();
        let (trusted, other) = (itself(&key), itself(&KeyPair::generate().unwrap()));
        let mut roots = RootCertStore::empty();
        roots.add(trusted.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let trust = Trust::of(roots, vec![trusted.clone()], &provider);
        let verifier = Verifier { provider, extra_roots: Vec::new(), trust: trust.into() };
        // Of the same key, and not the one that was named.
        let again = itself(&key);
        assert_ne!(again, trusted);
        let year = |years: u64| UnixTime::since_unix_epoch(Duration::from_hours(years * 8_766));
        for (certificate, name, now, expected) in [
            (&trusted, "registry.example", year(56), "Ok"),
            (&trusted, "other.example", year(56), "NotValidForName"),
            (&trusted, "registry.example", year(71), "Expired"),
            (&trusted, "registry.example", year(40), "NotValidYet"),
            (&again, "registry.example", year(56), "CaUsedAsEndEntity"),
            (&other, "registry.example", year(56), "CaUsedAsEndEntity"),
        ] {
            let name = ServerName::try_from(name).unwrap();
            let verdict = verifier.verify_server_cert(certificate, &[], &name, &[], now);
            let told = format!("{verdict:?}");
            assert!(told.contains(expected), "{name:?} {now:?}: {told}");
            assert_eq!(verdict.is_ok(), expected == "Ok", "{name:?} {now:?}: {told}");
        }
    }
}
