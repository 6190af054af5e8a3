//! How connected members stand.

use chrono::{DateTime, Utc};
use palisade_api::Revision;
use palisade_api::federation::VulndbHeld;
use palisade_api::kind::LogId;
use palisade_sync::ObjectError;

/// How a connected member stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// It has not yet said, or been sent, what it holds.
    Connected,
    /// It holds exactly what the primary holds.
    Synced,
    /// It is behind, or holds something else.
    OutOfSync,
    /// It is being sent what it lacks.
    Syncing,
    /// It is asked whether it still listens, and has not answered yet.
    Pinging,
}

/// A connected member.
#[derive(Clone, Debug)]
pub struct LinkStatus {
    /// How it stands, over all logs.
    pub state: LinkState,
    /// Since when it is connected.
    pub connected_at: DateTime<Utc>,
    /// The version of its agent.
    pub version: String,
    /// The roles that its agent runs.
    pub roles: Vec<String>,
    /// How far it is in each log.
    pub logs: Vec<LogProgress>,
    /// What it scans with; none where it does not scan, or has nothing yet.
    pub vulndb: Option<VulndbInUse>,
}

/// The vulnerability database that a member scans with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VulndbInUse {
    /// Its version.
    pub version: String,
    /// The date of its newest record.
    pub built_at: DateTime<Utc>,
}

impl From<VulndbHeld> for VulndbInUse {
    fn from(held: VulndbHeld) -> Self {
        Self {
            version: held.version.chars().take(64).collect(),
            built_at: DateTime::from_timestamp(held.built_at, 0).unwrap_or_default(),
        }
    }
}

/// How far a connected member is in one log.
#[derive(Clone, Debug)]
pub struct LogProgress {
    /// The log.
    pub log: LogId,
    /// The newest revision that was sent.
    pub sent: Revision,
    /// The revision up to which it says to hold all that concerns it.
    pub acked: Revision,
    /// How it stands in this log.
    pub state: LinkState,
    /// Objects that it holds and could not put in force.
    pub errors: Vec<ObjectError>,
}
