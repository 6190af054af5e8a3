//! Changes: what is applied together or not at all.

use palisade_api::Revision;

use crate::item::Item;
use crate::wire;

/// One committed change of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The revision that a replica must hold before it.
    pub base: Revision,
    /// The revision that it holds afterwards.
    pub revision: Revision,
    /// The objects that it wrote and deleted, each at most once.
    pub items: Vec<Item>,
}

impl Change {
    /// What of the change counts against the limits of memory.
    pub fn size(&self) -> usize {
        self.items.iter().map(Item::size).sum()
    }
}

/// What a message holds of a change: all of it, or a part.
impl From<wire::Batch> for Change {
    fn from(batch: wire::Batch) -> Self {
        Self {
            base: Revision(batch.base),
            revision: Revision(batch.revision),
            items: batch.items.into_iter().map(Into::into).collect(),
        }
    }
}
