//! Keys that providers publish: those that `openidconnect` verifies with, and those
//! of the curve P-521, which it knows and leaves out.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::core::{
    CoreJsonWebKey, CoreJsonWebKeyType, CoreJsonWebKeyUse, CoreJwsSigningAlgorithm,
};
use openidconnect::{JsonWebKey, JsonWebKeyAlgorithm, JsonWebKeyId, SignatureVerificationError};
use p521::ecdsa::signature::Verifier as _;
use p521::ecdsa::{Signature, VerifyingKey};
use serde::{Deserialize, Serialize};

/// First byte of a point that is not compressed.
const UNCOMPRESSED: u8 = 4;

/// A published key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct ProviderKey(CoreJsonWebKey);

impl ProviderKey {
    /// The key as one of the curve P-521; none where it is of another.
    fn on_p521(&self) -> Option<VerifyingKey> {
        // Its parts are shown to nobody but as they were published.
        let published = serde_json::to_value(&self.0).ok()?;
        let text = |name: &str| published.get(name)?.as_str();
        let part = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?).ok();
        if text("crv") != Some("P-521") {
            return None;
        }
        let point = [vec![UNCOMPRESSED], part("x")?, part("y")?].concat();
        VerifyingKey::from_sec1_bytes(&point).ok()
    }
}

impl JsonWebKey for ProviderKey {
    type KeyUse = CoreJsonWebKeyUse;
    type SigningAlgorithm = CoreJwsSigningAlgorithm;

    fn key_id(&self) -> Option<&JsonWebKeyId> {
        self.0.key_id()
    }

    fn key_type(&self) -> &CoreJsonWebKeyType {
        self.0.key_type()
    }

    fn key_use(&self) -> Option<&CoreJsonWebKeyUse> {
        self.0.key_use()
    }

    fn signing_alg(&self) -> JsonWebKeyAlgorithm<&CoreJwsSigningAlgorithm> {
        self.0.signing_alg()
    }

    fn new_symmetric(key: Vec<u8>) -> Self {
        Self(CoreJsonWebKey::new_symmetric(key))
    }

    /// Verifies with a key that fits the algorithm: others are not asked.
    fn verify_signature(
        &self,
        algorithm: &CoreJwsSigningAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureVerificationError> {
        if *algorithm != CoreJwsSigningAlgorithm::EcdsaP521Sha512 {
            return self.0.verify_signature(algorithm, message, signature);
        }
        let wrong = |text: &str| SignatureVerificationError::InvalidKey(text.to_owned());
        let key = self.on_p521().ok_or_else(|| wrong("it is no key of the curve P-521"))?;
        Signature::from_slice(signature)
            .and_then(|signature| key.verify(message, &signature))
            .map_err(|_| SignatureVerificationError::CryptoError("wrong signature".to_owned()))
    }

    fn hash_bytes(
        &self,
        bytes: &[u8],
        algorithm: &CoreJwsSigningAlgorithm,
    ) -> Result<Vec<u8>, String> {
        self.0.hash_bytes(bytes, algorithm)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const X: &str =
        "AXVkL_xcaTHfYm2pnfRN8dKu24CTFSQYrT4UA2Kw1koKMYjIsxvS4Dw9a8UOKm-1JYGXp3pkurpObqon8ZG8heHS";
    const Y: &str =
        "Ab-apmEdH-n4fB3S_H34h3XXiU3tbqSg7ne88v-OxB8ccDr4zf9rpea5aUfz2MVNWSUJz7mYnH1i1UjykICF7mbP";
    /// Of `coffee`.
    const SIGNATURE: &str = "AS0i63bbBM9WzBj9hkbrHvAMrIdKMKdebblK6BaTfOWhZuuxG243lNtYe03StMo0sLgR45eNEI593Fs69XssGVEoAFYyqr92stU4eiGD1N8kvb5KbrhFAmDR4t-UOPN4MWJTFiun9xp46jZqR4vI96BbwQybpcicsqg0y3ybfUsBD02I";

    fn verified(key: Value, message: &str, signature: &[u8]) -> bool {
        let key: ProviderKey = serde_json::from_value(key).unwrap();
        let algorithm = CoreJwsSigningAlgorithm::EcdsaP521Sha512;
        key.verify_signature(&algorithm, message.as_bytes(), signature).is_ok()
    }

    #[test]
    fn a_key_of_p521_verifies_what_it_signed_and_nothing_else() {
        let key = json!({ "kty": "EC", "crv": "P-521", "x": X, "y": Y });
        let signature = URL_SAFE_NO_PAD.decode(SIGNATURE).unwrap();
        assert!(verified(key.clone(), "coffee", &signature));
        assert!(!verified(key.clone(), "tea", &signature));
        for wrong in [&signature[1..], &[0; 132], &[]] {
            assert!(!verified(key.clone(), "coffee", wrong));
        }
        for (name, value) in [
            ("crv", json!("P-384")),
            ("crv", json!(null)),
            ("x", json!(null)),
            ("x", json!(Y)),
            ("y", json!("AA")),
        ] {
            let mut other = key.clone();
            other[name] = value;
            assert!(!verified(other.clone(), "coffee", &signature), "{other}");
        }
    }
}
