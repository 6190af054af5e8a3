//! Signatures within our own messages, for the POST binding. By an address they
//! stand beside the message: [`super::binding`].

use ring::rsa::PublicKeyComponents;
use xml_sec::xmldsig::{
    SignContext, SignatureAlgorithm, SigningKey, SigningKeyError, SigningPublicKeyInfo,
};

use super::key_pair::{KeyPair, SIGNATURE_METHOD};
use super::{Result, SamlError, Step, ns};

/// What the standard wants a signature to stand behind.
const BEFORE: &str = "</saml:Issuer>";
const CANONICAL: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
const DIGEST: &str = "http://www.w3.org/2001/04/xmlenc#sha256";

impl SigningKey for KeyPair {
    fn sign(
        &self,
        algorithm: SignatureAlgorithm,
        canonical_signed_info: &[u8],
    ) -> std::result::Result<Vec<u8>, SigningKeyError> {
        if algorithm.uri() != SIGNATURE_METHOD {
            return Err(SigningKeyError::UnsupportedAlgorithm { uri: algorithm.uri().to_owned() });
        }
        Self::sign(self, canonical_signed_info).map_err(|_| SigningKeyError::SigningFailed)
    }

    fn public_key_info(&self) -> std::result::Result<SigningPublicKeyInfo, SigningKeyError> {
        let PublicKeyComponents { n: modulus, e: exponent } = self.public();
        let spki_der = self.public_key_der().to_vec();
        Ok(SigningPublicKeyInfo::Rsa { spki_der, modulus, exponent })
    }
}

/// The message `id` with a signature over all of it.
pub(super) fn signed(message: &str, id: &str, key_pair: &KeyPair) -> Result<String> {
    let failed = |reason: &dyn std::fmt::Display| SamlError::at(Step::KeyPair, reason);
    let (head, rest) =
        message.split_once(BEFORE).ok_or_else(|| failed(&"the message has no Issuer"))?;
    let signature = format!(
        "<ds:Signature xmlns:ds=\"{}\"><ds:SignedInfo><ds:CanonicalizationMethod \
         Algorithm=\"{CANONICAL}\"></ds:CanonicalizationMethod><ds:SignatureMethod \
         Algorithm=\"{SIGNATURE_METHOD}\"></ds:SignatureMethod><ds:Reference URI=\"#{id}\">\
         <ds:Transforms><ds:Transform Algorithm=\"{ENVELOPED}\"></ds:Transform><ds:Transform \
         Algorithm=\"{CANONICAL}\"></ds:Transform></ds:Transforms><ds:DigestMethod \
         Algorithm=\"{DIGEST}\"></ds:DigestMethod><ds:DigestValue></ds:DigestValue></ds:Reference>\
         </ds:SignedInfo><ds:SignatureValue></ds:SignatureValue><ds:KeyInfo><ds:X509Data>\
         <ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>",
        ns::SIGNATURE,
        key_pair.certificate_base64(),
    );
    SignContext::new(key_pair)
        .sign_template(&format!("{head}{BEFORE}{signature}{rest}"))
        .map_err(|error| failed(&error))
}
