//! One open portal's stream.

use std::sync::Arc;
use std::time::Duration;

use palisade_identity::SessionId;
use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::{Counts, Live, Place, Topic, Watch};
use crate::identity::Identity;

/// A stream is silent no longer than this, and outlives its session by no more.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// What changes together is told together.
const GATHER: Duration = Duration::from_millis(150);

/// What a stream tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// From now on nothing is missed.
    Ready,
    /// These lists changed.
    Changed(Vec<Topic>),
    /// The stream lives.
    Heartbeat,
}

/// Tells a session which lists changed.
#[derive(Debug)]
pub struct ChangeStream {
    topics: Vec<Topic>,
    /// Where the session has a scope.
    watch: Option<Watch>,
    changes: watch::Receiver<Counts>,
    told: Counts,
    greeted: bool,
    heartbeat: Interval,
    identity: Arc<Identity>,
    stop: CancellationToken,
    place: Place,
}

impl ChangeStream {
    /// A stream about `topics`, of which `watch` leaves out what is not within; none where
    /// the session has too many.
    pub fn open(
        live: &Arc<Live>,
        identity: Arc<Identity>,
        session: SessionId,
        topics: Vec<Topic>,
        watch: Option<Watch>,
        stop: CancellationToken,
    ) -> Option<Self> {
        let place = live.enter(session)?;
        let mut changes = live.counts.subscribe();
        let told = *changes.borrow_and_update();
        let mut heartbeat = interval(HEARTBEAT);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Some(Self {
            topics,
            watch,
            changes,
            told,
            greeted: false,
            heartbeat,
            identity,
            stop,
            place,
        })
    }

    /// What there is to tell next; nothing once the session has ended.
    pub async fn next(&mut self) -> Option<Told> {
        if !self.greeted {
            self.greeted = true;
            // The first tick is at once.
            self.heartbeat.tick().await;
            self.within(self.topics.clone()).await;
            return Some(Told::Ready);
        }
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return None,
                _ = self.heartbeat.tick() => {
                    return self.lives().await.then_some(Told::Heartbeat);
                }
                changed = self.changes.changed() => {
                    changed.ok()?;
                    tokio::time::sleep(GATHER).await;
                    let topics = self.gathered();
                    let topics = self.within(topics).await;
                    if !topics.is_empty() {
                        return Some(Told::Changed(topics));
                    }
                }
            }
        }
    }

    /// What changed since the last time, of what the session may see.
    fn gathered(&mut self) -> Vec<Topic> {
        let now = *self.changes.borrow_and_update();
        let before = std::mem::replace(&mut self.told, now);
        let differs = |topic: &Topic| now[*topic as usize] != before[*topic as usize];
        self.topics.iter().copied().filter(differs).collect()
    }

    /// Those of the topics of which something changed within the scope.
    async fn within(&mut self, topics: Vec<Topic>) -> Vec<Topic> {
        match &mut self.watch {
            Some(watch) => watch.keep(topics).await,
            None => topics,
        }
    }

    /// Whether the session lives. A database that does not answer ends nobody.
    async fn lives(&self) -> bool {
        match self.identity.session_lives(self.place.session).await {
            Ok(lives) => lives,
            Err(error) => {
                tracing::debug!(%error, "cannot look at the session of a stream");
                true
            }
        }
    }
}
