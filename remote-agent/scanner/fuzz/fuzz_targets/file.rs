//! A file of an image: the first line is its path, the rest its content.

#![no_main]

use libfuzzer_sys::fuzz_target;
use palisade_scanner::{Limits, inspect};

fuzz_target!(|input: &[u8]| {
    let line = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let (path, content) = input.split_at(line);
    let content = content.get(1..).unwrap_or_default();
    if let Ok(path) = std::str::from_utf8(path) {
        let facts = inspect::facts(path, content, &Limits::default());
        if let Some(facts) = facts.expect("the content is there") {
            // What is told of a file stays in proportion to it.
            assert!(facts.packages.len() + facts.owned.len() <= content.len());
        }
    }
});
