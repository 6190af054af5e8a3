//! Our own certificate and key.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::rsa::{KeyPair as RsaKeyPair, PublicKeyComponents};
use ring::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;
use xml_sec::key_manager::{KeyInventory, KeyUsages};
use xml_sec::policy::DecryptionPolicy;
use xml_sec::xmlenc::DecryptionKeyResolver;

use super::{Result, SamlError, Step};
use crate::identity::directory::certificates;

/// What our signatures are made with.
pub(super) const SIGNATURE_METHOD: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";

/// Our certificate with its key, which signs what we say and decrypts what is
/// said to us.
pub(in crate::identity) struct KeyPair {
    certificate: Vec<u8>,
    key: RsaKeyPair,
    public_der: Vec<u8>,
    private: PrivateKeyDer<'static>,
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyPair").finish_non_exhaustive()
    }
}

fn failed(reason: impl fmt::Display) -> SamlError {
    SamlError::at(Step::KeyPair, reason)
}

impl KeyPair {
    /// Reads both in PEM; the key must be that of the certificate.
    pub(in crate::identity) fn read(certificate: &str, key: &str) -> Result<Self> {
        let found = certificates(certificate)
            .ok()
            .and_then(|all| all.into_iter().next())
            .ok_or_else(|| failed("signing_cert is no certificate in PEM"))?;
        let private = PrivateKeyDer::from_pem_slice(key.as_bytes())
            .map_err(|_| failed("signing_key is no private key in PEM"))?;
        let key = match &private {
            PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
            _ => return Err(failed("signing_key is no RSA key")),
        }
        .map_err(|error| failed(format_args!("signing_key is no RSA key that is used: {error}")))?;
        let (_, parsed) =
            X509Certificate::from_der(&found).map_err(|_| failed("signing_cert is malformed"))?;
        if parsed.public_key().subject_public_key.data.as_ref() != key.public_key().as_ref() {
            return Err(failed("signing_key is not the key of signing_cert"));
        }
        let public_der = parsed.public_key().raw.to_vec();
        Ok(Self { certificate: found.to_vec(), key, public_der, private })
    }

    /// The certificate as metadata and signatures carry it.
    pub(super) fn certificate_base64(&self) -> String {
        STANDARD.encode(&self.certificate)
    }

    /// The public key as certificates carry it.
    pub(super) fn public_key_der(&self) -> &[u8] {
        &self.public_der
    }

    /// The numbers of the public key.
    pub(super) fn public(&self) -> PublicKeyComponents<Vec<u8>> {
        self.key.public().into()
    }

    /// Signs with [`SIGNATURE_METHOD`].
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| failed("signing failed"))?;
        Ok(signature)
    }

    /// What decrypts with the key.
    pub(super) fn decryptor(
        &self,
        policy: &DecryptionPolicy,
    ) -> Result<Box<dyn DecryptionKeyResolver>> {
        const NAME: &str = "own";
        let mut inventory = KeyInventory::default();
        let (der, resources) = (self.private.secret_der(), &policy.resources);
        inventory
            .add_private_der(NAME.to_owned(), der, None, KeyUsages::DECRYPT, resources)
            .map_err(failed)?;
        inventory.decryption_resolver(NAME, policy).map_err(failed)
    }
}
