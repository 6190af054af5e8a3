//! An import that is under way, or has ended: a call begins it, later ones ask how far it is.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use palisade_api::rest::file::ImportTask as RestTask;
use palisade_api::{Code, Refusal};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// An import that was not heard of for so long died with who ran it, where that cannot be
/// known otherwise.
const DEAD_AFTER: TimeDelta = TimeDelta::seconds(30);
/// How often an import is heard of while it runs.
pub const BEAT: Duration = Duration::from_secs(5);
/// So much is named at most of what an import leaves out: files may have millions of lines.
const MOST_LEFT_OUT: usize = 1_000;

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

/// Why a call about imports is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// How.
    pub refusal: Refusal,
    /// The reason, as the answer tells it.
    pub why: String,
    /// The import that the answer tells of, where there is one.
    pub task: Option<Box<RestTask>>,
}

/// An import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportTask {
    /// Its id.
    pub tid: Uuid,
    /// Who began it.
    pub triggered_by: String,
    /// When it began or ended, or was last heard of.
    pub at: DateTime<Utc>,
    /// How it stands.
    pub state: State,
    /// What of the file has no place here, and what no file holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
}

impl ImportTask {
    /// One that begins.
    pub fn begun(triggered_by: &str, now: DateTime<Utc>) -> Self {
        Self {
            tid: Uuid::new_v4(),
            triggered_by: triggered_by.to_owned(),
            at: now,
            state: State::Running,
            left_out: Vec::new(),
        }
    }

    /// Notes what the import leaves out; of very much, how much more there is.
    pub fn leave_out(&mut self, mut left_out: Vec<String>) {
        let more = left_out.len().saturating_sub(MOST_LEFT_OUT);
        left_out.truncate(MOST_LEFT_OUT);
        left_out.extend((more > 0).then(|| format!("and {more} more")));
        self.left_out = left_out;
    }

    /// The same import, which has ended.
    #[must_use]
    pub fn ended(self, state: State, now: DateTime<Utc>) -> Self {
        Self { state, at: now, ..self }
    }

    /// The same import, which is heard of; none where it does not run any more.
    pub fn heard_of(self, now: DateTime<Utc>) -> Option<Self> {
        (self.state == State::Running).then_some(Self { at: now, ..self })
    }

    /// The import that a client asks for by its id, where it is the last one, and runs or
    /// is done.
    ///
    /// # Errors
    /// When there was none, there was another one since, or it failed.
    pub fn asked_for(last: Option<Self>, tid: &[u8]) -> Result<Self, Refused> {
        let gone = Refusal::gone(Code::InvalidRequest);
        let Some(task) = last else {
            let why = "There was no import.".to_owned();
            return Err(Refused { refusal: gone, why, task: None });
        };
        if tid != task.tid.simple().to_string().as_bytes() {
            return Err(task.refused(
                gone,
                match task.state {
                    State::Running => "Another import runs.",
                    State::Done | State::Failed { .. } => "There was another import since.",
                },
            ));
        }
        if let State::Failed { reason, by_file } = &task.state {
            let code = Code::FailImport;
            let refusal = if *by_file { Refusal::of_request(code) } else { code.into() };
            return Err(task.refused(refusal, reason));
        }
        Ok(task)
    }

    /// Why no other import begins while this one runs.
    pub fn in_the_way(&self) -> Refused {
        self.refused(Refusal::conflict(Code::FailImport), "Another import runs.")
    }

    fn refused(&self, refusal: Refusal, why: &str) -> Refused {
        Refused { refusal, why: why.to_owned(), task: Some(Box::new(self.to_rest())) }
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
            fail_to_decrypt_key_fields: BTreeMap::new(),
            left_out: self.left_out.clone(),
        }
    }

    /// The same import, told to have died where it was not heard of for too long.
    #[must_use]
    pub fn seen_at(self, now: DateTime<Utc>) -> Self {
        if now - self.at > DEAD_AFTER { self.died_if_running() } else { self }
    }

    /// The same import, told to have died where it has not ended.
    #[must_use]
    pub fn died_if_running(mut self) -> Self {
        if self.state == State::Running {
            let reason = "no_response".to_owned();
            self.state = State::Failed { reason, by_file: false };
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_learns_of_its_import_while_it_is_the_last_one() {
        let task = ImportTask::begun("mary", DateTime::UNIX_EPOCH);
        let own = task.tid.simple().to_string();
        let ended = |by_file| {
            let reason = "line 3".to_owned();
            task.clone().ended(State::Failed { reason, by_file }, DateTime::UNIX_EPOCH)
        };
        let done = task.clone().ended(State::Done, DateTime::UNIX_EPOCH);
        for (last, tid, expected) in [
            (Some(&task), own.as_str(), None),
            (Some(&done), &own, None),
            (Some(&ended(true)), &own, Some((18, 400, "line 3"))),
            (Some(&ended(false)), &own, Some((18, 500, "line 3"))),
            (Some(&task), "7", Some((6, 410, "Another import runs."))),
            (Some(&done), "7", Some((6, 410, "There was another import since."))),
            (Some(&ended(true)), "7", Some((6, 410, "There was another import since."))),
            (None, "7", Some((6, 410, "There was no import."))),
        ] {
            let refused = ImportTask::asked_for(last.cloned(), tid.as_bytes()).err();
            if let Some(refused) = &refused {
                assert_eq!(refused.task, last.map(|task| Box::new(task.to_rest())));
            }
            let told = refused.as_ref().map(|Refused { refusal, why, .. }| {
                (refusal.code.number(), refusal.status.as_u16(), why.as_str())
            });
            assert_eq!(told, expected, "{last:?} {tid}");
        }
        assert_eq!(task.in_the_way().refusal.status.as_u16(), 409);
    }

    #[test]
    fn of_very_much_that_is_left_out_some_is_named() {
        let mut task = ImportTask::begun("mary", DateTime::UNIX_EPOCH);
        task.leave_out(vec!["a".to_owned(); MOST_LEFT_OUT]);
        assert_eq!(task.left_out.len(), MOST_LEFT_OUT);
        task.leave_out(vec!["a".to_owned(); MOST_LEFT_OUT + 2]);
        assert_eq!(task.left_out.len(), MOST_LEFT_OUT + 1);
        assert_eq!(task.to_rest().left_out.last().unwrap(), "and 2 more");
    }

    #[test]
    fn an_import_is_dead_when_it_was_not_heard_of_however_long_it_runs() {
        let at = |seconds| DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
        let task = ImportTask::begun("mary", at(0));
        let late = task.clone().heard_of(at(29)).unwrap();
        assert_eq!(late.clone().seen_at(at(59)).state, State::Running);
        for silent in [task.clone().seen_at(at(31)), late.seen_at(at(60))] {
            assert!(matches!(silent.state, State::Failed { by_file: false, .. }), "{silent:?}");
        }
        let done = task.ended(State::Done, at(1));
        assert_eq!(done.clone().seen_at(at(99)).state, State::Done);
        assert_eq!(done.heard_of(at(99)), None);
    }
}
