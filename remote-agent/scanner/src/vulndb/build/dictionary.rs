//! What texts have in common, so that small blocks of them pack well.

use std::collections::BTreeMap;
use std::io;

use crate::vulndb::format::hash;
use crate::vulndb::record::Prose;

/// Bytes of texts that are looked at.
const SAMPLES: usize = 4 << 20;
/// With fewer bytes a dictionary is not worth its room.
const FEWEST: usize = 256 << 10;
/// Bytes of a dictionary.
const SIZE: usize = 64 << 10;

/// Texts of which a dictionary is made: those whose names hash lowest, which
/// is a fair choice, and the same one whatever the order of the feeds.
#[derive(Debug, Default)]
pub(super) struct Samples {
    texts: BTreeMap<u64, Vec<u8>>,
    held: usize,
}

impl Samples {
    /// Takes a text into account.
    pub(super) fn add(&mut self, name: &[u8], prose: &Prose) {
        let hash = hash(name);
        let full = self.held >= SAMPLES;
        if full && self.texts.last_key_value().is_some_and(|(highest, _)| *highest <= hash) {
            return;
        }
        let references = prose.references.join("\n");
        let text = [prose.description.as_bytes(), references.as_bytes()].concat();
        let text = text.get(..text.len().min(SIZE)).unwrap_or_default().to_vec();
        self.held += text.len();
        if let Some(other) = self.texts.insert(hash, text) {
            self.held -= other.len();
        }
        while self.held > SAMPLES {
            let Some((_, text)) = self.texts.pop_last() else { break };
            self.held -= text.len();
        }
    }

    /// The dictionary; empty where there is too little to make one of.
    pub(super) fn dictionary(self) -> io::Result<Vec<u8>> {
        if self.held < FEWEST {
            return Ok(Vec::new());
        }
        let texts: Vec<Vec<u8>> = self.texts.into_values().collect();
        zstd::dict::from_samples(&texts, SIZE)
    }
}
