//! Which lists changed, told to every open portal: a change is committed on
//! any replica, its notification reaches all of them, and each wakes the
//! streams that it serves.
//!
//! [`listener`] hears of changes, [`stream`] tells them, [`scoped`] those within a
//! scope alone. Nothing is kept: who
//! was not there reads its lists anew.

mod listener;
mod scoped;
mod stream;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use palisade_identity::SessionId;
use tokio::sync::watch;

pub use listener::run;
pub use scoped::Watch;
pub use stream::{ChangeStream, Told};

/// Streams that one session may have open: a browser has a few tabs.
const MOST_STREAMS: usize = 8;

/// Something that portals show lists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// Members of the federation.
    Members,
    /// What members reported.
    Events,
    /// Registries, their images and scans.
    Scans,
    /// Federated objects.
    Rules,
    /// Files that are imported.
    Imports,
}

impl Topic {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Members, Self::Events, Self::Scans, Self::Rules, Self::Imports];

    /// Its name on the wire, and in notifications.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Members => "members",
            Self::Events => "events",
            Self::Scans => "scans",
            Self::Rules => "rules",
            Self::Imports => "imports",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.as_str() == name)
    }
}

/// How often each topic changed: only that it differs means something.
type Counts = [u64; Topic::ALL.len()];

/// What changed, and who is told. One per primary.
#[derive(Debug)]
pub struct Live {
    counts: watch::Sender<Counts>,
    open: Mutex<HashMap<SessionId, usize>>,
}

impl Live {
    /// Without streams.
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            counts: watch::Sender::new(Counts::default()),
            open: Mutex::new(HashMap::new()),
        })
    }

    /// Says that a topic changed.
    fn changed(&self, topic: Topic) {
        self.counts.send_modify(|counts| counts[topic as usize] += 1);
    }

    /// Says that anything may have changed.
    fn all_changed(&self) {
        self.counts.send_modify(|counts| counts.iter_mut().for_each(|count| *count += 1));
    }

    /// A place for one more stream of a session, if there is one.
    fn enter(self: &Arc<Self>, session: SessionId) -> Option<Place> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let streams = open.entry(session).or_insert(0);
        if *streams >= MOST_STREAMS {
            return None;
        }
        *streams += 1;
        Some(Place { live: Arc::clone(self), session })
    }
}

/// The place of an open stream, free again when it is dropped.
#[derive(Debug)]
struct Place {
    live: Arc<Live>,
    session: SessionId,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.live.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(streams) = open.get_mut(&self.session) {
            *streams -= 1;
            if *streams == 0 {
                open.remove(&self.session);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_has_so_many_streams_and_no_more() {
        let live = Live::new();
        let session = SessionId::random();
        let mut places: Vec<_> = (0..MOST_STREAMS).map(|_| live.enter(session).unwrap()).collect();
        assert!(live.enter(session).is_none());
        assert!(live.enter(SessionId::random()).is_some());
        places.pop();
        assert!(live.enter(session).is_some());
        drop(places);
        assert!(live.open.lock().unwrap().is_empty());
    }
}
