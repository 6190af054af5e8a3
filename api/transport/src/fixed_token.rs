//! A token that was written into the configuration of primary and agents
//! beforehand. It pins no authority, since there was none when it was written:
//! instead the primary proves that it knows the token, and names the authority
//! that it speaks for, before the agent shows the token.
//!
//! Who stands in between can pass the question on, but the answer names the
//! authority of the true primary and not the one that the agent sees.

use std::fmt;
use std::str::FromStr;

use palisade_api::Digest;
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

/// Length of a UUID as text.
const LENGTH: usize = 36;
/// What keeps proofs apart from other uses of the token.
const PURPOSE: &[u8] = b"palisade fixed token: the primary";

/// A fixed token: a UUID as text, in lower case.
#[derive(Clone)]
pub struct FixedToken(SecretString);

/// A text that is not a fixed token. It is not repeated.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("not a fixed join token: a UUID of 36 characters is expected, as `uuidgen` makes it")]
pub struct NotAFixedToken;

/// The random question that a proof answers.
pub type Nonce = [u8; 32];

/// A question that nobody has asked before; none when the random generator
/// fails.
pub fn nonce() -> Option<Nonce> {
    let mut nonce = Nonce::default();
    SystemRandom::new().fill(&mut nonce).ok().map(|()| nonce)
}

impl fmt::Debug for FixedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FixedToken(..)")
    }
}

impl FromStr for FixedToken {
    type Err = NotAFixedToken;

    fn from_str(text: &str) -> Result<Self, NotAFixedToken> {
        let dash = |at| matches!(at, 8 | 13 | 18 | 23);
        let fits = |(at, c): (usize, char)| match c {
            '-' => dash(at),
            c => c.is_ascii_hexdigit() && !dash(at),
        };
        if text.len() != LENGTH || !text.char_indices().all(fits) {
            return Err(NotAFixedToken);
        }
        Ok(Self(text.to_ascii_lowercase().into()))
    }
}

impl FixedToken {
    /// What the agent shows when it joins.
    pub fn ticket(&self) -> &SecretString {
        &self.0
    }

    /// What names the token to whoever knows it.
    pub fn ticket_digest(&self) -> Digest {
        Digest::of(self.0.expose_secret().as_bytes())
    }

    /// The primary's proof that it knows the token and speaks for `authority`
    /// (the SHA-256 of its certificate).
    pub fn prove(&self, nonce: &[u8], authority: Digest) -> Vec<u8> {
        let tag = hmac::sign(&self.key(), &said(nonce, authority));
        tag.as_ref().to_vec()
    }

    /// Whether one of `proofs` is the primary's, for `authority`.
    pub fn is_proven(&self, proofs: &[impl AsRef<[u8]>], nonce: &Nonce, authority: Digest) -> bool {
        let (key, said) = (self.key(), said(nonce, authority));
        proofs.iter().any(|proof| hmac::verify(&key, &said, proof.as_ref()).is_ok())
    }

    fn key(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, self.0.expose_secret().as_bytes())
    }
}

fn said(nonce: &[u8], authority: Digest) -> Vec<u8> {
    [PURPOSE, authority.as_bytes(), nonce].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "6f9619ff-8b86-d011-b42d-00c04fc964ff";

    #[test]
    fn only_uuids_are_tokens_and_none_shows_itself() {
        let token: FixedToken = ONE.to_uppercase().parse().unwrap();
        assert_eq!(token.ticket().expose_secret(), ONE);
        assert!(!format!("{token:?}").contains("6f96"));
        for text in ["", "6f9619ff8b86d011b42d00c04fc964ff", &ONE.replace('f', "x"), &ONE[1..]] {
            assert_eq!(text.parse::<FixedToken>().unwrap_err(), NotAFixedToken, "{text}");
        }
    }

    #[test]
    fn a_proof_counts_for_one_question_one_authority_and_one_token() {
        let token: FixedToken = ONE.parse().unwrap();
        let other: FixedToken = ONE.replace('6', "7").parse().unwrap();
        let (here, there) = (Digest::of(b"here"), Digest::of(b"there"));
        let (asked, before) = ([1; 32], [2; 32]);
        let proofs = [token.prove(&asked, there), token.prove(&asked, here)];
        assert!(token.is_proven(&proofs, &asked, here));
        assert!(!token.is_proven(&proofs[..1], &asked, here), "of another authority");
        assert!(!token.is_proven(&proofs, &before, here), "of another question");
        assert!(!other.is_proven(&proofs, &asked, here), "of another token");
    }
}
