use bytes::Bytes;
use uuid::Uuid;

use super::*;
use crate::frame::cut_change;

const LOG: LogId = LogId::Federation;

fn item(name: &str, revision: u64, size: usize) -> Item {
    Item {
        kind: 1,
        name: name.to_owned(),
        revision: Revision(revision),
        payload: Some(Bytes::from(vec![7; size])),
    }
}

fn change(revision: u64, size: usize) -> Change {
    let items = (0..3).map(|n| item(&n.to_string(), revision, size)).collect();
    Change { base: Revision(revision - 1), revision: Revision(revision), items }
}

fn frames(change: Change) -> Vec<Body> {
    cut_change(LOG, change).into_iter().filter_map(|frame| frame.body).collect()
}

fn replica() -> Replica {
    let epoch = Epoch(Uuid::from_u128(1));
    let position = Position { epoch, ..Position::NONE };
    Replica::new(LOG, Held { position, errors: Vec::new() }, |kind| kind == 1)
}

fn begin() -> Body {
    let epoch = Bytes::copy_from_slice(Uuid::from_u128(1).as_bytes());
    Body::SnapshotBegin(wire::SnapshotBegin { log: 1, epoch, revision: 9 })
}

fn page(items: &[Item]) -> Body {
    let items = items.iter().cloned().map(Into::into).collect();
    Body::SnapshotItems(wire::SnapshotItems { log: 1, items })
}

fn end(digest: SetDigest) -> Body {
    Body::SnapshotEnd(wire::SnapshotEnd { log: 1, digest: digest.into() })
}

#[test]
fn a_change_in_parts_is_given_out_whole() {
    let mut replica = replica();
    let parts = frames(change(1, 10_000));
    assert_eq!(parts.len(), 3);
    assert!(!replica.is_behind());
    for part in parts {
        assert_eq!(replica.take_work(), None);
        replica.receive(part).unwrap();
        assert!(replica.is_behind());
    }
    assert_eq!(replica.take_work(), Some(Work::Apply(vec![change(1, 10_000)])));
    assert_eq!(replica.take_reply(), None);
}

#[test]
fn what_is_held_already_is_passed_over() {
    let mut replica = replica();
    for body in [change(1, 1), change(1, 1), change(2, 1)].into_iter().flat_map(frames) {
        replica.receive(body).unwrap();
    }
    assert_eq!(replica.take_work(), Some(Work::Apply(vec![change(1, 1), change(2, 1)])));
}

#[test]
fn a_gap_asks_for_everything_once() {
    let mut replica = replica();
    for body in [change(2, 1), change(3, 1), change(1, 1)].into_iter().flat_map(frames) {
        replica.receive(body).unwrap();
    }
    assert_eq!(replica.take_reply(), Some(Reply::Resync(LOG)));
    assert_eq!(replica.take_reply(), None);
    assert_eq!(replica.take_work(), None);
}

#[test]
fn a_change_without_its_rest_is_dropped() {
    let mut replica = replica();
    let mut parts = frames(change(1, 10_000));
    parts.truncate(2);
    parts.extend(frames(change(2, 1)));
    for body in parts {
        replica.receive(body).unwrap();
    }
    assert_eq!(replica.take_work(), None);
    assert_eq!(replica.take_reply(), Some(Reply::Resync(LOG)));
}

#[test]
fn a_snapshot_is_taken_only_when_its_digest_is_right() {
    let items = [item("a", 4, 3), item("b", 9, 5)];
    let mut replica = replica();
    for body in [begin(), page(&items[..1]), end(SetDigest::of(&items))] {
        replica.receive(body).unwrap();
    }
    assert_eq!(replica.take_work(), None);
    assert_eq!(replica.take_reply(), Some(Reply::Resync(LOG)));
    for body in [begin(), page(&items), end(SetDigest::of(&items))] {
        replica.receive(body).unwrap();
    }
    let Some(Work::Replace(replacement)) = replica.take_work() else { panic!("no snapshot") };
    assert_eq!(replacement.items, items);
    assert_eq!(replacement.position.revision, Revision(9));
    replica.replaced(Vec::new());
    assert!(matches!(replica.take_reply(), Some(Reply::Ack(_))));
}

#[test]
fn impossible_frames_are_refused() {
    let mut replica = replica();
    let huge = Change { items: vec![item("a", 1, MAX_ITEM_BYTES)], ..change(1, 1) };
    let foreign = Change { items: vec![item("a", 7, 1)], ..change(1, 1) };
    let backwards = Change { base: Revision(5), items: Vec::new(), ..change(1, 1) };
    for change in [huge, foreign, backwards] {
        for body in frames(change) {
            assert!(replica.receive(body).is_err());
        }
    }
    let dead = Item { payload: None, ..item("a", 1, 1) };
    replica.receive(begin()).unwrap();
    assert_eq!(replica.receive(page(&[dead])), Err(ProtocolError::Tombstone));
}
