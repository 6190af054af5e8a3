//! The name of this cluster, as records bear it: it changes when the cluster joins
//! a federation under another.

use std::sync::Arc;

use arc_swap::ArcSwap;

/// The name. Clones share it.
#[derive(Clone, Debug)]
pub struct OwnName(Arc<ArcSwap<Arc<str>>>);

impl OwnName {
    pub(crate) fn new(name: &str) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(Arc::from(name))))
    }

    /// The name.
    pub fn get(&self) -> Arc<str> {
        Arc::clone(&self.0.load())
    }

    pub(crate) fn set(&self, name: &str) {
        self.0.store(Arc::new(Arc::from(name)));
    }
}
