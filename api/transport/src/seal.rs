//! Sealing of secrets at rest, with a key that is not kept beside them.

use std::fmt;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use thiserror::Error;

/// First byte of everything sealed: AES-256-GCM, a random nonce in front.
const FORMAT: u8 = 1;
const KEY_LEN: usize = 32;

/// A sealing key that cannot be had, or a sealed value that cannot be opened.
#[derive(Debug, Error)]
pub enum SealError {
    /// The key is not 32 bytes of base64 or hex.
    #[error("the sealing key must be 32 bytes, as 64 hex digits or as base64")]
    MalformedKey,
    /// The key file is readable for others than its owner.
    #[error("{path} holds the sealing key and must have mode 0600, not {mode:04o}")]
    ExposedKeyFile {
        /// The key file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The key file cannot be read or written.
    #[error("sealing key file {path}: {source}")]
    KeyFile {
        /// The key file.
        path: PathBuf,
        /// What failed.
        source: std::io::Error,
    },
    /// The value was sealed with another key, for another purpose, or damaged.
    #[error("cannot open the sealed {purpose}: another sealing key, or damaged data")]
    CannotOpen {
        /// What the value was said to be.
        purpose: String,
    },
    /// The cryptographic library failed.
    #[error("the cryptographic library failed while sealing")]
    Crypto,
}

/// Seals and opens secrets. A sealed value is bound to the purpose it was
/// sealed for, so that one cannot stand in for another.
pub struct Sealer(LessSafeKey);

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer")
    }
}

impl Sealer {
    /// Takes the key from text: 64 hex digits or base64 of 32 bytes.
    pub fn from_text(text: &SecretString) -> Result<Self, SealError> {
        let text = text.expose_secret().trim();
        let key = decode_hex(text).or_else(|| STANDARD.decode(text).ok());
        Self::from_key(&key.ok_or(SealError::MalformedKey)?)
    }

    /// Takes the key from the file at `path`; makes the file with a new key,
    /// for its owner alone, where there is none.
    pub fn from_key_file(path: &Path) -> Result<Self, SealError> {
        let failed = |source| SealError::KeyFile { path: path.to_owned(), source };
        match Self::read_key_file(path) {
            Err(SealError::KeyFile { source, .. })
                if source.kind() == std::io::ErrorKind::NotFound => {}
            read => return read,
        }
        let mut key = [0; KEY_LEN];
        SystemRandom::new().fill(&mut key).map_err(|_| SealError::Crypto)?;
        // Written aside and linked into place: of two programs that start at
        // once, both end up with the key of the first.
        let folder = path.parent().unwrap_or(Path::new("."));
        let aside = folder.join(format!(".sealing-key.{}", std::process::id()));
        let written = write_private(&aside, STANDARD.encode(key).as_bytes())
            .and_then(|()| std::fs::hard_link(&aside, path));
        let removed = std::fs::remove_file(&aside);
        match written {
            Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => return Err(failed(e)),
            _ => removed.map_err(failed)?,
        }
        Self::read_key_file(path)
    }

    fn read_key_file(path: &Path) -> Result<Self, SealError> {
        let failed = |source| SealError::KeyFile { path: path.to_owned(), source };
        let mode = std::fs::metadata(path).map_err(failed)?.permissions().mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(SealError::ExposedKeyFile { path: path.to_owned(), mode });
        }
        Self::from_text(&SecretString::from(std::fs::read_to_string(path).map_err(failed)?))
    }

    fn from_key(key: &[u8]) -> Result<Self, SealError> {
        let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| SealError::MalformedKey)?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// Seals `secret` for `purpose`.
    pub fn seal(&self, purpose: &str, secret: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).map_err(|_| SealError::Crypto)?;
        let mut sealed = Vec::with_capacity(1 + NONCE_LEN + secret.len() + AES_256_GCM.tag_len());
        sealed.push(FORMAT);
        sealed.extend_from_slice(&nonce);
        let mut body = secret.to_vec();
        self.0
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(purpose.as_bytes()),
                &mut body,
            )
            .map_err(|_| SealError::Crypto)?;
        sealed.append(&mut body);
        Ok(sealed)
    }

    /// Opens what [`Sealer::seal`] sealed for the same `purpose`.
    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Result<SecretSlice<u8>, SealError> {
        let failed = || SealError::CannotOpen { purpose: purpose.to_owned() };
        let (&format, rest) = sealed.split_first().ok_or_else(failed)?;
        let (nonce, body) = rest.split_at_checked(NONCE_LEN).ok_or_else(failed)?;
        if format != FORMAT {
            return Err(failed());
        }
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| failed())?;
        let mut body = body.to_vec();
        let len = self
            .0
            .open_in_place(nonce, Aad::from(purpose.as_bytes()), &mut body)
            .map_err(|_| failed())?
            .len();
        body.truncate(len);
        Ok(SecretSlice::from(body))
    }
}

fn decode_hex(text: &str) -> Option<Vec<u8>> {
    if text.len() != KEY_LEN * 2 || !text.is_ascii() {
        return None;
    }
    (0..KEY_LEN).map(|i| u8::from_str_radix(text.get(i * 2..i * 2 + 2)?, 16).ok()).collect()
}

/// Writes a new file that only its owner may read, down to the disk.
pub fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    // The mode above counts only for a file that did not exist.
    file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer(byte: u8) -> Sealer {
        Sealer::from_key(&[byte; KEY_LEN]).unwrap()
    }

    #[test]
    fn a_sealed_secret_opens_again() {
        let sealed = sealer(1).seal("password", b"coffee").unwrap();
        assert!(!sealed.windows(6).any(|w| w == b"coffee"));
        assert_eq!(sealer(1).open("password", &sealed).unwrap().expose_secret(), b"coffee");
    }

    #[test]
    fn another_key_another_purpose_or_a_flipped_bit_is_refused() {
        let sealed = sealer(1).seal("password", b"coffee").unwrap();
        assert!(matches!(sealer(2).open("password", &sealed), Err(SealError::CannotOpen { .. })));
        assert!(matches!(sealer(1).open("key", &sealed), Err(SealError::CannotOpen { .. })));
        for at in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[at] ^= 1;
            assert!(sealer(1).open("password", &damaged).is_err(), "byte {at}");
            assert!(sealer(1).open("password", &sealed[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn the_key_file_is_made_once_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sealing.key");
        let sealed = Sealer::from_key_file(&path).unwrap().seal("x", b"y").unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
        let again = Sealer::from_key_file(&path).unwrap();
        assert_eq!(again.open("x", &sealed).unwrap().expose_secret(), b"y");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn an_exposed_key_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sealing.key");
        Sealer::from_key_file(&path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(
            Sealer::from_key_file(&path),
            Err(SealError::ExposedKeyFile { mode: 0o640, .. })
        ));
    }

    #[test]
    fn keys_come_as_hex_or_base64_and_nothing_else() {
        let hex = SecretString::from("01".repeat(32));
        let base64 = SecretString::from(STANDARD.encode([1; 32]));
        let sealed = Sealer::from_text(&hex).unwrap().seal("x", b"y").unwrap();
        assert!(Sealer::from_text(&base64).unwrap().open("x", &sealed).is_ok());
        for bad in ["", "01", "zz", &STANDARD.encode([1; 31])] {
            assert!(Sealer::from_text(&SecretString::from(bad)).is_err(), "{bad:?}");
        }
    }
}
