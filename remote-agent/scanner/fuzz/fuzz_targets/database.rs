//! The file of a vulnerability database, as it comes from elsewhere.

#![no_main]

use std::fs;

use libfuzzer_sys::fuzz_target;
use palisade_scanner::VulnDb;

fuzz_target!(|content: &[u8]| {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let file = folder.path().join("database");
    fs::write(&file, content).expect("a file can be written");
    if let Ok(database) = VulnDb::open(&file) {
        let _ = database.vulnerability("CVE-2024-1");
        let _ = database.affected("Debian:12", "openssl");
    }
});
