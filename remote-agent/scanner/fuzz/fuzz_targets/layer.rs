//! A layer, compressed in whatever way, or not.

#![no_main]

use libfuzzer_sys::fuzz_target;
use palisade_scanner::Limits;
use palisade_scanner::layer::{LayerContent, Tree};

fuzz_target!(|content: &[u8]| {
    let limits =
        Limits { ratio_free_bytes: 1 << 20, unpacked_bytes: 16 << 20, ..Limits::default() };
    if let Ok(layer) = LayerContent::read(content, &limits) {
        let mut tree = Tree::default();
        tree.apply(0, &layer);
        tree.apply(1, &layer);
        assert!(tree.files().count() <= layer.nodes.len());
    }
});
