//! The one import that runs at a time, or the last that did. It stands in the
//! database, so that any replica can tell how far it is.

use chrono::{DateTime, Utc};
use palisade_policy::edit::resource::task::{ImportTask, State};

use crate::store::{self, Database, StoreError};

const SETTING: &str = "import_task";

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
    if let Some(running) = last.map(|task| task.seen_at(now)).filter(|t| t.state == State::Running)
    {
        return Ok(Err(running));
    }
    let task = ImportTask::begun(triggered_by, now);
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
    store::setting::put(&mut *database.acquire().await?, SETTING, &task.ended(state, now)).await
}

/// The import that runs, or the last that did.
pub async fn get(
    database: &Database,
    now: DateTime<Utc>,
) -> Result<Option<ImportTask>, StoreError> {
    let last: Option<ImportTask> =
        store::setting::get(&mut *database.acquire().await?, SETTING).await?;
    Ok(last.map(|task| task.seen_at(now)))
}
