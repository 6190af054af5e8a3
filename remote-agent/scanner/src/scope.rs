//! What a scan looks for besides what it always does, and how far it goes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use palisade_api::Digest;

use crate::error::ScanError;
use crate::inspect::malware::MalwareList;
use crate::limits::Limits;

/// What a scan looks for, and how far it goes.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// How far.
    pub limits: Limits,
    /// Files that are told by their hashes. Without a list none is hashed.
    pub malware: Option<Arc<MalwareList>>,
    /// What to do about a layer that is broken.
    pub broken_layers: BrokenLayers,
    /// Held by the layer that has a large file in memory: layers are read side
    /// by side, and one such file at a time is enough.
    large: Arc<Mutex<()>>,
    /// Held by the layer whose decoder keeps much, for the same reason.
    window: Arc<Mutex<()>>,
}

/// What a scan does about a layer that is damaged, beyond a limit or another
/// than announced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BrokenLayers {
    /// It fails: an image that is not known whole is not known.
    #[default]
    Fail,
    /// It notes the layer as a problem and reads the others.
    Note,
}

/// Bytes of a large file.
const LARGE: u64 = 4 << 20;
/// Bytes that decoders keep at the usual levels.
pub(crate) const USUAL_WINDOW: u64 = 8 << 20;

impl Scope {
    /// What lets a layer have a file of `size` bytes in memory, for as long as
    /// it is held.
    pub(crate) fn room(&self, size: u64) -> Option<MutexGuard<'_, ()>> {
        (size > LARGE).then(|| self.large.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What lets a layer have a decoder that keeps `bytes`, for as long as it is held.
    pub(crate) fn window(&self, bytes: u64) -> Option<MutexGuard<'_, ()>> {
        (bytes > USUAL_WINDOW).then(|| self.window.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether the other layers are read though one failed with `error`.
    pub(crate) fn goes_on_after(&self, error: &ScanError) -> bool {
        self.broken_layers == BrokenLayers::Note && error.is_of_one_layer()
    }

    /// The name under which what was read of a layer is kept: other lists
    /// find other files.
    pub(crate) fn key(&self, layer: Digest) -> Digest {
        match self.malware.as_ref().and_then(|list| list.digest()) {
            Some(list) => Digest::of(&[layer.as_bytes(), list.as_bytes()].concat()),
            None => layer,
        }
    }
}

impl From<Limits> for Scope {
    fn from(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }
}
