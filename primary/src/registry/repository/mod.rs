//! Scans of single images that CI and Harbor ask for, and results of
//! stand-alone scanners.
//!
//! [`request`] is what is asked for, [`scan`] does it as a job of the queue
//! that registries' scans are in, [`submit`] takes results. Their reports and
//! verdicts are kept as those of registries are.

mod request;
pub(super) mod scan;
mod submit;

use std::time::Duration;

use palisade_api::Digest;
use palisade_scanner::{Report, ScanOutcome};
use thiserror::Error;
use tokio::time::Instant;
use uuid::Uuid;

pub use request::{BadRequest, RepositoryRequest};
pub use submit::BadResult;

use super::report::{PackError, unpack};
use super::{Registries, RegistryFailure};
use crate::store::StoreError;
use crate::store::image::NamedImage;
use crate::store::repository_scan::{self, EndedScan, NewScan};

/// The name that images which no registry lists have in place of a registry's.
pub const REPOSITORY: &str = crate::store::repository_image::REGISTRY;
/// Scans that may wait or run.
const MOST_WAITING: i64 = 2_048;
/// How often the end of a scan on another replica is looked for.
const POLL: Duration = Duration::from_secs(1);

/// Why a scan gives no report.
#[derive(Debug, Error)]
pub enum RepositoryFailure {
    /// What is asked for makes no sense.
    #[error(transparent)]
    Request(#[from] BadRequest),
    /// A result that cannot be kept.
    #[error(transparent)]
    Result(#[from] BadResult),
    /// There are as many as there may be.
    #[error("{MOST_WAITING} scans wait already; try again later")]
    TooMany,
    /// The scan failed.
    #[error("{}", .outcome.text())]
    Failed {
        /// Why.
        outcome: ScanOutcome,
        /// In more words.
        detail: String,
    },
    /// There is no such scan, or its result was given out.
    #[error("there is no such scan")]
    Missing,
    /// What is stored of it cannot be read.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// Registries, keys or the database failed.
    #[error(transparent)]
    Registry(#[from] RegistryFailure),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A report and the request that it answers.
#[derive(Debug)]
pub struct RepositoryReport {
    /// What was asked for.
    pub request: RepositoryRequest,
    /// What was found, with what the vulnerability profile accepts marked.
    pub report: Report,
}

/// How far a scan is.
#[derive(Debug)]
pub enum RepositoryScan {
    /// It waits or runs.
    Running,
    /// It gave a report.
    Done(Box<RepositoryReport>),
}

impl Registries {
    /// Asks for a scan. The same request of the same `asker` is one scan until
    /// its result is given out; without an asker each is one of its own.
    pub async fn ask_for_scan(
        &self,
        request: &RepositoryRequest,
        asker: Option<&str>,
    ) -> Result<Uuid, RepositoryFailure> {
        let id = Uuid::new_v4();
        let sealed = request.seal(&self.sealer, id).map_err(RegistryFailure::from)?;
        let request_digest = asker.map(|asker| request.digest(asker));
        let new = NewScan {
            id,
            request_digest: request_digest.as_ref().map(Digest::as_bytes),
            sealed_request: &sealed,
        };
        let mut tx = self.database.begin().await?;
        let scan = repository_scan::ask(&mut tx, &new).await?;
        if scan.new && repository_scan::waiting(&mut tx).await? > MOST_WAITING {
            return Err(RepositoryFailure::TooMany);
        }
        tx.commit().await.map_err(StoreError::from)?;
        if scan.new {
            self.jobs.notify_waiters();
        }
        Ok(scan.id)
    }

    /// Waits up to `patience` for the end of a scan and gives its result out:
    /// once, to whoever is first.
    pub async fn claim_scan(
        &self,
        id: Uuid,
        patience: Duration,
    ) -> Result<RepositoryScan, RepositoryFailure> {
        let until = Instant::now() + patience;
        loop {
            let ended = self.scans_ended.notified();
            tokio::pin!(ended);
            ended.as_mut().enable();
            let mut conn = self.database.acquire().await?;
            if let Some(ended) = repository_scan::claim(&mut conn, id).await? {
                drop(conn);
                return self.result(id, ended).await;
            }
            if repository_scan::has_ended(&mut conn, id).await?.is_none() {
                return Err(RepositoryFailure::Missing);
            }
            drop(conn);
            let now = Instant::now();
            if now >= until {
                return Ok(RepositoryScan::Running);
            }
            let pause = POLL.min(until - now);
            // Woken or not, the next look tells.
            let _ = tokio::time::timeout(pause, ended).await;
        }
    }

    /// How far a scan is, for each who asks.
    pub async fn look_at_scan(&self, id: Uuid) -> Result<RepositoryScan, RepositoryFailure> {
        let mut conn = self.database.acquire().await?;
        if let Some(ended) = repository_scan::get_ended(&mut conn, id).await? {
            drop(conn);
            return self.result(id, ended).await;
        }
        match repository_scan::has_ended(&mut conn, id).await? {
            Some(_) => Ok(RepositoryScan::Running),
            None => Err(RepositoryFailure::Missing),
        }
    }

    async fn result(
        &self,
        id: Uuid,
        ended: EndedScan,
    ) -> Result<RepositoryScan, RepositoryFailure> {
        let EndedScan { outcome, detail, body, sealed_request } = ended;
        let Some(body) = body else {
            let outcome = ScanOutcome::from_number(u32::try_from(outcome).unwrap_or_default());
            return Err(RepositoryFailure::Failed { outcome, detail });
        };
        let request = RepositoryRequest::open(&sealed_request, &self.sealer, id)
            .map_err(RegistryFailure::from)?;
        let unpacked = tokio::task::spawn_blocking(move || unpack::<Report>(&body));
        let mut report = unpacked.await.map_err(|_| RegistryFailure::Cancelled)??;
        let name = NamedImage {
            registry: REPOSITORY.to_owned(),
            url: request.registry.clone(),
            repository: request.repository.clone(),
            tag: request.tag.clone(),
            digest: Vec::new(),
            index_digest: None,
        };
        self.judge_as(&mut report, &name).await?;
        Ok(RepositoryScan::Done(Box::new(RepositoryReport { request, report })))
    }
}

/// What is stored of a failed scan: its reason's number and words.
fn number(outcome: ScanOutcome) -> i16 {
    i16::try_from(outcome.number()).unwrap_or_default()
}
