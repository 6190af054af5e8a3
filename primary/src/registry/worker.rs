//! Workers that take jobs until the shutdown.

use std::sync::Arc;
use std::time::Duration;

use tracing::{debug, info, warn};

use super::{Registries, RegistryFailure, list, scan};
use crate::shutdown::Shutdown;
use crate::store::job::{self, Job, Work};

/// Scans at a time: each may hold a decompression window and a layer's
/// packages.
const WORKERS: usize = 2;
/// How long a job is ours without renewal: after a crash it waits so long.
const LEASE: Duration = Duration::from_secs(30);
/// How often a job that runs is kept.
const RENEWAL: Duration = Duration::from_secs(10);
/// How often an idle worker looks for jobs of other replicas.
const POLL: Duration = Duration::from_secs(2);

pub(super) fn start(registries: &Arc<Registries>, shutdown: &Shutdown) {
    for _ in 0..WORKERS {
        let registries = Arc::clone(registries);
        let stop = shutdown.token().clone();
        shutdown.spawn("registry-worker", async move {
            // A job that is dropped in the middle is taken again when its
            // lease ends, or at the next start.
            stop.run_until_cancelled(Box::pin(work(&registries))).await;
        });
    }
}

async fn work(registries: &Registries) {
    loop {
        // Registered before looking, so that no wake-up is lost.
        let woken = registries.jobs.notified();
        tokio::pin!(woken);
        woken.as_mut().enable();
        match next(registries).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(RegistryFailure::Store(error)) if error.is_unavailable() => {
                debug!(%error, "registry jobs wait for the database");
            }
            Err(error) => warn!(%error, "a registry job failed"),
        }
        tokio::select! {
            () = woken => {}
            () = tokio::time::sleep(POLL) => {}
        }
    }
}

/// Takes and does one job. False when there is none.
async fn next(registries: &Registries) -> Result<bool, RegistryFailure> {
    let mut conn = registries.database.acquire().await?;
    let Some(taken) = job::take(&mut conn, LEASE).await? else {
        job::heal(&mut conn).await?;
        return Ok(false);
    };
    drop(conn);
    let work = async {
        match &taken.work {
            Work::List => list::run(registries, &taken).await,
            Work::Scan { repository, digest } => {
                scan::run(registries, &taken, repository, *digest).await
            }
        }
    };
    let done = tokio::select! {
        done = work => done,
        () = lost(registries, &taken) => {
            info!(registry = taken.registry, job = taken.id, "a job was cancelled or taken over");
            return Ok(true);
        }
    };
    if let Err(error) = done {
        // The registry went away, or the database did: try again later.
        let mut conn = registries.database.acquire().await?;
        job::postpone(&mut conn, &taken, Duration::from_secs(30)).await?;
        return Err(error);
    }
    Ok(true)
}

/// Keeps the job; ends when it is ours no more.
async fn lost(registries: &Registries, job: &Job) {
    loop {
        tokio::time::sleep(RENEWAL).await;
        let renewed = async {
            let mut conn = registries.database.acquire().await?;
            job::renew(&mut conn, job, LEASE).await
        };
        match renewed.await {
            Ok(true) => {}
            Ok(false) => return,
            // The result is stored only if the job is still ours then.
            Err(error) => debug!(%error, "cannot keep a job"),
        }
    }
}
