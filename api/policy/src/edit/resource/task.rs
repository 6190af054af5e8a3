//! An import that is under way, or has ended: a call begins it, later ones ask how far it is.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use palisade_api::rest::file::ImportTask as RestTask;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// An import takes a moment: one that runs longer died with who ran it.
const DEAD_AFTER: TimeDelta = TimeDelta::seconds(30);

/// How an import stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It runs.
    Running,
    /// All that the file says is so.
    Done,
    /// Nothing of the file was taken.
    Failed {
        /// Why.
        reason: String,
        /// Whether the file is at fault.
        by_file: bool,
    },
}

/// Why an import cannot be told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gone {
    /// The reason, as the answer tells it.
    pub why: &'static str,
    /// The one that is told of instead.
    pub last: Option<ImportTask>,
}

/// An import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportTask {
    /// Its id.
    pub tid: Uuid,
    /// Who began it.
    pub triggered_by: String,
    /// When it began or ended.
    pub at: DateTime<Utc>,
    /// How it stands.
    pub state: State,
}

impl ImportTask {
    /// One that begins.
    pub fn begun(triggered_by: &str, now: DateTime<Utc>) -> Self {
        Self {
            tid: Uuid::new_v4(),
            triggered_by: triggered_by.to_owned(),
            at: now,
            state: State::Running,
        }
    }

    /// The same import, which has ended.
    #[must_use]
    pub fn ended(self, state: State, now: DateTime<Utc>) -> Self {
        Self { state, at: now, ..self }
    }

    /// The import that a client asks for by its id, where it is the last one.
    ///
    /// # Errors
    /// When there was none, or there was another one since.
    pub fn asked_for(last: Option<Self>, tid: &[u8]) -> Result<Self, Gone> {
        let task = last.ok_or(Gone { why: "There was no import.", last: None })?;
        if tid == task.tid.simple().to_string().as_bytes() {
            return Ok(task);
        }
        let why = match task.state {
            State::Running => "Another import runs.",
            State::Done | State::Failed { .. } => "There was another import since.",
        };
        Err(Gone { why, last: Some(task) })
    }

    /// The import as clients know it.
    pub fn to_rest(&self) -> RestTask {
        let (percentage, status) = match &self.state {
            State::Running => (1, "importing"),
            State::Done => (100, "done"),
            State::Failed { reason, .. } => (0, reason.as_str()),
        };
        RestTask {
            tid: self.tid.simple().to_string(),
            ctrler_id: String::new(),
            last_update_time: self.at.to_rfc3339_opts(SecondsFormat::Secs, true),
            percentage,
            triggered_by: self.triggered_by.clone(),
            status: status.to_owned(),
            temp_token: String::new(),
        }
    }

    /// The same import, told to have died where it runs for too long.
    #[must_use]
    pub fn seen_at(mut self, now: DateTime<Utc>) -> Self {
        if self.state == State::Running && now - self.at > DEAD_AFTER {
            let reason = "no_response".to_owned();
            self.state = State::Failed { reason, by_file: false };
        }
        self
    }
}
