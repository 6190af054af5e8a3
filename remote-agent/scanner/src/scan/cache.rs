//! What was read of layers, by digest: a base layer is read once for all the
//! images that stand on it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use palisade_api::Digest;

use crate::layer::LayerContent;

/// A bounded cache. The bound counts paths and packages, which is what takes
/// memory: some 200 bytes each.
#[derive(Debug)]
pub struct LayerCache {
    capacity: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    layers: HashMap<Digest, (usize, Arc<LayerContent>)>,
    /// Oldest first.
    order: VecDeque<Digest>,
    held: usize,
}

impl LayerCache {
    /// A cache for `capacity` paths and packages.
    pub fn new(capacity: usize) -> Self {
        Self { capacity, state: Mutex::default() }
    }

    pub(crate) fn get(&self, digest: &Digest) -> Option<Arc<LayerContent>> {
        self.state().layers.get(digest).map(|(_, content)| Arc::clone(content))
    }

    pub(crate) fn put(&self, digest: Digest, content: Arc<LayerContent>) {
        let weight = content.weight();
        if weight > self.capacity / 4 {
            return;
        }
        let mut state = self.state();
        if state.layers.contains_key(&digest) {
            return;
        }
        while state.held + weight > self.capacity {
            let Some(oldest) = state.order.pop_front() else { break };
            if let Some((weight, _)) = state.layers.remove(&oldest) {
                state.held -= weight;
            }
        }
        state.layers.insert(digest, (weight, content));
        state.order.push_back(digest);
        state.held += weight;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for LayerCache {
    fn default() -> Self {
        Self::new(200_000)
    }
}
