//! Documents that people hand in: bills of materials and VEX.

#![no_main]

use libfuzzer_sys::fuzz_target;
use palisade_scanner::Limits;
use palisade_scanner::report::sbom;
use palisade_scanner::report::vex::VexDocuments;

fuzz_target!(|content: &[u8]| {
    let limits = Limits::default();
    if let Ok(reading) = sbom::read("document", content, &limits) {
        assert!(reading.inventory.packages.len() <= content.len());
    }
    let mut documents = VexDocuments::default();
    if documents.add("document", content).is_err() {
        assert!(documents.is_empty());
    }
});
