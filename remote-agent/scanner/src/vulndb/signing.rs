//! Who made a database: keys of Ed25519, in the files that `openssl genpkey
//! -algorithm ed25519` and `openssl pkey -pubout` write too.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;
use thiserror::Error;

/// What stands before a raw key in its SubjectPublicKeyInfo (RFC 8410).
const SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// What is signed begins so, lest the key be used for something else.
const PURPOSE: &[u8] = b"palisade vulnerability database\0";

/// A key file that cannot be used.
#[derive(Debug, Error)]
pub enum KeyError {
    /// The file cannot be read or written.
    #[error("cannot use the key {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It holds something else.
    #[error("{} holds no Ed25519 key in PEM", .0.display())]
    Foreign(PathBuf),
    /// The system gives no randomness.
    #[error("cannot make a key: the system gives no randomness")]
    Randomness,
}

/// The key that signs databases.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    /// The file of its public half.
    public_at: PathBuf,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SigningKey").field(&self.public()).finish()
    }
}

impl SigningKey {
    /// Reads the key of the file, or makes one there that only its owner can
    /// read. Its public half is written beside it with the ending `.pub`: at once where there is
    /// none, else with the first database that it signs.
    pub fn at(path: &Path) -> Result<Self, KeyError> {
        let pair = match fs::read(path) {
            Ok(pem) => Self::parse(&pem).ok_or_else(|| KeyError::Foreign(path.to_owned()))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::create(path)?,
            Err(source) => return Err(KeyError::File { path: path.to_owned(), source }),
        };
        let key = Self { pair, public_at: public_path(path) };
        if !key.public_at.exists() {
            key.publish()?;
        }
        Ok(key)
    }

    /// Writes the public half. Until then what the key before has signed is trusted.
    pub(super) fn publish(&self) -> Result<(), KeyError> {
        let (path, pem) = (&self.public_at, self.public().to_pem());
        if fs::read(path).ok().as_deref() == Some(pem.as_bytes()) {
            return Ok(());
        }
        fs::write(path, pem).map_err(|source| KeyError::File { path: path.clone(), source })
    }

    fn create(path: &Path) -> Result<Ed25519KeyPair, KeyError> {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new())
            .map_err(|_| KeyError::Randomness)?;
        let write = || {
            let mut file =
                OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
            file.write_all(pem("PRIVATE KEY", document.as_ref()).as_bytes())?;
            file.sync_all()
        };
        write().map_err(|source| KeyError::File { path: path.to_owned(), source })?;
        Ed25519KeyPair::from_pkcs8(document.as_ref())
            .map_err(|_| KeyError::Foreign(path.to_owned()))
    }

    fn parse(pem: &[u8]) -> Option<Ed25519KeyPair> {
        let der = PrivatePkcs8KeyDer::from_pem_slice(pem).ok()?;
        // Other programs leave the public half out.
        Ed25519KeyPair::from_pkcs8_maybe_unchecked(der.secret_pkcs8_der()).ok()
    }

    /// The half that verifies.
    pub fn public(&self) -> PublicKey {
        let mut key = [0; 32];
        for (to, from) in key.iter_mut().zip(self.pair.public_key().as_ref()) {
            *to = *from;
        }
        PublicKey(key)
    }

    /// The signature of a database whose content before its last 128 bytes has
    /// this SHA-256.
    pub fn sign(&self, digest: &[u8]) -> [u8; 64] {
        let mut signature = [0; 64];
        let made = self.pair.sign(&[PURPOSE, digest].concat());
        for (to, from) in signature.iter_mut().zip(made.as_ref()) {
            *to = *from;
        }
        signature
    }
}

/// The key that verifies databases.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// The key of 32 bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads a key file.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let text = fs::read_to_string(path)
            .map_err(|source| KeyError::File { path: path.to_owned(), source })?;
        text.parse().map_err(|NoKey| KeyError::Foreign(path.to_owned()))
    }

    pub(super) fn to_pem(self) -> String {
        pem("PUBLIC KEY", &[SPKI.as_slice(), &self.0].concat())
    }

    pub(super) fn verifies(&self, digest: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.0)
            .verify(&[PURPOSE, digest].concat(), signature)
            .is_ok()
    }
}

/// A text that is no public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("no Ed25519 public key in PEM")]
pub struct NoKey;

impl FromStr for PublicKey {
    type Err = NoKey;

    fn from_str(text: &str) -> Result<Self, NoKey> {
        let der = rustls_pki_types::SubjectPublicKeyInfoDer::from_pem_slice(text.as_bytes())
            .map_err(|_| NoKey)?;
        let raw = der.strip_prefix(&SPKI).ok_or(NoKey)?;
        raw.try_into().map(Self).map_err(|_| NoKey)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

/// The place of the public half of the key at `path`.
pub fn public_path(path: &Path) -> PathBuf {
    ending(path, ".pub")
}

/// The place of the key that signs the database at `path`, unless another is
/// named.
pub fn key_path(path: &Path) -> PathBuf {
    ending(path, ".key")
}

fn ending(path: &Path, end: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(end);
    path.into()
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    for line in text.as_bytes().chunks(64) {
        pem.push_str(&String::from_utf8_lossy(line));
        pem.push('\n');
    }
    pem + &format!("-----END {label}-----\n")
}
