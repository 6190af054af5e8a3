//! Comparing and making secrets.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::SecretString;
use thiserror::Error;

/// The operating system gave no randomness.
#[derive(Debug, Error)]
#[error("the operating system's random generator failed")]
pub struct NoRandomness;

/// Whether two secrets are equal, in a time that tells nothing about where
/// they differ: digests are compared, so neither content nor length leaks.
pub fn equal(left: &[u8], right: &[u8]) -> bool {
    let left = digest(&SHA256, left);
    let right = digest(&SHA256, right);
    let difference =
        left.as_ref().iter().zip(right.as_ref()).fold(0_u8, |sum, (a, b)| sum | (a ^ b));
    std::hint::black_box(difference) == 0
}

/// A random text of letters, digits, `-` and `_` with 144 bits: a password
/// for a first administrator.
pub fn random_password() -> Result<SecretString, NoRandomness> {
    let mut bytes = [0_u8; 18];
    SystemRandom::new().fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes).into())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn equality_is_that_of_the_bytes() {
        assert!(equal(b"", b""));
        assert!(equal(b"secret", b"secret"));
        assert!(!equal(b"secret", b"secreT"));
        assert!(!equal(b"secret", b"secret "));
    }

    #[test]
    fn passwords_differ_and_are_long() {
        let (one, two) = (random_password().unwrap(), random_password().unwrap());
        assert_eq!(one.expose_secret().len(), 24);
        assert_ne!(one.expose_secret(), two.expose_secret());
    }
}
