//! The same with I/O: a feed, and replicas on channels.

use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use palisade_api::kind::LogId;
use palisade_api::{ClusterId, Revision};
use palisade_sync::feed::FeedConfig;
use palisade_sync::sender::PATIENCE;
use palisade_sync::{
    Applied, Change, Changes, Feed, Head, Held, Hidden, Item, ObjectError, Position, Receiver,
    Replacement, ReplicaStore, Reply, SetDigest, SnapshotReader, Source, Subscriber,
};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::model::{LOG, Plain, Primary, Store, Write, member};

/// Virtual time.
const LIMIT: Duration = Duration::from_mins(10);

#[derive(Debug, thiserror::Error)]
#[error("the source does not answer")]
struct Away;

/// A primary that can be out of reach.
#[derive(Debug)]
struct Shaky {
    primary: Mutex<Primary>,
    away: AtomicBool,
}

impl Shaky {
    fn answer(&self) -> Result<std::sync::MutexGuard<'_, Primary>, Away> {
        if self.away.load(Ordering::SeqCst) { Err(Away) } else { Ok(self.primary.lock().unwrap()) }
    }
}

#[derive(Debug)]
struct Pages(Position, SetDigest, std::vec::IntoIter<Item>);

impl SnapshotReader for Pages {
    type Error = Away;

    fn position(&self) -> Position {
        self.0
    }

    fn hidden(&self) -> SetDigest {
        self.1
    }

    async fn next_page(&mut self) -> Result<Option<Vec<Item>>, Away> {
        sleep(Duration::from_millis(3)).await;
        let page: Vec<Item> = self.2.by_ref().take(2).collect();
        Ok((!page.is_empty()).then_some(page))
    }
}

#[derive(Clone, Debug)]
struct Shared(Arc<Shaky>);

impl Source for Shared {
    type Error = Away;
    type Snapshot = Pages;

    async fn head(&self, _: LogId) -> Result<Head, Away> {
        Ok(self.0.answer()?.head())
    }

    async fn changes(&self, _: LogId, after: Revision, limit: u32) -> Result<Changes, Away> {
        sleep(Duration::from_millis(2)).await;
        Ok(self.0.answer()?.changes(after, limit as usize))
    }

    async fn hidden(&self, _: LogId, member: ClusterId) -> Result<Hidden, Away> {
        sleep(Duration::from_millis(2)).await;
        Ok(self.0.answer()?.hidden(index_of(member)))
    }

    async fn snapshot(&self, _: LogId, member: ClusterId) -> Result<Pages, Away> {
        let primary = self.0.answer()?;
        let (position, items) = primary.shown(index_of(member));
        Ok(Pages(position, primary.hidden(index_of(member)).digest, items.into_iter()))
    }
}

#[derive(Debug)]
struct Disk(Mutex<Store>, Arc<Shaky>, usize);

impl ReplicaStore for Disk {
    type Error = Infallible;

    async fn held(&self, _: LogId) -> Result<Held, Infallible> {
        Ok(self.0.lock().unwrap().held())
    }

    async fn apply(&self, _: LogId, changes: Vec<Change>) -> Result<Applied, Infallible> {
        sleep(Duration::from_millis(1)).await;
        let mut store = self.0.lock().unwrap();
        let applied = store.apply(changes);
        store.check(&self.1.primary.lock().unwrap(), self.2);
        Ok(applied)
    }

    async fn replace(&self, _: LogId, all: Replacement) -> Result<Vec<ObjectError>, Infallible> {
        let mut store = self.0.lock().unwrap();
        store.replace(all);
        store.check(&self.1.primary.lock().unwrap(), self.2);
        Ok(Vec::new())
    }
}

fn index_of(member: ClusterId) -> usize {
    member.as_uuid().as_u128() as usize - 1
}

type TestFeed = Feed<Shared, Plain>;

/// Both ends of a stream, until `stop`.
fn connect(feed: &Arc<TestFeed>, disk: &Arc<Disk>, stop: &CancellationToken) -> JoinHandle<()> {
    let (feed, disk, stop) = (feed.clone(), disk.clone(), stop.clone());
    let subscriber = Subscriber { member: member(disk.2), takes_older: true };
    tokio::spawn(async move {
        let receiver = Receiver::open(disk, &[LOG], |_| true).await.unwrap();
        let held = Position::from_wire(&receiver.positions()[0]);
        let mut outlet = feed.attach(LOG, subscriber, held).unwrap();
        let cursor = outlet.cursor();
        let (frames, frame_queue) = mpsc::channel(2);
        let (replies, mut reply_queue) = mpsc::channel(2);
        let down = async {
            loop {
                // Another lane interrupts the wait every few milliseconds.
                let Ok(message) = timeout(Duration::from_millis(5), outlet.next()).await else {
                    continue;
                };
                sleep(Duration::from_millis(1)).await;
                if frames.send(message.as_ref().clone()).await.is_err() {
                    return;
                }
            }
        };
        let up = async {
            while let Some(reply) = reply_queue.recv().await {
                match reply {
                    Reply::Ack(ack) => {
                        let held = Position::from_wire(&ack.position.unwrap());
                        cursor.ack(held, feed.ring(LOG).unwrap());
                    }
                    Reply::Resync(_) => cursor.resync(),
                }
            }
        };
        tokio::select! {
            () = down => {}
            () = up => {}
            outcome = receiver.run(frame_queue, replies, stop.clone()) => outcome.unwrap(),
        }
    })
}

fn edit(shaky: &Shaky, object: u8, size: usize) {
    let labels = object.is_multiple_of(3).then_some(object);
    let write = |object, payload| Write { object, payload, labels };
    let writes = [write(object, Some(size)), write(object + 1, None), write(object + 2, Some(5))];
    shaky.primary.lock().unwrap().edit(&writes);
}

async fn converged(shaky: &Shaky, disks: &[Arc<Disk>]) {
    let equal = || {
        let primary = shaky.primary.lock().unwrap();
        disks.iter().all(|disk| {
            let (held, shown) = (disk.0.lock().unwrap().position, primary.shown(disk.2).0);
            (held.epoch, held.digest) == (shown.epoch, shown.digest)
        })
    };
    let waited = async {
        while !equal() {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(LIMIT, waited).await.expect("the replicas do not become equal");
}

#[tokio::test(start_paused = true)]
async fn streams_survive_outages_restarts_and_compaction() {
    let shaky =
        Arc::new(Shaky { primary: Mutex::new(Primary::new()), away: AtomicBool::new(false) });
    let config = FeedConfig { ring_bytes: 20_000, snapshots: 2 };
    let feed = TestFeed::new(Shared(shaky.clone()), &[LOG], config);
    let disks: Vec<Arc<Disk>> =
        (0..5).map(|n| Arc::new(Disk(Mutex::new(Store::new()), shaky.clone(), n))).collect();
    let poll = tokio::spawn({
        let feed = feed.clone();
        async move {
            loop {
                // What fails now is read at the next turn.
                drop(feed.refresh(LOG).await);
                sleep(Duration::from_millis(20)).await;
            }
        }
    });
    let stop = CancellationToken::new();
    let mut streams: Vec<_> = disks.iter().map(|disk| connect(&feed, disk, &stop)).collect();
    for round in 0..60_u8 {
        edit(&shaky, round % 10, if round % 7 == 0 { 30_000 } else { 300 });
        sleep(Duration::from_millis(u64::from(round % 5) * 10)).await;
        match round {
            // A stream breaks in the middle of whatever it does.
            10 | 30 | 50 => {
                streams[2].abort();
                streams[2] = connect(&feed, &disks[2], &stop);
            }
            15 => shaky.away.store(true, Ordering::SeqCst),
            25 => shaky.away.store(false, Ordering::SeqCst),
            35 => shaky.primary.lock().unwrap().compact(2),
            40 => shaky.primary.lock().unwrap().restore(3),
            12 | 26 | 44 => {
                shaky.primary.lock().unwrap().relabel(usize::from(round) % 5, round % 3);
            }
            _ => {}
        }
    }
    converged(&shaky, &disks).await;
    disks[4].0.lock().unwrap().corrupt(0);
    edit(&shaky, 3, 10);
    streams[4].abort();
    streams[4] = connect(&feed, &disks[4], &stop);
    converged(&shaky, &disks).await;
    for disk in &disks {
        let store = disk.0.lock().unwrap();
        assert_eq!(store.objects, shaky.primary.lock().unwrap().state.view(disk.2));
    }
    stop.cancel();
    for stream in streams {
        stream.await.unwrap();
    }
    poll.abort();
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_does_not_listen_is_overdue() {
    let shaky =
        Arc::new(Shaky { primary: Mutex::new(Primary::new()), away: AtomicBool::new(false) });
    let feed = TestFeed::new(Shared(shaky.clone()), &[LOG], FeedConfig::default());
    feed.refresh(LOG).await.unwrap();
    let ring = feed.ring(LOG).unwrap();
    let subscriber = Subscriber { member: member(0), takes_older: true };
    let mut outlet = feed.attach(LOG, subscriber, ring.head().unwrap()).unwrap();
    let cursor = outlet.cursor();
    sleep(PATIENCE * 3).await;
    assert!(!cursor.overdue(ring), "nothing is to be acknowledged");
    edit(&shaky, 1, 1);
    feed.refresh(LOG).await.unwrap();
    outlet.next().await;
    sleep(PATIENCE / 2).await;
    assert!(!cursor.overdue(ring), "there is still time");
    sleep(PATIENCE).await;
    assert!(cursor.overdue(ring), "time is up");
}
