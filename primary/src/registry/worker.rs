//! Taking jobs, in this process and for workers on other machines.

use std::sync::Arc;
use std::time::Duration;

use palisade_process::host;
use tokio::sync::Mutex;
use tracing::{debug, info, warn};

use super::reader::Here;
use super::{Reader, Registries, RegistryFailure, list, push, repository, scan};
use crate::shutdown::Shutdown;
use crate::store::job::{self, Job, Takes, Work};
use crate::store::{self, StoreError};

/// How long a job is ours without renewal: after a crash it waits so long.
const LEASE: Duration = Duration::from_secs(30);
/// How often a job that runs is kept.
const RENEWAL: Duration = Duration::from_secs(10);
/// How often an idle worker looks for jobs of other replicas.
const POLL: Duration = Duration::from_secs(2);

/// How often a scanner says that it is there.
pub(crate) const HEARTBEAT: Duration = Duration::from_secs(10);
/// A scanner that was not heard of for so long is gone.
pub(crate) const LATELY: Duration = Duration::from_secs(35);

pub(super) fn start(registries: &Arc<Registries>, shutdown: &Shutdown) {
    // Registries are listed here in any case: only this side keeps them.
    let (slots, takes) = match registries.slots {
        0 => (1, Takes::Lists),
        slots => (slots, Takes::All),
    };
    // A push does not wait for scans that take their time.
    for (slots, takes) in [(slots, takes), (1, Takes::Tags)] {
        let turn = Arc::new(Turn::default());
        for _ in 0..slots {
            let (registries, turn) = (Arc::clone(registries), Arc::clone(&turn));
            let stop = shutdown.token().clone();
            shutdown.spawn("registry-worker", async move {
                // A job that is dropped in the middle is taken again when its
                // lease ends, or at the next start.
                let here = Here { registries: &registries, takes };
                stop.run_until_cancelled(Box::pin(work(&registries, &here, &turn))).await;
            });
        }
    }
    let registries = Arc::clone(registries);
    let stop = shutdown.token().clone();
    shutdown.spawn("scanner-heartbeat", async move {
        stop.run_until_cancelled(Box::pin(heartbeat(&registries))).await;
    });
}

/// Says that this replica scans, and how much there is to do.
async fn heartbeat(registries: &Registries) {
    let server = host::name();
    let slots = i32::try_from(registries.slots).unwrap_or(i32::MAX);
    loop {
        let beat = async {
            let mut conn = registries.database.acquire().await?;
            if slots > 0 {
                store::scanner::seen(&mut conn, registries.replica, &server, slots).await?;
            }
            let backlog = job::backlog(&mut conn).await?;
            let all = store::scanner::list(&mut conn, LATELY).await?;
            Ok::<_, StoreError>((backlog, all))
        };
        match beat.await {
            Ok((backlog, all)) => {
                // What an autoscaler needs: more workers while jobs wait.
                let jobs = |state| metrics::gauge!("palisade_scan_jobs", "state" => state);
                jobs("waiting").set(backlog.waiting as f64);
                jobs("running").set(backlog.running as f64);
                let slots: i64 = all.iter().map(|scanner| i64::from(scanner.slots)).sum();
                metrics::gauge!("palisade_scan_slots").set(slots as f64);
            }
            Err(error) => debug!(%error, "cannot tell who scans"),
        }
        tokio::time::sleep(HEARTBEAT).await;
    }
}

/// Held by the one slot of a worker that looks for a job: what waits is asked for as often
/// by a worker of many slots as by one of a single slot.
#[derive(Debug, Default)]
pub(crate) struct Turn(Mutex<()>);

/// Takes jobs for `reader` and does them, until it has gone away. The slots of one worker
/// share `turn`.
pub(crate) async fn work(registries: &Arc<Registries>, reader: &dyn Reader, turn: &Turn) {
    loop {
        let mine = tokio::select! {
            biased;
            () = reader.gone() => return,
            mine = turn.0.lock() => mine,
        };
        let Some(taken) = look(registries, reader).await else { return };
        drop(mine);
        match Box::pin(run(registries, reader, &taken)).await {
            Ok(()) => continue,
            Err(RegistryFailure::WorkerGone) => return,
            Err(error) => failed(&error),
        }
        tokio::select! {
            biased;
            () = reader.gone() => return,
            () = tokio::time::sleep(POLL) => {}
        }
    }
}

fn failed(error: &RegistryFailure) {
    match error {
        RegistryFailure::Store(error) if error.is_unavailable() => {
            debug!(%error, "registry jobs wait for the database");
        }
        error => warn!(%error, "a registry job failed"),
    }
}

/// Waits for a job and takes it; none when the reader has gone away.
async fn look(registries: &Registries, reader: &dyn Reader) -> Option<Job> {
    loop {
        // Registered before looking, so that no wake-up is lost.
        let woken = registries.jobs.notified();
        tokio::pin!(woken);
        woken.as_mut().enable();
        // The other slots wait for this one: an answer that never comes, of a server that went
        // away without a word, holds them up no longer than a crash would hold up its job.
        match tokio::time::timeout(LEASE, take(registries, reader)).await {
            Ok(Ok(Some(taken))) => return Some(taken),
            Ok(Ok(None)) => {}
            Ok(Err(error)) => failed(&error.into()),
            Err(_) => debug!("registry jobs wait for an answer of the database"),
        }
        tokio::select! {
            biased;
            // Nobody takes a job for one who is not there: it would be a try less.
            () = reader.gone() => return None,
            () = woken => {}
            () = tokio::time::sleep(POLL) => {}
        }
    }
}

async fn take(registries: &Registries, reader: &dyn Reader) -> Result<Option<Job>, StoreError> {
    let mut conn = registries.database.acquire().await?;
    let taken = job::take(&mut conn, LEASE, reader.takes()).await?;
    if taken.is_none() {
        job::heal(&mut conn).await?;
    }
    Ok(taken)
}

/// Does a job that was taken.
async fn run(
    registries: &Arc<Registries>,
    reader: &dyn Reader,
    taken: &Job,
) -> Result<(), RegistryFailure> {
    let work = async {
        match &taken.work {
            Work::List => list::run(registries, taken).await,
            Work::Tag { repository, tag } => push::look(registries, taken, repository, tag).await,
            Work::Scan { repository, digest } => {
                scan::run(registries, reader, taken, repository, *digest).await
            }
            Work::Repository { scan } => {
                repository::scan::run(registries, reader, taken, *scan).await
            }
        }
    };
    let done = tokio::select! {
        done = work => done,
        () = lost(registries, taken) => {
            info!(registry = taken.registry, job = taken.id, "a job was cancelled or taken over");
            return Ok(());
        }
    };
    if let Err(error) = done {
        // The registry went away, or the database did: try again later. What
        // a lost worker had begun, another one takes now.
        let lost = matches!(error, RegistryFailure::WorkerGone);
        let pause = if lost { Duration::ZERO } else { Duration::from_secs(30) };
        give_back(registries, taken, pause).await?;
        registries.jobs.notify_waiters();
        return Err(error);
    }
    Ok(())
}

/// Gives a job back, to be tried again after a pause; its image waits until then.
async fn give_back(
    registries: &Registries,
    taken: &Job,
    pause: Duration,
) -> Result<(), StoreError> {
    let mut tx = registries.database.begin().await?;
    // The images first, as everybody who ends a job does.
    if let Work::Scan { digest, .. } = &taken.work {
        store::image::set_status(&mut tx, *digest, "scheduled", "").await?;
    }
    // What was cancelled, or is another's by now, stays as it is.
    if job::postpone(&mut tx, taken, pause).await? {
        tx.commit().await?;
    }
    Ok(())
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
