//! The one import that runs at a time, or the last that did. It stands in the
//! database, so that any replica can tell how far it is.

use std::convert::Infallible;

use chrono::{DateTime, Utc};
use palisade_policy::edit::resource::task::{BEAT, ImportTask, State};
use uuid::Uuid;

use crate::App;
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
    // One that is taken for dead here is not heard of meanwhile.
    let last = store::setting::lock::<Option<ImportTask>>(&mut tx, SETTING, &None).await?;
    if let Some(running) = last.map(|task| task.seen_at(now)).filter(|t| t.state == State::Running)
    {
        return Ok(Err(running));
    }
    let task = ImportTask::begun(triggered_by, now);
    store::setting::put(&mut tx, SETTING, &task).await?;
    tx.commit().await?;
    Ok(Ok(task))
}

/// Runs an import, which is heard of meanwhile.
pub async fn beside<T>(app: &App, task: &ImportTask, import: impl Future<Output = T>) -> T {
    tokio::select! {
        done = import => done,
        never = beats(app, task.tid) => match never {},
    }
}

async fn beats(app: &App, tid: Uuid) -> Infallible {
    loop {
        tokio::time::sleep(BEAT).await;
        if let Err(error) = beat(&app.database, tid, app.clock.now()).await {
            tracing::warn!(%error, "cannot write down that an import goes on");
        }
    }
}

/// Writes down that an import goes on, unless it has ended, or another one has begun.
async fn beat(database: &Database, tid: Uuid, now: DateTime<Utc>) -> Result<(), StoreError> {
    let mut tx = database.begin().await?;
    let last = store::setting::lock::<Option<ImportTask>>(&mut tx, SETTING, &None).await?;
    if let Some(task) = last.filter(|task| task.tid == tid).and_then(|task| task.heard_of(now)) {
        store::setting::put(&mut tx, SETTING, &task).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Writes down how an import ended, unless it was taken for dead and another one has begun.
pub async fn end(
    database: &Database,
    task: ImportTask,
    state: State,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let mut tx = database.begin().await?;
    let last = store::setting::lock::<Option<ImportTask>>(&mut tx, SETTING, &None).await?;
    if last.is_none_or(|last| last.tid == task.tid) {
        store::setting::put(&mut tx, SETTING, &task.ended(state, now)).await?;
        tx.commit().await?;
    }
    Ok(())
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
