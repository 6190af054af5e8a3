//! Who is shown what of a change: the law that keeps each receiver's set equal
//! to its view of the log.
//!
//! A log has one digest, that of all its objects. What a receiver is not shown
//! is kept as a second digest, its [`Hidden`]: the digest of its own set is the
//! difference. A change that concerns everybody alike moves no hidden digest; a
//! change with [`Part`]s moves that of each audience as the part says. So a
//! receiver costs one addition for each part, and nothing where there is none.

use std::sync::Arc;

use palisade_api::{ClusterId, Revision};
use uuid::Uuid;

use crate::digest::{NotASetDigest, SetDigest};
use crate::item::Item;
use crate::wire;

/// Some of the receivers, named when the change was committed: what they are
/// shown does not depend on who looks later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    /// These, in ascending order.
    Only(Arc<[ClusterId]>),
    /// All but these, in ascending order.
    AllBut(Arc<[ClusterId]>),
}

impl Audience {
    /// Exactly these.
    pub fn only(members: impl IntoIterator<Item = ClusterId>) -> Self {
        Self::Only(sorted(members))
    }

    /// Everybody but these.
    pub fn all_but(members: impl IntoIterator<Item = ClusterId>) -> Self {
        Self::AllBut(sorted(members))
    }

    /// Whether `member` belongs to it.
    pub fn contains(&self, member: ClusterId) -> bool {
        match self {
            Self::Only(members) => members.binary_search(&member).is_ok(),
            Self::AllBut(members) => members.binary_search(&member).is_err(),
        }
    }

    /// The memory that it takes.
    pub fn size(&self) -> usize {
        match self {
            Self::Only(members) | Self::AllBut(members) => size_of_val::<[ClusterId]>(members),
        }
    }
}

fn sorted(members: impl IntoIterator<Item = ClusterId>) -> Arc<[ClusterId]> {
    let mut members: Vec<ClusterId> = members.into_iter().collect();
    members.sort_unstable();
    members.dedup();
    members.into()
}

/// What of a change concerns only some.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Whom it concerns.
    pub audience: Audience,
    /// What they are sent: none where an object changes that they do not see.
    /// An object that comes into view may be older than the change.
    pub items: Vec<Item>,
    /// What is added to the digest of what they are not shown.
    pub hidden: SetDigest,
}

impl Part {
    /// What of the part counts against the limits of memory.
    pub fn size(&self) -> usize {
        self.audience.size() + self.items.iter().map(Item::size).sum::<usize>() + 64
    }
}

impl Part {
    /// The parts of a change as one message: the form for a database.
    pub fn encode(parts: Vec<Self>) -> wire::Parts {
        wire::Parts { parts: parts.into_iter().map(Into::into).collect() }
    }

    /// Reads the form for a database.
    pub fn decode(parts: wire::Parts) -> Result<Vec<Self>, NotASetDigest> {
        parts.parts.into_iter().map(Self::try_from).collect()
    }
}

impl From<Part> for wire::Part {
    fn from(part: Part) -> Self {
        let (members, all_but) = match part.audience {
            Audience::Only(members) => (members, false),
            Audience::AllBut(members) => (members, true),
        };
        Self {
            members: members.iter().flat_map(|member| member.as_uuid().into_bytes()).collect(),
            all_but,
            items: part.items.into_iter().map(Into::into).collect(),
            hidden: part.hidden.into(),
        }
    }
}

impl TryFrom<wire::Part> for Part {
    type Error = NotASetDigest;

    fn try_from(part: wire::Part) -> Result<Self, NotASetDigest> {
        let (members, _) = part.members.as_chunks::<16>();
        let members = members.iter().map(|id| ClusterId::from_uuid(Uuid::from_bytes(*id)));
        Ok(Self {
            audience: if part.all_but {
                Audience::all_but(members)
            } else {
                Audience::only(members)
            },
            items: part.items.into_iter().map(Into::into).collect(),
            hidden: SetDigest::try_from(part.hidden.as_ref())?,
        })
    }
}

/// What a receiver is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hidden {
    /// The first revision at which it was so. It is so up to the revision at
    /// which it was read.
    pub since: Revision,
    /// The digest of all objects less that of the receiver's set.
    pub digest: SetDigest,
}

impl Hidden {
    /// Nothing was ever hidden from anybody.
    pub const NOTHING: Self = Self { since: Revision::ZERO, digest: SetDigest::EMPTY };
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn the_form_for_a_database_leads_back() {
        let member = |n| ClusterId::from_uuid(Uuid::from_u128(n));
        let item = |payload: Option<Bytes>| Item {
            kind: 1,
            name: "a".to_owned(),
            revision: Revision(3),
            payload,
        };
        let part = |audience, payload| Part {
            audience,
            items: vec![item(payload)],
            hidden: SetDigest::of_object(1, "a", Revision(3), b"x"),
        };
        let parts = vec![
            part(Audience::only([2, 1].map(member)), Some(Bytes::from_static(b"x"))),
            part(Audience::all_but([member(u128::MAX)]), None),
        ];
        assert_eq!(Part::decode(Part::encode(parts.clone())), Ok(parts));
    }

    #[test]
    fn an_audience_and_its_complement_share_nobody() {
        let member = |n| ClusterId::from_uuid(Uuid::from_u128(n));
        let (only, rest) =
            (Audience::only([5, 1, 3, 1].map(member)), Audience::all_but([3, 5, 1].map(member)));
        for n in 0..8 {
            assert_eq!(only.contains(member(n)), [1, 3, 5].contains(&n), "{n}");
            assert_ne!(only.contains(member(n)), rest.contains(member(n)), "{n}");
        }
    }
}
