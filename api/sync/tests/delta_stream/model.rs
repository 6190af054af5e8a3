//! A primary and a replica's store in memory, and every state that was ever
//! committed, to compare with.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use bytes::Bytes;
use palisade_api::kind::LogId;
use palisade_api::{Epoch, Revision};
use palisade_sync::frame::{EncodedChange, EncodedSnapshot, Envelope, SnapshotCutter};
use palisade_sync::ring::Ring;
use palisade_sync::{
    Applied, Change, ChangeRecord, Changes, Held, Item, Position, Replacement, SetDigest,
};
use uuid::Uuid;

pub(crate) const LOG: LogId = LogId::Federation;
pub(crate) const UNKNOWN_KIND: u32 = 77;

pub(crate) type Objects = BTreeMap<(u32, String), Item>;
pub(crate) type Message = Arc<palisade_api::sync::Frame>;

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

/// One object of an edit: its number, and the size of its new payload.
#[derive(Clone, Debug)]
pub(crate) struct Write {
    pub(crate) object: u8,
    pub(crate) payload: Option<usize>,
}

/// The owner of the log.
#[derive(Debug)]
pub(crate) struct Primary {
    pub(crate) epoch: Epoch,
    pub(crate) revision: Revision,
    pub(crate) floor: Revision,
    pub(crate) objects: Arc<Objects>,
    pub(crate) log: Vec<ChangeRecord>,
    /// Every state that was ever committed.
    pub(crate) history: HashMap<(Epoch, Revision), Arc<Objects>>,
    epochs: u128,
    writes: u64,
}

impl Primary {
    pub(crate) fn new() -> Self {
        let mut primary = Self {
            epoch: Epoch(Uuid::from_u128(1)),
            revision: Revision::ZERO,
            floor: Revision::ZERO,
            objects: Arc::default(),
            log: Vec::new(),
            history: HashMap::new(),
            epochs: 1,
            writes: 0,
        };
        primary.remember();
        primary
    }

    fn remember(&mut self) {
        self.history.insert((self.epoch, self.revision), Arc::clone(&self.objects));
    }

    pub(crate) fn position(&self) -> Position {
        Position {
            epoch: self.epoch,
            revision: self.revision,
            digest: SetDigest::of(self.objects.values()),
        }
    }

    pub(crate) fn edit(&mut self, writes: &[Write]) {
        let revision = self.revision.next();
        let mut objects = Objects::clone(&self.objects);
        let mut items = BTreeMap::new();
        for write in writes {
            self.writes += 1;
            let kind = if write.object.is_multiple_of(5) { UNKNOWN_KIND } else { 1 };
            let name = format!("object-{}", write.object);
            let key = (kind, name.clone());
            // A payload unlike all others.
            let payload = write.payload.map(|size| {
                let mut payload = vec![write.object; size];
                payload.extend(self.writes.to_le_bytes());
                Bytes::from(payload)
            });
            if payload.is_none() && !self.objects.contains_key(&key) {
                continue;
            }
            let item = Item { kind, name, revision, payload };
            items.insert(key, item);
        }
        if items.is_empty() {
            return;
        }
        for (key, item) in &items {
            put(&mut objects, key.clone(), item.clone());
        }
        let change = Change { base: self.revision, revision, items: items.into_values().collect() };
        self.revision = revision;
        self.objects = Arc::new(objects);
        self.log.push(ChangeRecord { change, digest: self.position().digest });
        self.remember();
    }

    /// Goes back to an older state, as a restored backup does.
    pub(crate) fn restore(&mut self, back: u64) {
        let revision = Revision(self.revision.0.saturating_sub(back).max(self.floor.0));
        self.objects = Arc::clone(&self.history[&(self.epoch, revision)]);
        self.log.retain(|record| record.change.revision <= revision);
        self.revision = revision;
        self.epochs += 1;
        self.epoch = Epoch(Uuid::from_u128(self.epochs));
        let mut past = self.history.clone();
        for ((epoch, at), objects) in self.history.drain() {
            if epoch.0.as_u128() == self.epochs - 1 && at <= revision {
                past.insert((self.epoch, at), objects);
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

    pub(crate) fn snapshot(&self) -> EncodedSnapshot<Message> {
        let mut cutter = SnapshotCutter::<Plain>::new(LOG, self.position());
        for page in self.objects.values().cloned().collect::<Vec<_>>().chunks(3) {
            cutter.page(page.to_vec());
        }
        cutter.finish()
    }

    /// What a notification, or the poll that heals a lost one, leads to.
    pub(crate) fn refresh(&self, ring: &Ring<Message>) {
        let head = self.position();
        let known = ring.head().filter(|known| known.epoch == head.epoch);
        let Some(Changes::Next { records, .. }) =
            known.map(|known| self.changes(known.revision, 1000))
        else {
            ring.reset(head);
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

    /// What is stored is exactly a state that the primary committed.
    pub(crate) fn check(&self, primary: &Primary) {
        if self.corrupted || self.position == Position::NONE {
            return;
        }
        let Position { epoch, revision, .. } = self.position;
        let committed = primary.history.get(&(epoch, revision));
        let committed = committed.expect("a state that was never committed");
        assert_eq!(&self.objects, committed.as_ref(), "half a change at revision {revision}");
        assert_eq!(self.position.digest, SetDigest::of(self.objects.values()));
    }
}
