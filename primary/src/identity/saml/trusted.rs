//! The keys that a provider signs with: those of the configured certificates,
//! never those that a message brings along.

use chrono::{DateTime, Utc};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, UnparsedPublicKey,
    VerificationAlgorithm,
};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;
use x509_parser::public_key::PublicKey;
use xml_sec::xmldsig::{DsigError, SignatureAlgorithm, VerifyingKey};

use super::{Result, SamlError, SamlSettings, Step};
use crate::identity::directory::certificates;

/// The public keys of a provider.
#[derive(Debug)]
pub(super) struct Trusted(Vec<Key>);

#[derive(Debug)]
struct Key {
    kind: KeyKind,
    bytes: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyKind {
    Rsa,
    P256,
    P384,
}

/// What a certificate says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateInfo {
    /// The certificate in PEM.
    pub pem: String,
    /// The common name of who vouches for it.
    pub issuer_cn: String,
    /// Its own common name.
    pub subject_cn: String,
    /// When it ends.
    pub not_after: DateTime<Utc>,
}

impl Trusted {
    /// The keys of the certificates in the settings.
    pub(super) fn of(settings: &SamlSettings) -> Result<Self> {
        let mut keys = Vec::new();
        for pem in settings.certificates() {
            for der in der(pem)? {
                keys.push(key(&der)?);
            }
        }
        Ok(Self(keys))
    }

    /// Whether one of the keys made the signature of these bytes.
    pub(super) fn signed(
        &self,
        algorithm: SignatureAlgorithm,
        data: &[u8],
        signature: &[u8],
    ) -> bool {
        let Some((kind, algorithm)) = verification(algorithm) else { return false };
        self.0.iter().filter(|key| key.kind == kind).any(|key| {
            UnparsedPublicKey::new(algorithm, &key.bytes).verify(data, signature).is_ok()
        })
    }
}

impl VerifyingKey for Trusted {
    fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        signed_data: &[u8],
        signature_value: &[u8],
    ) -> std::result::Result<bool, DsigError> {
        Ok(self.signed(algorithm, signed_data, signature_value))
    }
}

/// The methods that count: none with SHA-1, none with a shared secret.
fn verification(
    algorithm: SignatureAlgorithm,
) -> Option<(KeyKind, &'static dyn VerificationAlgorithm)> {
    Some(match algorithm {
        SignatureAlgorithm::RsaSha256 => (KeyKind::Rsa, &RSA_PKCS1_2048_8192_SHA256),
        SignatureAlgorithm::RsaSha384 => (KeyKind::Rsa, &RSA_PKCS1_2048_8192_SHA384),
        SignatureAlgorithm::RsaSha512 => (KeyKind::Rsa, &RSA_PKCS1_2048_8192_SHA512),
        SignatureAlgorithm::EcdsaSha256 => (KeyKind::P256, &ECDSA_P256_SHA256_FIXED),
        SignatureAlgorithm::EcdsaSha384 => (KeyKind::P384, &ECDSA_P384_SHA384_FIXED),
        _ => return None,
    })
}

fn failed(reason: impl std::fmt::Display) -> SamlError {
    SamlError::at(Step::Certificate, reason)
}

fn der(pem: &str) -> Result<Vec<Vec<u8>>> {
    let found = certificates(pem).map_err(|_| failed("it is no certificate in PEM"))?;
    if found.is_empty() {
        return Err(failed("there is no certificate in PEM"));
    }
    Ok(found.into_iter().map(|der| der.to_vec()).collect())
}

fn key(der: &[u8]) -> Result<Key> {
    let (_, certificate) =
        X509Certificate::from_der(der).map_err(|_| failed("the certificate is malformed"))?;
    let public = certificate.public_key();
    let kind = match public.parsed() {
        Ok(PublicKey::RSA(rsa)) if rsa.key_size() >= 2_048 => KeyKind::Rsa,
        Ok(PublicKey::RSA(_)) => return Err(failed("an RSA key has 2048 bits at least")),
        Ok(PublicKey::EC(point)) if point.key_size() == 256 => KeyKind::P256,
        Ok(PublicKey::EC(point)) if point.key_size() == 384 => KeyKind::P384,
        _ => return Err(failed("the key is neither RSA nor of the curves P-256 and P-384")),
    };
    Ok(Key { kind, bytes: public.subject_public_key.data.to_vec() })
}

/// What the certificates of a text in PEM say of themselves.
pub fn certificate_info(pem: &str) -> Result<Vec<CertificateInfo>> {
    let common_name = |name: &x509_parser::x509::X509Name<'_>| {
        let found = name.iter_common_name().next();
        found.and_then(|name| name.as_str().ok()).unwrap_or_default().to_owned()
    };
    der(pem)?
        .iter()
        .map(|der| {
            let (_, certificate) = X509Certificate::from_der(der)
                .map_err(|_| failed("the certificate is malformed"))?;
            let not_after = certificate.validity().not_after.timestamp();
            Ok(CertificateInfo {
                pem: pem.to_owned(),
                issuer_cn: common_name(certificate.issuer()),
                subject_cn: common_name(certificate.subject()),
                not_after: DateTime::from_timestamp(not_after, 0).unwrap_or_default(),
            })
        })
        .collect()
}
