//! What was read of layers, by digest: a base layer is read once for all the
//! images that stand on it, and where a [`LayerStore`] lies behind, once for
//! all who share that.

use std::collections::{HashMap, VecDeque};
use std::fmt::Debug;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use async_trait::async_trait;
use palisade_api::Digest;

use crate::error::ScanError;
use crate::layer::LayerContent;

/// What a path or a package takes in memory, about.
const BYTES: usize = 200;

/// Keeps what was read of layers beyond this process. It may lose what it
/// likes, and tells of its own failures itself: the layer is read then.
#[async_trait]
pub trait LayerStore: Debug + Send + Sync {
    /// What was read of a layer.
    async fn get(&self, layer: Digest) -> Option<LayerContent>;

    /// Keeps what was read.
    async fn put(&self, layer: Digest, content: &LayerContent);
}

/// A bounded cache. The bound counts paths and packages, which is what takes
/// memory.
#[derive(Debug)]
pub struct LayerCache {
    capacity: usize,
    behind: Option<Arc<dyn LayerStore>>,
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
    /// Layers that somebody reads right now; others wait for that.
    read: HashMap<Digest, Arc<tokio::sync::Mutex<()>>>,
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
        Self { capacity, behind: None, state: Mutex::default() }
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

    /// The same with a store behind it.
    #[must_use]
    pub fn before(mut self, store: Arc<dyn LayerStore>) -> Self {
        self.behind = Some(store);
        self
    }

    /// What `layer` holds, read by `read` where nobody knows. Who asks while
    /// another reads waits for that.
    pub(crate) async fn content(
        &self,
        layer: Digest,
        read: impl Future<Output = Result<LayerContent, ScanError>>,
    ) -> Result<Arc<LayerContent>, ScanError> {
        if let Some(content) = self.get(&layer) {
            return Ok(content);
        }
        let queue = Queue::join(self, layer);
        let _turn = queue.turn.lock().await;
        self.content_in_turn(layer, read).await
    }

    async fn content_in_turn(
        &self,
        layer: Digest,
        read: impl Future<Output = Result<LayerContent, ScanError>>,
    ) -> Result<Arc<LayerContent>, ScanError> {
        if let Some(content) = self.get(&layer) {
            return Ok(content);
        }
        if let Some(store) = &self.behind
            && let Some(content) = store.get(layer).await
        {
            let content = Arc::new(content);
            self.put(layer, Arc::clone(&content));
            return Ok(content);
        }
        self.state().misses += 1;
        let content = Arc::new(read.await?);
        if content.broken.is_some() {
            return Ok(content);
        }
        self.put(layer, Arc::clone(&content));
        if let Some(store) = &self.behind {
            store.put(layer, &content).await;
        }
        Ok(content)
    }

    fn get(&self, digest: &Digest) -> Option<Arc<LayerContent>> {
        let state = &mut *self.state();
        let kept = state.layers.get_mut(digest)?;
        kept.hits += 1;
        kept.last_hit = SystemTime::now();
        state.hits += 1;
        Some(Arc::clone(&kept.content))
    }

    fn put(&self, digest: Digest, content: Arc<LayerContent>) {
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

/// Who reads a layer and who waits for that. The last one to leave, with a
/// result or not, ends the queue.
struct Queue<'a> {
    cache: &'a LayerCache,
    layer: Digest,
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl<'a> Queue<'a> {
    fn join(cache: &'a LayerCache, layer: Digest) -> Self {
        let turn = Arc::clone(cache.state().read.entry(layer).or_default());
        Self { cache, layer, turn }
    }
}

impl Drop for Queue<'_> {
    fn drop(&mut self) {
        let mut state = self.cache.state();
        // Two owners: the map and this one.
        if Arc::strong_count(&self.turn) <= 2 {
            state.read.remove(&self.layer);
        }
    }
}

impl Default for LayerCache {
    fn default() -> Self {
        Self::new(200_000)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// Keeps everything.
    #[derive(Debug, Default)]
    struct Shelf(Mutex<HashMap<Digest, LayerContent>>);

    #[async_trait]
    impl LayerStore for Shelf {
        async fn get(&self, layer: Digest) -> Option<LayerContent> {
            self.0.lock().unwrap().get(&layer).cloned()
        }

        async fn put(&self, layer: Digest, content: &LayerContent) {
            self.0.lock().unwrap().insert(layer, content.clone());
        }
    }

    async fn read(times: &AtomicU32) -> Result<LayerContent, ScanError> {
        times.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        Ok(LayerContent { entries: 7, ..LayerContent::default() })
    }

    #[tokio::test]
    async fn a_layer_is_read_once_by_all_who_want_it_at_once() {
        let (cache, times, layer) = (LayerCache::default(), AtomicU32::new(0), Digest::of(b"1"));
        let three = tokio::join!(
            cache.content(layer, read(&times)),
            cache.content(layer, read(&times)),
            cache.content(layer, read(&times)),
        );
        for content in [three.0, three.1, three.2] {
            assert_eq!(content.unwrap().entries, 7);
        }
        assert_eq!(times.load(Ordering::SeqCst), 1);
        assert!(cache.state().read.is_empty());
    }

    #[tokio::test]
    async fn what_one_process_has_read_another_one_finds_in_the_store() {
        let (store, times, layer) =
            (Arc::new(Shelf::default()), AtomicU32::new(0), Digest::of(b"1"));
        for _ in 0..2 {
            let cache = LayerCache::default().before(store.clone());
            assert_eq!(cache.content(layer, read(&times)).await.unwrap().entries, 7);
        }
        assert_eq!(times.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn who_waits_reads_itself_where_the_first_one_failed() {
        let (cache, times, layer) = (LayerCache::default(), AtomicU32::new(0), Digest::of(b"1"));
        let fails = async {
            tokio::task::yield_now().await;
            Err(ScanError::Cancelled)
        };
        let (first, second) =
            tokio::join!(cache.content(layer, fails), cache.content(layer, read(&times)));
        assert!(first.is_err());
        assert_eq!(second.unwrap().entries, 7);
    }

    #[tokio::test]
    async fn who_gives_up_leaves_nothing_behind() {
        let (cache, layer) = (LayerCache::default(), Digest::of(b"1"));
        tokio::select! {
            biased;
            _ = cache.content(layer, std::future::pending()) => {}
            () = tokio::task::yield_now() => {}
        }
        assert!(cache.state().read.is_empty());
    }

    #[tokio::test]
    async fn half_a_layer_is_not_kept() {
        let (cache, times, layer) = (LayerCache::default(), AtomicU32::new(0), Digest::of(b"1"));
        let broken = LayerContent::default().broken(&ScanError::Cancelled);
        cache.content(layer, async { Ok(broken) }).await.unwrap();
        assert_eq!(cache.content(layer, read(&times)).await.unwrap().entries, 7);
    }
}
