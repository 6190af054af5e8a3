//! A file of advisories: the first line is the kind of feed, the rest its
//! content. Whatever it holds, a database that is built of it can be opened.

#![no_main]

use std::fs;

use libfuzzer_sys::fuzz_target;
use palisade_scanner::VulnDb;
use palisade_scanner::vulndb::{SigningKey, SourceSpec, Trust, build};

fuzz_target!(|input: &[u8]| {
    let line = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let (kind, content) = input.split_at(line);
    let Ok(kind) = std::str::from_utf8(kind) else { return };
    let folder = tempfile::tempdir().expect("a folder can be made");
    let file = folder.path().join("feed.json");
    let Ok(source) = format!("{kind}={}", file.display()).parse::<SourceSpec>() else { return };
    fs::write(&file, content.get(1..).unwrap_or_default()).expect("a file can be written");
    let built = folder.path().join("database");
    let key = SigningKey::at(&folder.path().join("key")).expect("a key can be made");
    if build(&[source], &built, &key).is_ok() {
        let database =
            VulnDb::open(&built, Trust::Key(key.public())).expect("what was built can be opened");
        database.vulnerability("CVE-2024-1").expect("it can be read");
    }
});
