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
    /// There is no room for names that hash so high or higher.
    full_at: Option<u64>,
}

impl Samples {
    /// Takes a text into account.
    pub(super) fn add(&mut self, name: &[u8], prose: &Prose) {
        let hash = hash(name);
        if self.full_at.is_some_and(|full_at| hash >= full_at) {
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
            let Some((highest, text)) = self.texts.pop_last() else { break };
            self.held -= text.len();
            self.full_at = Some(highest);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_choice_is_the_same_whatever_the_order() {
        let names: Vec<String> = (0..500).map(|n| format!("CVE-2024-{n}")).collect();
        let chosen = |names: &mut dyn Iterator<Item = (usize, &String)>| {
            let mut samples = Samples::default();
            for (n, name) in names {
                let description = "x".repeat(n * 7_919 % 40_000);
                samples.add(name.as_bytes(), &Prose { description, ..Prose::default() });
            }
            assert!(samples.held <= SAMPLES);
            samples.texts.into_keys().collect::<Vec<u64>>()
        };
        let kept = chosen(&mut names.iter().enumerate());
        assert_eq!(chosen(&mut names.iter().enumerate().rev()), kept);
        let mut all: Vec<u64> = names.iter().map(|name| hash(name.as_bytes())).collect();
        all.sort_unstable();
        assert!(kept.len() > 100 && kept.len() < all.len() && all.starts_with(&kept));
    }
}
