//! Key stores: files that hold private keys in a form of their own.

use super::Secret;
use crate::inspect::Entry;

const JKS: [u8; 4] = [0xfe, 0xed, 0xfe, 0xed];

/// The file as a store of keys, if it is one. Stores of certificates alone
/// are known by their name.
pub(super) fn key_store(entry: &Entry<'_>, bytes: &[u8]) -> Option<Secret> {
    let base = entry.base().to_ascii_lowercase();
    if base.contains("cacerts") || base.contains("truststore") {
        return None;
    }
    let named = |extensions: &[&str]| extensions.iter().any(|known| entry.has_extension(known));
    let kind = if bytes.starts_with(&JKS) && named(&["jks", "keystore", "ks"]) {
        "Java.Key.Store"
    // A sequence with a long length, then version 3.
    } else if bytes.starts_with(&[0x30, 0x82])
        && bytes.get(4..7) == Some(&[2, 1, 3])
        && named(&["p12", "pfx", "keystore", "jks"])
    {
        "PKCS12.Key.Store"
    } else {
        return None;
    };
    Some(Secret {
        kind: kind.to_owned(),
        evidence: entry.base().to_owned(),
        suggestion: "Keep key stores out of images: mount them when the container starts"
            .to_owned(),
    })
}
