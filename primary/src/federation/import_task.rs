//! The one import that runs at a time, or the last that did. It stands in the
//! database, so that any replica can tell how far it is.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use palisade_api::rest::file::ImportTask as RestTask;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::store::{self, Database, StoreError};

const SETTING: &str = "import_task";
/// An import takes a moment: one that runs longer died with its replica.
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
    fn at(mut self, now: DateTime<Utc>) -> Self {
        if self.state == State::Running && now - self.at > DEAD_AFTER {
            let reason = "no_response".to_owned();
            self.state = State::Failed { reason, by_file: false };
        }
        self
    }
}

/// Begins an import, or gives the one that runs already.
pub async fn begin(
    database: &Database,
    triggered_by: &str,
    now: DateTime<Utc>,
) -> Result<Result<ImportTask, ImportTask>, StoreError> {
    let mut tx = database.begin().await?;
    // Its row is the lock between replicas.
    store::federation::lock(&mut tx).await?;
    let last: Option<ImportTask> = store::setting::get(&mut tx, SETTING).await?;
    if let Some(running) = last.map(|task| task.at(now)).filter(|t| t.state == State::Running) {
        return Ok(Err(running));
    }
    let task = ImportTask {
        tid: Uuid::new_v4(),
        triggered_by: triggered_by.to_owned(),
        at: now,
        state: State::Running,
    };
    store::setting::put(&mut tx, SETTING, &task).await?;
    tx.commit().await?;
    Ok(Ok(task))
}

/// Writes down how an import ended.
pub async fn end(
    database: &Database,
    task: ImportTask,
    state: State,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let ended = ImportTask { state, at: now, ..task };
    store::setting::put(&mut *database.acquire().await?, SETTING, &ended).await
}

/// The import that runs, or the last that did.
pub async fn get(
    database: &Database,
    now: DateTime<Utc>,
) -> Result<Option<ImportTask>, StoreError> {
    let last: Option<ImportTask> =
        store::setting::get(&mut *database.acquire().await?, SETTING).await?;
    Ok(last.map(|task| task.at(now)))
}
