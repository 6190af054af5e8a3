//! What was read of layers, by digest: a base layer is read once for all the
//! images that stand on it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use palisade_api::Digest;

use crate::layer::LayerContent;

/// What a path or a package takes in memory, about.
const BYTES: usize = 200;

/// A bounded cache. The bound counts paths and packages, which is what takes
/// memory.
#[derive(Debug)]
pub struct LayerCache {
    capacity: usize,
    state: Mutex<State>,
}

/// How a cache is used.
#[derive(Clone, Debug, Default)]
pub struct CacheUsage {
    /// The layers in it, oldest first.
    pub layers: Vec<CachedLayer>,
    /// Layers that were there.
    pub hits: u64,
    /// Layers that had to be read.
    pub misses: u64,
}

/// A layer that is kept.
#[derive(Clone, Copy, Debug)]
pub struct CachedLayer {
    /// Its digest.
    pub digest: Digest,
    /// What it takes, about.
    pub bytes: u64,
    /// How often it was asked for.
    pub hits: u64,
    /// When it was asked for last, or came.
    pub last_hit: SystemTime,
}

#[derive(Debug, Default)]
struct State {
    layers: HashMap<Digest, Kept>,
    /// Oldest first.
    order: VecDeque<Digest>,
    held: usize,
    hits: u64,
    misses: u64,
}

#[derive(Debug)]
struct Kept {
    weight: usize,
    content: Arc<LayerContent>,
    hits: u64,
    last_hit: SystemTime,
}

impl LayerCache {
    /// A cache for `capacity` paths and packages.
    pub fn new(capacity: usize) -> Self {
        Self { capacity, state: Mutex::default() }
    }

    /// How it is used.
    pub fn usage(&self) -> CacheUsage {
        let state = self.state();
        let layer = |digest: &Digest| {
            let kept = state.layers.get(digest)?;
            Some(CachedLayer {
                digest: *digest,
                bytes: (kept.weight * BYTES) as u64,
                hits: kept.hits,
                last_hit: kept.last_hit,
            })
        };
        CacheUsage {
            layers: state.order.iter().filter_map(layer).collect(),
            hits: state.hits,
            misses: state.misses,
        }
    }

    pub(crate) fn get(&self, digest: &Digest) -> Option<Arc<LayerContent>> {
        let state = &mut *self.state();
        match state.layers.get_mut(digest) {
            Some(kept) => {
                kept.hits += 1;
                kept.last_hit = SystemTime::now();
                state.hits += 1;
                Some(Arc::clone(&kept.content))
            }
            None => {
                state.misses += 1;
                None
            }
        }
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
            if let Some(kept) = state.layers.remove(&oldest) {
                state.held -= kept.weight;
            }
        }
        let kept = Kept { weight, content, hits: 0, last_hit: SystemTime::now() };
        state.layers.insert(digest, kept);
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
