//! The token that this cluster has joined by at a start. It stays in the settings for
//! good: a cluster that left, or was removed, does not come back by it because
//! somebody restarts its agent.

use std::io;
use std::path::Path;

use palisade_api::Digest;
use secrecy::{ExposeSecret as _, SecretString};

/// Holds the token's digest.
const FILE: &str = "joined-by";

/// Remembers that this cluster has joined by `token`.
pub(crate) fn remember(data_dir: &Path, token: &SecretString) -> io::Result<()> {
    std::fs::write(data_dir.join(FILE), digest(token))
}

/// Whether this cluster has joined by `token` before.
pub(crate) fn is_spent(data_dir: &Path, token: &SecretString) -> bool {
    std::fs::read_to_string(data_dir.join(FILE)).is_ok_and(|spent| spent == digest(token))
}

fn digest(token: &SecretString) -> String {
    Digest::of(token.expose_secret().trim().as_bytes()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_token_is_spent() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (SecretString::from("one"), SecretString::from("other"));
        assert!(!is_spent(folder.path(), &one));
        remember(folder.path(), &one).unwrap();
        assert!(is_spent(folder.path(), &SecretString::from("one\n")));
        assert!(!is_spent(folder.path(), &other));
        let kept = std::fs::read_to_string(folder.path().join(FILE)).unwrap();
        assert!(!kept.contains("one"));
    }
}
