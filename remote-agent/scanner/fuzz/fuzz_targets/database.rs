//! The file of a vulnerability database, damaged by somebody who can sign it: a
//! digest and a signature keep everybody else out. The first two bytes say
//! where in a sound database the rest is written over what was there.

#![no_main]

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use palisade_api::Digest;
use palisade_scanner::VulnDb;
use palisade_scanner::vulndb::{SigningKey, Trust, build};

/// Digest, key and signature at the end of the file.
const SEAL: usize = 32 + 32 + 64;
const ADVISORY: &str = r#"{"openssl":{"CVE-2024-1":{"description":"d","releases":{"bookworm":
    {"status":"resolved","fixed_version":"1-2","urgency":"low"}}}}}"#;

struct Sound {
    key: SigningKey,
    content: Vec<u8>,
}

static SOUND: LazyLock<Sound> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let at = |name: &str| folder.path().join(name);
    fs::write(at("tracker.json"), ADVISORY).expect("a file can be written");
    let key = SigningKey::at(&at("key")).expect("a key can be made");
    let source = format!("debian={}", at("tracker.json").display());
    let source = source.parse().expect("a kind and a path");
    build(&[source], &at("database"), &key).expect("the feed is sound");
    let mut content = fs::read(at("database")).expect("it was written");
    content.truncate(content.len() - SEAL);
    Sound { key, content }
});

fuzz_target!(|input: &[u8]| {
    let Some((at, over)) = input.split_first_chunk::<2>() else { return };
    let Sound { key, content } = &*SOUND;
    let mut content = content.clone();
    let at = usize::from(u16::from_le_bytes(*at)) % content.len();
    let end = content.len().min(at + over.len());
    content[at..end].copy_from_slice(&over[..end - at]);
    let digest = Digest::of(&content);
    content.extend(digest.as_bytes());
    content.extend(key.public().as_bytes());
    content.extend(key.sign(digest.as_bytes()));
    let folder = tempfile::tempdir().expect("a folder can be made");
    let file = folder.path().join("database");
    fs::write(&file, content).expect("a file can be written");
    open(&file);
});

/// Whatever it holds, reading gives an answer or an error.
fn open(file: &Path) {
    if let Ok(database) = VulnDb::open(file, Trust::Anyone) {
        let _ = database.vulnerability("CVE-2024-1");
        let _ = database.texts().and_then(|mut texts| texts.prose("CVE-2024-1"));
        let _ = database.affected("Debian:12", "openssl");
    }
}
