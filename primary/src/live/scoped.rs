//! Whether what changed is within the scope of a session: of other clusters it
//! is not told that anything happens in them.

use palisade_api::ClusterId;
use palisade_identity::AccessScope;
use palisade_policy::cluster::ClusterLabels;

use super::Topic;
use crate::store::member::{self, RemovedReason};
use crate::store::within::Within;
use crate::store::{Database, StoreError, event};

/// What a session with a scope was told of last.
#[derive(Debug)]
pub struct Watch {
    database: Database,
    scope: AccessScope,
    /// Whether the scope is about what members report alone: who reads the home cluster
    /// and not the federation is shown all its members.
    of_events: bool,
    members: Vec<Seen>,
    events: Vec<(ClusterId, i64)>,
}

/// What a list shows of a member for as long as that does not change by itself.
type Seen = (ClusterId, String, ClusterLabels, bool, Option<RemovedReason>);

impl Watch {
    /// Watches over what is within `scope`.
    pub fn new(database: Database, scope: AccessScope) -> Self {
        Self { database, scope, of_events: false, members: Vec::new(), events: Vec::new() }
    }

    /// Watches over what is reported within `scope`; all else is told.
    pub fn of_events(database: Database, scope: AccessScope) -> Self {
        Self { of_events: true, ..Self::new(database, scope) }
    }

    /// Those of `topics` of which something changed within the scope since the
    /// last call. What cannot be found out counts as changed.
    pub(super) async fn keep(&mut self, topics: Vec<Topic>) -> Vec<Topic> {
        let mut kept = Vec::with_capacity(topics.len());
        for topic in topics {
            let differs = match topic {
                Topic::Members if !self.of_events => self.members_differ().await,
                Topic::Events => self.events_differ().await,
                Topic::Members | Topic::Scans | Topic::Rules | Topic::Imports => Ok(true),
            };
            let differs = differs.unwrap_or_else(|error| {
                tracing::debug!(%error, "cannot tell whether a change is within a scope");
                true
            });
            if differs {
                kept.push(topic);
            }
        }
        kept
    }

    async fn members_differ(&mut self) -> Result<bool, StoreError> {
        let members = member::shown(&mut *self.database.acquire().await?, false).await?;
        let within = members.into_iter().filter(|one| self.scope.reaches(one.id, &one.labels));
        let now = within.map(|one| (one.id, one.name, one.labels, one.pending, one.removed));
        let now: Vec<Seen> = now.collect();
        Ok(std::mem::replace(&mut self.members, now) != self.members)
    }

    async fn events_differ(&mut self) -> Result<bool, StoreError> {
        let mut conn = self.database.acquire().await?;
        let within = Within::of(&mut conn, &self.scope).await?;
        let now = event::newest_of_each(&mut conn, &within).await?;
        Ok(std::mem::replace(&mut self.events, now) != self.events)
    }
}
