//! Random schedules over the two state machines.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use palisade_api::sync::frame::Body;
use palisade_sync::frame::{EncodedChange, EncodedSnapshot, FRAME_BYTES};
use palisade_sync::replica::{Replica, Work};
use palisade_sync::ring::Ring;
use palisade_sync::sender::{Acknowledged, Sender, Step};
use palisade_sync::{Changes, Position, Reply, SetDigest, Subscriber};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::model::{LOG, Message, Plain, Primary, Store, UNKNOWN_KIND, Write, member};

const REPLICAS: usize = 3;
/// A replica of a version that takes no object older than the change that
/// brings it.
const OLD_VERSION: usize = 2;
const PIPE: usize = 4;

/// One step of a schedule. Replicas are named by number.
#[derive(Clone, Debug)]
enum Op {
    Edit(Vec<Write>),
    /// An object is for other labels from now on.
    Retarget(usize, Option<u8>),
    /// A member has another label from now on.
    Relabel(usize, u8),
    /// Some get another version of an object.
    Stage(usize, Option<usize>, Vec<usize>),
    /// All get it, or it is taken back.
    SettleStage(usize, bool),
    /// A notification arrives. Those of other edits are lost.
    Notify,
    Connect(usize),
    /// The sender writes up to so many frames, if the pipe has room.
    Send(usize, usize),
    /// The receiver reads up to so many frames.
    Receive(usize, usize),
    /// The receiver stores what is whole.
    Settle(usize),
    /// The sender hears the replies.
    Hear(usize),
    Disconnect(usize),
    RestartPrimary,
    /// The source answers, or does not.
    Source(bool),
    Compact(u64),
    Restore(u64),
    Corrupt(usize, u8),
    Pass(u64),
}

fn op() -> impl Strategy<Value = Op> {
    let payload = prop_oneof![
        6 => (0..200_usize).prop_map(Some),
        2 => (4_000..9_000_usize).prop_map(Some),
        1 => (FRAME_BYTES - 64..3 * FRAME_BYTES).prop_map(Some),
        3 => Just(None),
    ];
    let labels = || prop_oneof![3 => Just(None), 2 => (0..8_u8).prop_map(Some)];
    let write = (0..12_u8, payload, labels()).prop_map(|(object, payload, labels)| Write {
        object,
        payload,
        labels,
    });
    let staged = prop_oneof![Just(None), (0..5_000_usize).prop_map(Some)];
    let replica = 0..REPLICAS;
    prop_oneof![
        12 => vec(write, 1..8).prop_map(Op::Edit),
        3 => (0..12_usize, labels()).prop_map(|(n, labels)| Op::Retarget(n, labels)),
        3 => (replica.clone(), 0..3_u8).prop_map(|(r, label)| Op::Relabel(r, label)),
        3 => (0..12_usize, staged, vec(replica.clone(), 1..3))
            .prop_map(|(n, payload, reached)| Op::Stage(n, payload, reached)),
        2 => (0..4_usize, any::<bool>()).prop_map(|(n, keep)| Op::SettleStage(n, keep)),
        8 => Just(Op::Notify),
        6 => replica.clone().prop_map(Op::Connect),
        16 => (replica.clone(), 1..5_usize).prop_map(|(r, n)| Op::Send(r, n)),
        16 => (replica.clone(), 1..5_usize).prop_map(|(r, n)| Op::Receive(r, n)),
        10 => replica.clone().prop_map(Op::Settle),
        10 => replica.clone().prop_map(Op::Hear),
        3 => replica.clone().prop_map(Op::Disconnect),
        1 => Just(Op::RestartPrimary),
        2 => any::<bool>().prop_map(Op::Source),
        1 => (0..6_u64).prop_map(Op::Compact),
        1 => (0..4_u64).prop_map(Op::Restore),
        1 => (replica, any::<u8>()).prop_map(|(r, n)| Op::Corrupt(r, n)),
        2 => (1..20_u64).prop_map(Op::Pass),
    ]
}

struct Connection {
    sender: Sender<Message>,
    replica: Replica,
    down: VecDeque<Message>,
    up: VecDeque<Reply>,
    /// What the sender waits for when the source does not answer.
    reading: Option<Step<Message>>,
}

struct World {
    primary: Primary,
    ring: Ring<Message>,
    ring_bytes: usize,
    source: bool,
    snapshots: HashMap<SetDigest, Arc<EncodedSnapshot<Message>>>,
    stores: Vec<Store>,
    connections: Vec<Option<Connection>>,
    now: Instant,
}

impl World {
    fn new(ring_bytes: usize) -> Self {
        Self {
            primary: Primary::new(),
            ring: Ring::new(LOG, ring_bytes),
            ring_bytes,
            source: true,
            snapshots: HashMap::new(),
            stores: (0..REPLICAS).map(|_| Store::new()).collect(),
            connections: (0..REPLICAS).map(|_| None).collect(),
            now: Instant::now(),
        }
    }

    fn run(&mut self, op: Op) {
        match op {
            Op::Edit(writes) => self.primary.edit(&writes),
            Op::Retarget(nth, labels) => self.primary.retarget(nth, labels),
            Op::Relabel(index, label) => self.primary.relabel(index, label),
            Op::Stage(nth, payload, reached) => self.primary.stage(nth, payload, &reached),
            Op::SettleStage(nth, keep) => self.primary.settle_stage(nth, keep),
            Op::Notify if self.source => self.primary.refresh(&self.ring),
            Op::Notify => {}
            Op::Connect(index) => self.connect(index),
            Op::Send(index, frames) => self.send(index, frames),
            Op::Receive(index, frames) => self.receive(index, frames),
            Op::Settle(index) => self.settle(index),
            Op::Hear(index) => self.hear(index),
            Op::Disconnect(index) => self.connections[index] = None,
            Op::RestartPrimary => {
                self.connections.fill_with(|| None);
                self.ring = Ring::new(LOG, self.ring_bytes);
            }
            Op::Source(answers) => self.source = answers,
            Op::Compact(keep) => self.primary.compact(keep),
            Op::Restore(back) => self.primary.restore(back),
            Op::Corrupt(index, nth) => self.stores[index].corrupt(nth),
            Op::Pass(seconds) => self.now += Duration::from_secs(seconds),
        }
    }

    fn connect(&mut self, index: usize) {
        if self.connections[index].is_some() {
            return;
        }
        let held = self.stores[index].held();
        let wire = held.position.to_wire(LOG);
        self.connections[index] = Some(Connection {
            sender: Sender::new(subscriber(index), Position::from_wire(&wire), self.now),
            replica: Replica::new(LOG, held, |kind| kind != UNKNOWN_KIND),
            down: VecDeque::new(),
            up: VecDeque::new(),
            reading: None,
        });
    }

    fn send(&mut self, index: usize, frames: usize) {
        let Some(connection) = &mut self.connections[index] else { return };
        let mut polls = 0;
        let mut sent = 0;
        while sent < frames && connection.down.len() < PIPE {
            polls += 1;
            assert!(polls < 100, "the sender runs in circles");
            let reading = connection.reading.take();
            let step = reading.unwrap_or_else(|| connection.sender.poll(&self.ring, self.now));
            match step {
                Step::Frame(frame) => {
                    connection.down.push_back(frame);
                    sent += 1;
                }
                Step::Wait(_) => return,
                Step::Fetch(_) | Step::Snapshot(_) | Step::Hidden if !self.source => {
                    connection.reading = Some(step);
                    return;
                }
                Step::Fetch(after) => match self.primary.changes(after, 3) {
                    Changes::Unreachable => connection.sender.fetched(None),
                    Changes::Next { epoch, records } => {
                        let known = self.ring.head().map(|head| head.epoch);
                        if records.is_empty() || known != Some(epoch) {
                            self.primary.refresh(&self.ring);
                        }
                        let encode =
                            |record| Arc::new(EncodedChange::new::<Plain>(LOG, epoch, record));
                        let changes = records.into_iter().map(encode).collect();
                        connection.sender.fetched(Some(changes));
                    }
                },
                Step::Hidden => connection.sender.set_hidden(self.primary.hidden(index)),
                Step::Snapshot(at_least) => {
                    let hidden = self.primary.hidden(index);
                    let shared = self.snapshots.get(&hidden.digest).filter(|snapshot| {
                        let position = snapshot.position;
                        position.epoch == self.primary.epoch
                            && position.revision >= at_least.max(hidden.since)
                    });
                    let new = || Arc::new(self.primary.snapshot(index));
                    let snapshot = shared.cloned().unwrap_or_else(new);
                    self.snapshots.insert(hidden.digest, Arc::clone(&snapshot));
                    connection.sender.begin_snapshot(&snapshot, self.now);
                }
            }
        }
    }

    fn receive(&mut self, index: usize, frames: usize) {
        let Some(connection) = &mut self.connections[index] else { return };
        for _ in 0..frames {
            let Some(frame) = connection.down.pop_front() else { return };
            let body = frame.body.clone().unwrap();
            if let Body::Batch(batch) = &body
                && index == OLD_VERSION
            {
                assert!(batch.items.iter().all(|item| item.revision > batch.base));
            }
            connection.replica.receive(body).unwrap();
        }
    }

    fn settle(&mut self, index: usize) {
        let Some(connection) = &mut self.connections[index] else { return };
        let store = &mut self.stores[index];
        while let Some(work) = connection.replica.take_work() {
            match work {
                Work::Apply(changes) => connection.replica.applied(store.apply(changes)),
                Work::Replace(replacement) => {
                    store.replace(replacement);
                    connection.replica.replaced(Vec::new());
                }
            }
            store.check(&self.primary, index);
        }
        while let Some(reply) = connection.replica.take_reply() {
            connection.up.push_back(reply);
        }
    }

    fn hear(&mut self, index: usize) {
        let Some(connection) = &mut self.connections[index] else { return };
        while let Some(reply) = connection.up.pop_front() {
            match reply {
                Reply::Ack(ack) => {
                    let held = Position::from_wire(&ack.position.unwrap());
                    let synced =
                        connection.sender.ack(held, &self.ring, self.now) == Acknowledged::Synced;
                    let truth = self.primary.history.get(&(held.epoch, held.revision));
                    let digest = truth.map(|state| SetDigest::of(state.view(index).values()));
                    assert!(!synced || digest == Some(held.digest), "synced with another set");
                }
                Reply::Resync(_) => connection.sender.resync(),
            }
        }
    }

    /// The network works, the source answers, everybody polls.
    fn heal(&mut self) {
        self.source = true;
        // A damaged set shows at the latest when its replica starts again.
        for index in 0..REPLICAS {
            if self.stores[index].corrupted {
                self.connections[index] = None;
            }
        }
        for round in 0.. {
            assert!(round < 2_000, "no end in sight");
            self.primary.refresh(&self.ring);
            for index in 0..REPLICAS {
                self.connect(index);
                self.send(index, PIPE);
                self.receive(index, PIPE);
                self.settle(index);
                self.hear(index);
            }
            self.now += Duration::from_millis(500);
            if (0..REPLICAS).all(|index| self.is_synced(index)) {
                return;
            }
        }
    }

    fn is_synced(&self, index: usize) -> bool {
        self.connections[index].as_ref().unwrap().sender.synced(self.primary.position())
    }
}

fn subscriber(index: usize) -> Subscriber {
    Subscriber { member: member(index), takes_older: index != OLD_VERSION }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, max_shrink_iters: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_replica_ends_equal_to_its_primary(
        ops in vec(op(), 1..160),
        ring_bytes in prop_oneof![Just(1_000_usize), Just(40_000), Just(4_000_000)],
    ) {
        let mut world = World::new(ring_bytes);
        for op in ops {
            world.run(op);
        }
        world.heal();
        // Damage without any edit after it.
        world.run(Op::Corrupt(0, 0));
        world.heal();
        for (index, (store, connection)) in
            world.stores.iter().zip(&world.connections).enumerate()
        {
            prop_assert_eq!(&store.objects, &world.primary.state.view(index));
            let shown = world.primary.shown(index).0;
            prop_assert_eq!(store.position.digest, shown.digest);
            prop_assert_eq!(store.position.epoch, shown.epoch);
            let replica = &connection.as_ref().unwrap().replica;
            // What is of no use to this version is kept, and said so.
            for error in replica.errors() {
                let key = (error.kind, error.name.clone());
                prop_assert_eq!(error.kind, UNKNOWN_KIND);
                prop_assert_eq!(store.objects[&key].revision, error.revision);
            }
        }
    }
}
