//! Public keys that sign payloads, log entries and timestamps.

use std::fmt;

use palisade_api::Digest;
use ring::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use rustls_pki_types::SubjectPublicKeyInfoDer;
use rustls_pki_types::pem::PemObject as _;
use x509_parser::prelude::FromDer as _;
use x509_parser::x509::SubjectPublicKeyInfo;

const EC_PUBLIC_KEY: &str = "1.2.840.10045.2.1";
const P256: &str = "1.2.840.10045.3.1.7";
const P384: &str = "1.3.132.0.34";
const RSA: &str = "1.2.840.113549.1.1.1";
const ED25519: &str = "1.3.101.112";

/// A public key. With ECDSA and RSA the message's SHA-256 is signed.
#[derive(Clone)]
pub struct PublicKey {
    algorithm: &'static dyn VerificationAlgorithm,
    key: Vec<u8>,
    info: Vec<u8>,
}

impl PublicKey {
    /// The first key of a text in PEM.
    pub fn from_pem(text: &str) -> Option<Self> {
        let info = SubjectPublicKeyInfoDer::from_pem_slice(text.as_bytes()).ok()?;
        Self::from_der(&info)
    }

    /// A key as a certificate holds it (SubjectPublicKeyInfo).
    pub fn from_der(der: &[u8]) -> Option<Self> {
        let (rest, info) = SubjectPublicKeyInfo::from_der(der).ok()?;
        if !rest.is_empty() {
            return None;
        }
        let curve = || {
            let parameters = info.algorithm.parameters.as_ref()?;
            parameters.as_oid().ok().map(|oid| oid.to_id_string())
        };
        let algorithm: &'static dyn VerificationAlgorithm =
            match info.algorithm.algorithm.to_id_string().as_str() {
                EC_PUBLIC_KEY => match curve()?.as_str() {
                    P256 => &signature::ECDSA_P256_SHA256_ASN1,
                    P384 => &signature::ECDSA_P384_SHA256_ASN1,
                    _ => return None,
                },
                RSA => &signature::RSA_PKCS1_2048_8192_SHA256,
                ED25519 => &signature::ED25519,
                _ => return None,
            };
        let key = info.subject_public_key.data.to_vec();
        Some(Self { algorithm, key, info: der.to_vec() })
    }

    /// Whether `signature` is this key's on `message`.
    pub fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(self.algorithm, &self.key).verify(message, signature).is_ok()
    }

    /// The SHA-256 of the key as a certificate holds it, by which logs are
    /// named.
    pub fn id(&self) -> Digest {
        Digest::of(&self.info)
    }

    /// The key as a certificate holds it.
    pub(super) fn info(&self) -> &[u8] {
        &self.info
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PublicKey").field(&self.id()).finish()
    }
}
