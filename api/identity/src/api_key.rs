//! Secrets of API keys: so random that one round of SHA-256 keeps them, and
//! checking one costs nothing with each call.

use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::{ExposeSecret as _, SecretString};

use crate::secret::{self, NoRandomness};

/// Characters of a secret; 64 of them hold 380 bits.
const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const SECRET_CHARS: usize = 64;
/// Longer texts are not hashed.
const MAX_SECRET_BYTES: usize = 256;

/// What is stored of a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKeyHash([u8; 32]);

impl std::fmt::Debug for ApiKeyHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ApiKeyHash(..)")
    }
}

impl ApiKeyHash {
    /// The hash of `secret`.
    pub fn of(secret: &SecretString) -> Self {
        let mut bytes = [0_u8; 32];
        bytes.copy_from_slice(digest(&SHA256, secret.expose_secret().as_bytes()).as_ref());
        Self(bytes)
    }

    /// Wraps a stored hash; none where it has another length.
    pub fn from_stored(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The hash, to be stored.
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether `secret` is the one, in a time that tells nothing.
    pub fn is_of(&self, secret: &SecretString) -> bool {
        secret.expose_secret().len() <= MAX_SECRET_BYTES
            && secret::equal(&self.0, &Self::of(secret).0)
    }
}

/// A new secret.
pub fn generate() -> Result<SecretString, NoRandomness> {
    let random = SystemRandom::new();
    let mut secret = String::with_capacity(SECRET_CHARS);
    let mut bytes = [0_u8; SECRET_CHARS];
    while secret.len() < SECRET_CHARS {
        random.fill(&mut bytes).map_err(|_| NoRandomness)?;
        // 248 is the greatest multiple of 62 in a byte: what is above would
        // make some characters likelier than others.
        let fair = bytes.iter().filter(|byte| **byte < 248);
        let chars = fair.map(|byte| char::from(ALPHABET[usize::from(byte % 62)]));
        secret.extend(chars.take(SECRET_CHARS - secret.len()));
    }
    Ok(secret.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_secret_itself_is_accepted() {
        let (one, two) = (generate().unwrap(), generate().unwrap());
        assert_eq!(one.expose_secret().len(), SECRET_CHARS);
        let hash = ApiKeyHash::of(&one);
        assert!(hash.is_of(&one));
        assert!(!hash.is_of(&two));
        assert!(!hash.is_of(&"".into()));
        assert_eq!(ApiKeyHash::from_stored(hash.as_bytes()), Some(hash.clone()));
        assert_eq!(ApiKeyHash::from_stored(&hash.as_bytes()[1..]), None);
        assert_eq!(format!("{hash:?}"), "ApiKeyHash(..)");
    }
}
