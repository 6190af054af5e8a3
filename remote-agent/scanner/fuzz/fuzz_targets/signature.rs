//! What is attached to an image as its signature, and what people believe in:
//! the first line says which, the rest is its content.

#![no_main]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use palisade_api::Digest;
use palisade_scanner::signature::{
    PublicKey, RootOfTrust, Signed, Trust, Verifier, VerifierKind, satisfied,
};

/// The image of the seeds.
const SUBJECT: Digest = Digest::from_bytes([7; 32]);
/// Nobody has its other half.
const KEY: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE/Xr5QkaTWk7xwafDtS1DA+82s7wA
uJz7o0Lpw04GVNs2N+Aqo3Y4JqzfjWAq4IpDfAsE7OiTl4wbMSDNjnS97Q==
-----END PUBLIC KEY-----
";

static ROOTS: LazyLock<Vec<RootOfTrust>> = LazyLock::new(|| {
    let verifier = |name: &str, kind| Verifier { name: name.to_owned(), kind };
    let trust = Trust::from_pem(KEY, "", KEY).expect("a key");
    let verifiers = vec![
        verifier("key", VerifierKind::key_pair(KEY).expect("a key")),
        verifier("identity", VerifierKind::keyless("https://a", "b").expect("a name")),
    ];
    vec![RootOfTrust { name: "root".to_owned(), trust, verifiers }]
});

fuzz_target!(|input: &[u8]| {
    let line = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let (kind, content) = input.split_at(line);
    let content = content.get(1..).unwrap_or_default();
    let signed = match kind {
        b"bundle" => Signed::from_bundle(SUBJECT, &Bytes::new(), content).ok().flatten(),
        b"payload" => payload(content),
        b"root" => {
            let _ = Trust::from_trusted_root(content);
            let text = String::from_utf8_lossy(content);
            let _ = Trust::from_pem(&text, &text, &text);
            None
        }
        _ => {
            let _ = PublicKey::from_der(content);
            None
        }
    };
    if let Some(signed) = signed {
        let outcome = satisfied(&ROOTS, &[signed], chrono::DateTime::UNIX_EPOCH);
        assert!(outcome.verifiers.is_empty(), "nobody has the key");
    }
});

/// A payload up to the first empty line, then annotations, `name value` each.
fn payload(content: &[u8]) -> Option<Signed> {
    let text = String::from_utf8_lossy(content);
    let (payload, rest) = text.split_once("\n\n").unwrap_or((&text, ""));
    let annotations: BTreeMap<String, String> = rest
        .split('\0')
        .filter_map(|line| line.split_once(' '))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    Signed::from_payload(SUBJECT, payload.as_bytes().to_vec(), &annotations).ok()
}
