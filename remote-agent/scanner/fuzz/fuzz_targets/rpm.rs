//! A database of rpm, of whatever kind its first bytes say.

#![no_main]

use libfuzzer_sys::fuzz_target;
use palisade_scanner::{Limits, inspect};

fuzz_target!(|content: &[u8]| {
    let facts = inspect::facts("var/lib/rpm/Packages", content, &Limits::default());
    let facts = facts.expect("the content is there").expect("it is a database");
    assert!(facts.packages.len() <= content.len() / 16);
    assert!(facts.owned.len() <= content.len());
});
