//! Assertions that are encrypted for us.

use std::collections::BTreeSet;

use xml_sec::policy::{DecryptionPolicy, XmlInputPolicy};
use xml_sec::xmlenc::{
    DataEncryptionAlgorithm, DecryptContext, DecryptedContent, KeyTransportAlgorithm,
};

use super::key_pair::KeyPair;
use super::xml::resources;
use super::{Result, SamlError, Step};

/// Whether somebody vouches for the ciphertext.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ciphertext {
    /// The provider signed the response around it.
    Signed,
    /// Nobody: it must prove itself. CBC does not, and who may send made-up
    /// ciphertexts learns the content of recorded ones by our answers.
    Unsigned,
}

/// Decrypts an `EncryptedData` element, given as text with its namespaces.
pub(super) fn decrypt(xml: &str, key_pair: &KeyPair, ciphertext: Ciphertext) -> Result<String> {
    let mut ciphers =
        BTreeSet::from([DataEncryptionAlgorithm::Aes128Gcm, DataEncryptionAlgorithm::Aes256Gcm]);
    if ciphertext == Ciphertext::Signed {
        ciphers.extend([DataEncryptionAlgorithm::Aes128Cbc, DataEncryptionAlgorithm::Aes256Cbc]);
    }
    let policy = DecryptionPolicy {
        data_algorithms: Some(ciphers),
        key_transport_algorithms: Some(BTreeSet::from([
            KeyTransportAlgorithm::RsaOaepMgf1p,
            KeyTransportAlgorithm::RsaOaep11,
        ])),
        xml: XmlInputPolicy { allow_internal_dtd: false },
        resources: resources(),
        ..DecryptionPolicy::default()
    };
    let resolver = key_pair.decryptor(&policy)?;
    let content = DecryptContext::new(resolver.as_ref())
        .policy(policy)
        .decrypt(xml)
        .map_err(|error| SamlError::at(Step::Decrypt, error))?;
    match content {
        DecryptedContent::Xml(xml) => Ok(xml),
        DecryptedContent::Bytes(bytes) => String::from_utf8(bytes)
            .map_err(|_| SamlError::at(Step::Decrypt, "what was encrypted is no text")),
    }
}
