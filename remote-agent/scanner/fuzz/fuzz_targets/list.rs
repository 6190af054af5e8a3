//! Lists that people hand in: of malware, of what is ignored.

#![no_main]

use libfuzzer_sys::fuzz_target;
use palisade_scanner::inspect::malware::MalwareList;
use palisade_scanner::report::policy::Ignored;

fuzz_target!(|text: &str| {
    if let Ok(list) = MalwareList::parse(text, "list") {
        assert!(list.len() <= text.len() / 64);
    }
    if let Ok(list) = Ignored::list(text, "list") {
        assert!(list.len() <= text.len());
    }
});
