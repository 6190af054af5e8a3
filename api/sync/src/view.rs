//! How a change is divided when not everybody is shown the same: from what each
//! member saw and sees of an object to the parts of the change.

use std::collections::BTreeSet;

use bytes::Bytes;
use palisade_api::{ClusterId, Revision};

use crate::audience::{Audience, Part};
use crate::digest::SetDigest;
use crate::item::Item;

/// An object as one change wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The change.
    pub revision: Revision,
    /// The content.
    pub payload: Bytes,
}

/// What becomes of one object.
#[derive(Clone, Debug)]
pub struct Transition {
    /// Its kind.
    pub kind: u32,
    /// Its name.
    pub name: String,
    /// What the log had of it.
    pub before: Option<Version>,
    /// What the log has of it.
    pub after: Option<Version>,
    /// Who sees what of it.
    pub seen: Seen,
}

/// Who sees what of an object.
#[derive(Clone, Debug)]
pub enum Seen {
    /// Everybody saw and sees what the log has.
    ByAll,
    /// These see what stands here. Whoever is not named saw and sees nothing of
    /// it, or nothing changes for him and in the log.
    By(Vec<Sight>),
}

/// What some members saw of an object and see now.
#[derive(Clone, Debug)]
pub struct Sight {
    /// The members.
    pub members: BTreeSet<ClusterId>,
    /// What they saw.
    pub before: Option<Version>,
    /// What they see.
    pub after: Option<Version>,
}

/// Divides the change `revision` into what everybody is sent, and the parts for
/// some.
pub fn divide(revision: Revision, transitions: Vec<Transition>) -> (Vec<Item>, Vec<Part>) {
    let mut everybody = Vec::new();
    let mut parts: Vec<Part> = Vec::new();
    for transition in transitions {
        let digest = |version: &Option<Version>| {
            version.as_ref().map_or(SetDigest::EMPTY, |v| {
                SetDigest::of_object(transition.kind, &transition.name, v.revision, &v.payload)
            })
        };
        let item = |version: &Option<Version>| Item {
            kind: transition.kind,
            name: transition.name.clone(),
            revision: version.as_ref().map_or(revision, |version| version.revision),
            payload: version.as_ref().map(|version| version.payload.clone()),
        };
        let Seen::By(sights) = &transition.seen else {
            everybody.push(item(&transition.after));
            continue;
        };
        let log = digest(&transition.after).less(digest(&transition.before));
        let mut named = BTreeSet::new();
        for sight in sights.iter().filter(|sight| !sight.members.is_empty()) {
            let view = digest(&sight.after).less(digest(&sight.before));
            let items = if sight.before == sight.after { None } else { Some(item(&sight.after)) };
            named.extend(sight.members.iter().copied());
            add(&mut parts, Audience::only(sight.members.iter().copied()), items, log.less(view));
        }
        add(&mut parts, Audience::all_but(named), None, log);
    }
    (everybody, parts)
}

/// Adds to the part of an audience.
fn add(parts: &mut Vec<Part>, audience: Audience, item: Option<Item>, hidden: SetDigest) {
    match parts.iter_mut().find(|part| part.audience == audience) {
        Some(part) => {
            part.items.extend(item);
            part.hidden = part.hidden.plus(hidden);
        }
        None => parts.push(Part { audience, items: item.into_iter().collect(), hidden }),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn members<const N: usize>(numbers: [u128; N]) -> BTreeSet<ClusterId> {
        numbers.map(|n| ClusterId::from_uuid(Uuid::from_u128(n))).into()
    }

    fn version(revision: u64) -> Version {
        Version { revision: Revision(revision), payload: Bytes::from(vec![revision as u8]) }
    }

    fn transition(before: Option<Version>, after: Option<Version>, seen: Seen) -> Transition {
        Transition { kind: 1, name: "a".to_owned(), before, after, seen }
    }

    #[test]
    fn what_all_see_is_in_no_part() {
        let (items, parts) =
            divide(Revision(2), vec![transition(Some(version(1)), Some(version(2)), Seen::ByAll)]);
        assert_eq!((items.len(), parts), (1, Vec::new()));
    }

    #[test]
    fn who_loses_sight_is_sent_a_tombstone_and_who_keeps_it_nothing() {
        let sights = vec![
            Sight { members: members([1]), before: Some(version(1)), after: None },
            Sight { members: members([2]), before: Some(version(1)), after: Some(version(1)) },
            Sight { members: members([3]), before: None, after: Some(version(1)) },
        ];
        let (items, parts) = divide(
            Revision(9),
            vec![transition(Some(version(1)), Some(version(1)), Seen::By(sights))],
        );
        assert!(items.is_empty());
        let of = |n| {
            let member = ClusterId::from_uuid(Uuid::from_u128(n));
            let mine = parts.iter().filter(move |part| part.audience.contains(member));
            let items: Vec<_> = mine.clone().flat_map(|part| part.items.clone()).collect();
            (items, mine.fold(SetDigest::EMPTY, |sum, part| sum.plus(part.hidden)))
        };
        let object = SetDigest::of_object(1, "a", Revision(1), &[1]);
        let tombstone =
            Item { kind: 1, name: "a".to_owned(), revision: Revision(9), payload: None };
        assert_eq!(of(1), (vec![tombstone], object));
        assert_eq!(of(2), (Vec::new(), SetDigest::EMPTY));
        assert_eq!(of(3).0.first().map(|item| item.revision), Some(Revision(1)));
        assert_eq!(of(3).1, SetDigest::EMPTY.less(object));
        assert_eq!(of(4), (Vec::new(), SetDigest::EMPTY));
    }
}
