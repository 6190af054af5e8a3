//! Digests: what names content.

use std::fmt;
use std::str::FromStr;

use ring::digest::{self, Context, SHA256, SHA512};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A digest by SHA-256, or by SHA-512 where somebody else named an image or a part of one by
/// that. Its text form is 64 or 128 lower-case hex digits: the length tells the algorithm, as it
/// does of the bytes where they are stored.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Digest {
    /// By SHA-256.
    Sha256([u8; 32]),
    /// By SHA-512.
    Sha512([u8; 64]),
}

/// A text or bytes that are no digest.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("not a SHA-256 or SHA-512 digest (64 or 128 hex digits expected)")]
pub struct NotADigest;

impl Digest {
    /// The digest of `bytes` by SHA-256.
    pub fn of(bytes: &[u8]) -> Self {
        let digest = digest::digest(&SHA256, bytes);
        Self::Sha256(digest.as_ref().try_into().unwrap_or_default())
    }

    /// The digest of `bytes` by the algorithm of this one, to hold them against each other.
    #[must_use]
    pub fn same_of(&self, bytes: &[u8]) -> Self {
        let mut context = self.context();
        context.update(bytes);
        // What the algorithm gives has its length.
        Self::try_from(context.finish().as_ref()).unwrap_or(Self::Sha256([0; 32]))
    }

    /// Takes bytes a part at a time for a digest by the algorithm of this one.
    pub fn context(&self) -> Context {
        Context::new(match self {
            Self::Sha256(_) => &SHA256,
            Self::Sha512(_) => &SHA512,
        })
    }

    /// Wraps the 32 bytes of a SHA-256 digest made elsewhere.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self::Sha256(bytes)
    }

    /// The 32 or 64 bytes.
    pub const fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Sha256(bytes) => bytes,
            Self::Sha512(bytes) => bytes,
        }
    }

    /// What container registries call the algorithm.
    pub const fn algorithm(&self) -> &'static str {
        match self {
            Self::Sha256(_) => "sha256",
            Self::Sha512(_) => "sha512",
        }
    }

    /// The form that container registries use: the algorithm, a colon and hex digits.
    pub fn to_oci(self) -> String {
        format!("{}:{self}", self.algorithm())
    }

    /// What is attached to a manifest of this digest where a registry has no way of its own to
    /// tell: the tag has up to 64 digits.
    pub fn to_referrers_tag(self) -> String {
        format!("{}-{self:.64}", self.algorithm())
    }

    /// Reads the form that container registries use.
    pub fn from_oci(text: &str) -> Result<Self, NotADigest> {
        let (algorithm, hex) = text.split_once(':').ok_or(NotADigest)?;
        Self::from_algorithm(algorithm, hex)
    }

    /// Reads hex digits beside the name of their algorithm.
    pub fn from_algorithm(algorithm: &str, hex: &str) -> Result<Self, NotADigest> {
        let digest: Self = hex.parse()?;
        if digest.algorithm() == algorithm { Ok(digest) } else { Err(NotADigest) }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&hex::encode(self.as_bytes()))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl FromStr for Digest {
    type Err = NotADigest;

    fn from_str(text: &str) -> Result<Self, NotADigest> {
        let mut bytes = [0; 64];
        let bytes = bytes.get_mut(..text.len() / 2).ok_or(NotADigest)?;
        hex::decode_to_slice(text, bytes).map_err(|_| NotADigest)?;
        Self::try_from(&*bytes)
    }
}

impl TryFrom<&[u8]> for Digest {
    type Error = NotADigest;

    fn try_from(bytes: &[u8]) -> Result<Self, NotADigest> {
        let sha256 = bytes.try_into().map(Self::Sha256);
        sha256.or_else(|_| bytes.try_into().map(Self::Sha512)).map_err(|_| NotADigest)
    }
}

impl TryFrom<String> for Digest {
    type Error = NotADigest;

    fn try_from(text: String) -> Result<Self, NotADigest> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_tells_the_algorithm() {
        for (algorithm, digits) in [("sha256", 64), ("sha512", 128)] {
            let hex = "0a".repeat(digits / 2);
            let oci = format!("{algorithm}:{hex}");
            let digest = Digest::from_oci(&oci).unwrap();
            assert_eq!(digest.to_oci(), oci);
            assert_eq!(hex.parse(), Ok(digest));
            assert_eq!(Digest::try_from(digest.as_bytes()), Ok(digest));
            assert_eq!(Digest::try_from(String::from(digest)), Ok(digest));
            assert_eq!(digest.to_referrers_tag(), format!("{algorithm}-{}", "0a".repeat(32)));
            assert_ne!(digest.same_of(b""), digest);
            assert_eq!(digest.same_of(b"").algorithm(), algorithm);
        }
        assert_eq!(Digest::of(b"a"), Digest::of(b"").same_of(b"a"));
    }

    #[test]
    fn what_is_no_digest() {
        let (short, long) = ("a".repeat(64), "a".repeat(128));
        for text in [
            String::new(),
            short.clone(),
            format!("sha256:{long}"),
            format!("sha512:{short}"),
            format!("sha384:{}", "a".repeat(96)),
            format!("sha256:{}", "g".repeat(64)),
            format!("sha512:{long}aa"),
            format!("sha256:{short}a"),
        ] {
            assert_eq!(Digest::from_oci(&text), Err(NotADigest), "{text}");
        }
    }
}
