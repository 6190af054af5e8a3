//! A primary and a replica's store in memory, and every state that was ever
//! committed, to compare with.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use bytes::Bytes;
use palisade_api::kind::LogId;
use palisade_api::{ClusterId, Epoch, Revision};
use palisade_sync::frame::{EncodedChange, EncodedSnapshot, Envelope, SnapshotCutter};
use palisade_sync::ring::Ring;
use palisade_sync::view::{self, Seen, Sight, Transition, Version};
use palisade_sync::{
    Applied, Change, ChangeRecord, Changes, Head, Held, Hidden, Item, Position, Replacement,
    SetDigest,
};
use uuid::Uuid;

pub(crate) const LOG: LogId = LogId::Federation;
pub(crate) const UNKNOWN_KIND: u32 = 77;
pub(crate) const MEMBERS: usize = 5;

type Key = (u32, String);
pub(crate) type Objects = BTreeMap<Key, Item>;
pub(crate) type Message = Arc<palisade_api::sync::Frame>;

/// The member of a number.
pub(crate) fn member(index: usize) -> ClusterId {
    ClusterId::from_uuid(Uuid::from_u128(index as u128 + 1))
}

/// Frames as they are.
#[derive(Debug)]
pub(crate) struct Plain;

impl Envelope for Plain {
    type Message = Message;

    fn wrap(frame: palisade_api::sync::Frame) -> Message {
        Arc::new(frame)
    }

    fn size(message: &Message) -> usize {
        prost::Message::encoded_len(message.as_ref())
    }
}

/// One object of an edit: its number, the size of its new payload, and the
/// labels of those that it is for; all where there are none.
#[derive(Clone, Debug)]
pub(crate) struct Write {
    pub(crate) object: u8,
    pub(crate) payload: Option<usize>,
    pub(crate) labels: Option<u8>,
}

/// Another version of an object, which only some have yet.
#[derive(Clone, Debug)]
struct Candidate {
    item: Item,
    reached: BTreeSet<usize>,
}

/// Everything that decides what each member is shown.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    pub(crate) objects: Objects,
    /// Objects that are for some labels only, as bits.
    selectors: BTreeMap<Key, u8>,
    candidates: BTreeMap<Key, Candidate>,
    /// The label of each member.
    labels: [u8; MEMBERS],
}

impl State {
    fn sees(&self, index: usize, key: &Key) -> Option<&Item> {
        let selected = self.selectors.get(key).is_none_or(|s| s >> self.labels[index] & 1 == 1);
        if !selected {
            return None;
        }
        match self.candidates.get(key).filter(|candidate| candidate.reached.contains(&index)) {
            Some(candidate) => Some(&candidate.item).filter(|item| item.payload.is_some()),
            None => self.objects.get(key),
        }
    }

    /// All that a member is shown.
    pub(crate) fn view(&self, index: usize) -> Objects {
        let keys = self.objects.keys().chain(self.candidates.keys());
        keys.filter_map(|key| Some((key.clone(), self.sees(index, key)?.clone()))).collect()
    }

    fn alike(&self, key: &Key) -> bool {
        !self.selectors.contains_key(key) && !self.candidates.contains_key(key)
    }
}

/// The owner of the log.
#[derive(Debug)]
pub(crate) struct Primary {
    pub(crate) epoch: Epoch,
    pub(crate) revision: Revision,
    pub(crate) floor: Revision,
    pub(crate) targeted: Revision,
    pub(crate) state: Arc<State>,
    pub(crate) log: Vec<ChangeRecord>,
    /// Every state that was ever committed.
    pub(crate) history: HashMap<(Epoch, Revision), Arc<State>>,
    epochs: u128,
    writes: u64,
}

fn version(item: Option<&Item>) -> Option<Version> {
    let item = item?;
    Some(Version { revision: item.revision, payload: item.payload.clone()? })
}

impl Primary {
    pub(crate) fn new() -> Self {
        let mut primary = Self {
            epoch: Epoch(Uuid::from_u128(1)),
            revision: Revision::ZERO,
            floor: Revision::ZERO,
            targeted: Revision::ZERO,
            state: Arc::default(),
            log: Vec::new(),
            history: HashMap::new(),
            epochs: 1,
            writes: 0,
        };
        primary.remember();
        primary
    }

    fn remember(&mut self) {
        self.history.insert((self.epoch, self.revision), Arc::clone(&self.state));
    }

    pub(crate) fn position(&self) -> Position {
        Position {
            epoch: self.epoch,
            revision: self.revision,
            digest: SetDigest::of(self.state.objects.values()),
        }
    }

    pub(crate) fn head(&self) -> Head {
        Head { position: self.position(), floor: self.floor, targeted: self.targeted }
    }

    /// What a member is not shown now.
    pub(crate) fn hidden(&self, index: usize) -> Hidden {
        let view = SetDigest::of(self.state.view(index).values());
        Hidden { since: self.targeted, digest: self.position().digest.less(view) }
    }

    pub(crate) fn edit(&mut self, writes: &[Write]) {
        let revision = self.revision.next();
        let mut next = State::clone(&self.state);
        for write in writes {
            self.writes += 1;
            let kind = if write.object.is_multiple_of(5) { UNKNOWN_KIND } else { 1 };
            let name = format!("object-{}", write.object);
            let key = (kind, name.clone());
            if next.candidates.contains_key(&key) {
                continue;
            }
            // A payload unlike all others.
            let payload = write.payload.map(|size| {
                let mut payload = vec![write.object; size];
                payload.extend(self.writes.to_le_bytes());
                Bytes::from(payload)
            });
            next.selectors.remove(&key);
            if payload.is_none() {
                next.objects.remove(&key);
                continue;
            }
            next.selectors.extend(write.labels.map(|labels| (key.clone(), labels)));
            next.objects.insert(key, Item { kind, name, revision, payload });
        }
        self.commit(next);
    }

    /// Lets an object be for other labels, untouched.
    pub(crate) fn retarget(&mut self, nth: usize, labels: Option<u8>) {
        let mut next = State::clone(&self.state);
        let Some(key) = next.objects.keys().nth(nth).cloned() else { return };
        if next.candidates.contains_key(&key) {
            return;
        }
        next.selectors.remove(&key);
        next.selectors.extend(labels.map(|labels| (key, labels)));
        self.commit(next);
    }

    pub(crate) fn relabel(&mut self, index: usize, label: u8) {
        let mut next = State::clone(&self.state);
        next.labels[index] = label;
        self.commit(next);
    }

    /// Gives another version of an object to some, or to more of them.
    pub(crate) fn stage(&mut self, nth: usize, payload: Option<usize>, reached: &[usize]) {
        let revision = self.revision.next();
        let mut next = State::clone(&self.state);
        let Some((key, item)) = next.objects.iter().nth(nth) else { return };
        self.writes += 1;
        let payload = payload.map(|size| {
            let mut payload = vec![255; size];
            payload.extend(self.writes.to_le_bytes());
            Bytes::from(payload)
        });
        let new = Candidate {
            item: Item { revision, payload, ..item.clone() },
            reached: BTreeSet::new(),
        };
        let candidate = next.candidates.entry(key.clone()).or_insert(new);
        candidate.reached.extend(reached);
        self.commit(next);
    }

    /// Gives another version of an object to everybody, or takes it back.
    pub(crate) fn settle_stage(&mut self, nth: usize, keep: bool) {
        let mut next = State::clone(&self.state);
        let Some(key) = next.candidates.keys().nth(nth).cloned() else { return };
        let Some(candidate) = next.candidates.remove(&key) else { return };
        if keep {
            if candidate.item.payload.is_none() {
                next.selectors.remove(&key);
            }
            put(&mut next.objects, key, candidate.item);
        }
        self.commit(next);
    }

    /// Makes one change of all that differs.
    fn commit(&mut self, next: State) {
        let revision = self.revision.next();
        let mut transitions = Vec::new();
        let now = &self.state;
        let keys: BTreeSet<&Key> = [&now.objects, &next.objects]
            .into_iter()
            .flat_map(BTreeMap::keys)
            .chain(now.candidates.keys())
            .chain(next.candidates.keys())
            .collect();
        for key in keys {
            let (before, after) = (now.objects.get(key), next.objects.get(key));
            let seen = if now.alike(key) && next.alike(key) {
                if before == after {
                    continue;
                }
                Seen::ByAll
            } else {
                let sights: Vec<Sight> = (0..MEMBERS)
                    .map(|index| Sight {
                        members: BTreeSet::from([member(index)]),
                        before: version(now.sees(index, key)),
                        after: version(next.sees(index, key)),
                    })
                    .filter(|sight| sight.before.is_some() || sight.after.is_some())
                    .collect();
                if before == after && sights.iter().all(|sight| sight.before == sight.after) {
                    continue;
                }
                Seen::By(sights)
            };
            transitions.push(Transition {
                kind: key.0,
                name: key.1.clone(),
                before: version(before),
                after: version(after),
                seen,
            });
        }
        if transitions.is_empty() {
            // What nobody sees differ is no change.
            self.state = Arc::new(next);
            self.remember();
            return;
        }
        let (items, parts) = view::divide(revision, transitions);
        let change = Change { base: self.revision, revision, items };
        self.revision = revision;
        self.state = Arc::new(next);
        if !parts.is_empty() {
            self.targeted = revision;
        }
        self.log.push(ChangeRecord { change, digest: self.position().digest, parts });
        self.remember();
    }

    /// Goes back to an older state, as a restored backup does.
    pub(crate) fn restore(&mut self, back: u64) {
        let revision = Revision(self.revision.0.saturating_sub(back).max(self.floor.0));
        self.state = Arc::clone(&self.history[&(self.epoch, revision)]);
        self.log.retain(|record| record.change.revision <= revision);
        self.revision = revision;
        self.targeted = self.targeted.min(revision);
        self.epochs += 1;
        self.epoch = Epoch(Uuid::from_u128(self.epochs));
        let mut past = self.history.clone();
        for ((epoch, at), state) in self.history.drain() {
            if epoch.0.as_u128() == self.epochs - 1 && at <= revision {
                past.insert((self.epoch, at), state);
            }
        }
        self.history = past;
    }

    pub(crate) fn compact(&mut self, keep: u64) {
        self.floor = self.floor.max(Revision(self.revision.0.saturating_sub(keep)));
        self.log.retain(|record| record.change.revision > self.floor);
    }

    pub(crate) fn changes(&self, after: Revision, limit: usize) -> Changes {
        if after < self.floor || after > self.revision {
            return Changes::Unreachable;
        }
        let after = self.log.iter().filter(|record| record.change.revision > after);
        Changes::Next { epoch: self.epoch, records: after.take(limit).cloned().collect() }
    }

    /// All that a member is shown, and where that stands.
    pub(crate) fn shown(&self, index: usize) -> (Position, Vec<Item>) {
        let items: Vec<Item> = self.state.view(index).into_values().collect();
        (Position { digest: SetDigest::of(&items), ..self.position() }, items)
    }

    pub(crate) fn snapshot(&self, index: usize) -> EncodedSnapshot<Message> {
        let (position, items) = self.shown(index);
        let mut cutter = SnapshotCutter::<Plain>::new(LOG, position, self.hidden(index).digest);
        for page in items.chunks(3) {
            cutter.page(page.to_vec());
        }
        cutter.finish()
    }

    /// What a notification, or the poll that heals a lost one, leads to.
    pub(crate) fn refresh(&self, ring: &Ring<Message>) {
        let Head { position, targeted, .. } = self.head();
        let known = ring.head().filter(|known| known.epoch == position.epoch);
        let Some(Changes::Next { records, .. }) =
            known.map(|known| self.changes(known.revision, 1000))
        else {
            ring.reset(position, targeted);
            return;
        };
        for record in records {
            ring.push(EncodedChange::new::<Plain>(LOG, self.epoch, record)).unwrap();
        }
    }
}

fn put(objects: &mut Objects, key: (u32, String), item: Item) {
    if item.payload.is_some() {
        objects.insert(key, item);
    } else {
        objects.remove(&key);
    }
}

/// The durable store of a replica.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) position: Position,
    pub(crate) objects: Objects,
    /// Somebody wrote past us, and nothing healed it yet.
    pub(crate) corrupted: bool,
}

impl Store {
    pub(crate) fn new() -> Self {
        Self { position: Position::NONE, objects: Objects::new(), corrupted: false }
    }

    /// Reads everything again, as a replica does when it starts.
    pub(crate) fn held(&mut self) -> Held {
        self.position.digest = SetDigest::of(self.objects.values());
        Held { position: self.position, errors: Vec::new() }
    }

    pub(crate) fn apply(&mut self, changes: Vec<Change>) -> Applied {
        for change in changes {
            assert_eq!(change.base, self.position.revision, "a change that does not follow");
            for item in change.items {
                let key = (item.kind, item.name.clone());
                let old = self.objects.get(&key);
                let old = old.and_then(|old| Some((old.revision, old.payload.as_deref()?)));
                self.position.digest.replace(old, &item);
                put(&mut self.objects, key, item);
            }
            self.position.revision = change.revision;
        }
        Applied { position: self.position, errors: Vec::new() }
    }

    pub(crate) fn replace(&mut self, replacement: Replacement) {
        self.position = replacement.position;
        self.objects = replacement
            .items
            .into_iter()
            .map(|item| ((item.kind, item.name.clone()), item))
            .collect();
        self.corrupted = false;
    }

    /// Damages an object, as a bad disk or a curious administrator does.
    pub(crate) fn corrupt(&mut self, nth: u8) {
        let nth = usize::from(nth) % self.objects.len().max(1);
        if let Some(item) = self.objects.values_mut().nth(nth) {
            item.payload = Some(Bytes::from_static(b"damaged"));
            self.corrupted = true;
        }
    }

    /// What is stored is exactly what the primary once meant the member to see.
    pub(crate) fn check(&self, primary: &Primary, index: usize) {
        if self.corrupted || self.position == Position::NONE {
            return;
        }
        let Position { epoch, revision, .. } = self.position;
        let committed = primary.history.get(&(epoch, revision));
        let committed = committed.expect("a state that was never committed");
        assert_eq!(self.objects, committed.view(index), "half a change at revision {revision}");
        assert_eq!(self.position.digest, SetDigest::of(self.objects.values()));
    }
}
