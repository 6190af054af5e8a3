//! The digest of a set of objects, kept up to date change by change.

use palisade_api::{Digest, Revision};
use ring::digest::{Context, SHA256};

/// The sum of the SHA-256 digests of all objects, in four lanes of 64 bits:
/// free of order, and one step for one object.
pub(super) struct SetDigest([u64; 4]);

impl From<Digest> for SetDigest {
    fn from(digest: Digest) -> Self {
        let mut lanes = [0; 4];
        for (lane, bytes) in lanes.iter_mut().zip(digest.as_bytes().chunks_exact(8)) {
            *lane = u64::from_le_bytes(bytes.try_into().unwrap_or_default());
        }
        Self(lanes)
    }
}

impl From<SetDigest> for Digest {
    fn from(set: SetDigest) -> Self {
        let mut bytes = [0; 32];
        for (bytes, lane) in bytes.chunks_exact_mut(8).zip(set.0) {
            bytes.copy_from_slice(&lane.to_le_bytes());
        }
        Self::from_bytes(bytes)
    }
}

impl SetDigest {
    pub(super) fn add(&mut self, kind: u32, name: &str, revision: Revision, payload: &[u8]) {
        let object = Self::of(kind, name, revision, payload);
        for (lane, part) in self.0.iter_mut().zip(object.0) {
            *lane = lane.wrapping_add(part);
        }
    }

    pub(super) fn remove(&mut self, kind: u32, name: &str, revision: Revision, payload: &[u8]) {
        let object = Self::of(kind, name, revision, payload);
        for (lane, part) in self.0.iter_mut().zip(object.0) {
            *lane = lane.wrapping_sub(part);
        }
    }

    fn of(kind: u32, name: &str, revision: Revision, payload: &[u8]) -> Self {
        let mut context = Context::new(&SHA256);
        context.update(&kind.to_le_bytes());
        context.update(&(name.len() as u64).to_le_bytes());
        context.update(name.as_bytes());
        context.update(&revision.0.to_le_bytes());
        context.update(payload);
        let digest = context.finish();
        Self::from(Digest::try_from(digest.as_ref()).unwrap_or(Digest::from_bytes([0; 32])))
    }
}
