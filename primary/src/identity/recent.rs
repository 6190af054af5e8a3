//! Sessions seen lately, for one purpose: while the database is out of reach,
//! those whom it last vouched for can still read what is served from memory.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use palisade_identity::{Caller, SessionId};

/// How long the database's last word counts.
const TRUST: TimeDelta = TimeDelta::minutes(5);
/// Sessions that are remembered at most.
const MAX_ENTRIES: usize = 4_096;

#[derive(Debug, Default)]
pub(super) struct Recent(Mutex<HashMap<SessionId, Seen>>);

#[derive(Clone, Debug)]
struct Seen {
    caller: Caller,
    until: DateTime<Utc>,
}

impl Recent {
    /// Remembers a session that the database vouched for, at most until
    /// `ends_at`.
    pub(super) fn remember(
        &self,
        session: SessionId,
        caller: &Caller,
        now: DateTime<Utc>,
        ends_at: DateTime<Utc>,
    ) {
        let mut entries = self.entries();
        if entries.len() >= MAX_ENTRIES {
            entries.retain(|_, seen| now < seen.until);
            if entries.len() >= MAX_ENTRIES {
                entries.clear();
            }
        }
        let until = ends_at.min(now + TRUST);
        entries.insert(session, Seen { caller: caller.clone(), until });
    }

    /// Forgets a session that ended.
    pub(super) fn forget(&self, session: SessionId) {
        self.entries().remove(&session);
    }

    /// Forgets all sessions of a user.
    pub(super) fn forget_user(&self, fullname: &str) {
        self.entries().retain(|_, seen| seen.caller.fullname != fullname);
    }

    /// Whose session this was when the database last answered.
    pub(super) fn caller(&self, session: SessionId, now: DateTime<Utc>) -> Option<Caller> {
        self.entries().get(&session).filter(|seen| now < seen.until).map(|seen| seen.caller.clone())
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<SessionId, Seen>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
