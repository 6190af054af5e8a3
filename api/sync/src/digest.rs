//! The digest of a set of objects, kept up to date object by object.

use bytes::Bytes;
use palisade_api::{Digest, Revision};
use ring::digest::{Context, SHA256};

use crate::item::Item;

/// The sum of the SHA-256 digests of all live objects, in four lanes of 64
/// bits: free of order, and one step for one object. It finds corruption, not
/// forgery; who may write the set is for the connection to say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SetDigest([u64; 4]);

impl SetDigest {
    /// The digest of no objects.
    pub const EMPTY: Self = Self([0; 4]);

    /// The digest of a whole set. Tombstones do not count.
    pub fn of<'a>(items: impl IntoIterator<Item = &'a Item>) -> Self {
        let mut digest = Self::EMPTY;
        for item in items {
            digest.replace(None, item);
        }
        digest
    }

    /// Counts an object that joins the set.
    pub fn add(&mut self, kind: u32, name: &str, revision: Revision, payload: &[u8]) {
        for (lane, part) in self.0.iter_mut().zip(lanes(kind, name, revision, payload)) {
            *lane = lane.wrapping_add(part);
        }
    }

    /// Takes back an object that leaves the set; it must be as it was added.
    pub fn remove(&mut self, kind: u32, name: &str, revision: Revision, payload: &[u8]) {
        for (lane, part) in self.0.iter_mut().zip(lanes(kind, name, revision, payload)) {
            *lane = lane.wrapping_sub(part);
        }
    }

    /// Counts that `item` takes the place of the object of its kind and name,
    /// whose revision and payload were `old`.
    pub fn replace(&mut self, old: Option<(Revision, &[u8])>, item: &Item) {
        if let Some((revision, payload)) = old {
            self.remove(item.kind, &item.name, revision, payload);
        }
        if let Some(payload) = &item.payload {
            self.add(item.kind, &item.name, item.revision, payload);
        }
    }

    /// The digest of the objects of both; those that only one has, once.
    #[must_use]
    pub fn plus(mut self, other: Self) -> Self {
        for (lane, part) in self.0.iter_mut().zip(other.0) {
            *lane = lane.wrapping_add(part);
        }
        self
    }

    /// What is left without the objects of the other.
    #[must_use]
    pub fn less(mut self, other: Self) -> Self {
        for (lane, part) in self.0.iter_mut().zip(other.0) {
            *lane = lane.wrapping_sub(part);
        }
        self
    }

    /// The digest of one object.
    pub fn of_object(kind: u32, name: &str, revision: Revision, payload: &[u8]) -> Self {
        Self(lanes(kind, name, revision, payload))
    }

    /// The 32 bytes on the wire and in databases.
    pub fn to_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (bytes, lane) in bytes.chunks_exact_mut(8).zip(self.0) {
            bytes.copy_from_slice(&lane.to_le_bytes());
        }
        bytes
    }
}

fn lanes(kind: u32, name: &str, revision: Revision, payload: &[u8]) -> [u64; 4] {
    let mut context = Context::new(&SHA256);
    context.update(&kind.to_le_bytes());
    context.update(&(name.len() as u64).to_le_bytes());
    context.update(name.as_bytes());
    context.update(&revision.0.to_le_bytes());
    context.update(payload);
    from_slice(context.finish().as_ref())
}

fn from_slice(bytes: &[u8]) -> [u64; 4] {
    let mut lanes = [0; 4];
    for (lane, bytes) in lanes.iter_mut().zip(bytes.chunks_exact(8)) {
        *lane = u64::from_le_bytes(bytes.try_into().unwrap_or_default());
    }
    lanes
}

/// Bytes that are not the digest of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the digest of a set (32 bytes expected)")]
pub struct NotASetDigest;

impl TryFrom<&[u8]> for SetDigest {
    type Error = NotASetDigest;

    fn try_from(bytes: &[u8]) -> Result<Self, NotASetDigest> {
        if bytes.len() == 32 { Ok(Self(from_slice(bytes))) } else { Err(NotASetDigest) }
    }
}

impl From<Digest> for SetDigest {
    fn from(digest: Digest) -> Self {
        Self(from_slice(digest.as_bytes()))
    }
}

impl From<SetDigest> for Digest {
    fn from(set: SetDigest) -> Self {
        Self::from_bytes(set.to_bytes())
    }
}

impl From<SetDigest> for Bytes {
    fn from(set: SetDigest) -> Self {
        Self::copy_from_slice(&set.to_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(name: &str, revision: u64, payload: &'static [u8]) -> Item {
        Item {
            kind: 1,
            name: name.to_owned(),
            revision: Revision(revision),
            payload: Some(Bytes::from_static(payload)),
        }
    }

    #[test]
    fn it_is_free_of_order_and_history() {
        let (a, b) = (item("a", 1, b"x"), item("b", 2, b"y"));
        let newer = item("a", 3, b"z");
        let mut walked = SetDigest::of([&b, &a]);
        walked.replace(Some((a.revision, b"x")), &newer);
        assert_eq!(walked, SetDigest::of([&newer, &b]));
        walked.replace(Some((newer.revision, b"z")), &Item { payload: None, ..newer.clone() });
        walked.remove(1, "b", Revision(2), b"y");
        assert_eq!(walked, SetDigest::EMPTY);
    }

    #[test]
    fn it_tells_kind_name_revision_and_payload_apart() {
        let one = item("ab", 1, b"c");
        for other in [
            Item { kind: 2, ..one.clone() },
            item("a", 1, b"bc"),
            item("ab", 2, b"c"),
            item("ab", 1, b"d"),
        ] {
            assert_ne!(SetDigest::of([&one]), SetDigest::of([&other]), "{other:?}");
        }
    }

    #[test]
    fn its_bytes_lead_back_to_it() {
        let digest = SetDigest::of([&item("a", 1, b"x")]);
        assert_eq!(SetDigest::try_from(digest.to_bytes().as_slice()), Ok(digest));
        assert_eq!(SetDigest::try_from([0; 31].as_slice()), Err(NotASetDigest));
    }
}
