//! Scanning one image.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use palisade_api::Digest;
use palisade_scanner::report::Signatures;
use palisade_scanner::{Report, ScanError, ScanOutcome, VulnDb};
use prost::Message as _;
use sqlx::PgTransaction;
use tracing::{info, warn};

use super::credentials::RegistryCredentials;
use super::finding::{News, Told};
use super::report::{Matched, compress, pack};
use super::signature::{indexes, signatures};
use super::{ImageRead, ImageToRead, ReadFailure, Reader, Registries, RegistryFailure};
use crate::store::job::{self, Job, Wait};
use crate::store::report::NewReport;
use crate::store::{self, StoreError};

/// How often a scan is tried that fails for a passing reason.
const TRIES: i32 = 3;
/// The longest pause that a registry may ask for; Docker Hub's limit counts
/// over six hours.
const LONGEST_PAUSE: Duration = Duration::from_hours(6);
/// The longest pause of a registry for which nobody asks another one.
const PATIENCE: Duration = Duration::from_mins(1);

/// What is stored of an image.
pub(super) struct Scanned {
    database: Arc<VulnDb>,
    matched: Matched,
    news: News,
    inventory: Vec<u8>,
    /// Of the inventory.
    format: i32,
    body: Vec<u8>,
    summary: String,
    signatures: Option<String>,
    verdict: Vec<u8>,
}

/// Scans the image of the job and stores the report, or why there is none.
pub(super) async fn run(
    registries: &Arc<Registries>,
    reader: &dyn Reader,
    job: &Job,
    repository: &str,
    digest: Digest,
) -> Result<(), RegistryFailure> {
    let mut conn = registries.database.acquire().await?;
    store::image::set_status(&mut conn, digest, "scanning", "").await?;
    drop(conn);
    match scanned(registries, reader, job, repository, digest).await? {
        Ok(scanned) => store(registries, reader, job, digest, &scanned).await?,
        Err(error) => failed(registries, reader, job, digest, &error).await?,
    }
    Ok(())
}

async fn store(
    registries: &Registries,
    reader: &dyn Reader,
    job: &Job,
    digest: Digest,
    scanned: &Scanned,
) -> Result<(), RegistryFailure> {
    let mut tx = registries.database.begin().await?;
    put(&mut tx, digest, scanned).await?;
    store::image::set_status(&mut tx, digest, "finished", "").await?;
    store::scanner::scanned(&mut tx, reader.id()).await?;
    // At the end: a listing that asks for this job once more holds the image by then.
    if !job::done(&mut tx, job).await? {
        return Ok(());
    }
    tx.commit().await.map_err(StoreError::from)?;
    scanned.was_stored(registries);
    Ok(())
}

/// Stores what was scanned; [`Scanned::was_stored`] comes after the commit.
pub(super) async fn put(
    tx: &mut PgTransaction<'_>,
    digest: Digest,
    scanned: &Scanned,
) -> store::Result<()> {
    let Scanned { database, matched, news, format, .. } = scanned;
    let create_time = database.create_time();
    let report = &matched.report;
    let new = NewReport {
        digest,
        summary: &scanned.summary,
        image_id: &report.image_id.map(|id| id.to_string()).unwrap_or_default(),
        base_os: &report.base_os(),
        size: report.size(),
        signatures: scanned.signatures.as_deref(),
        findings_only: true,
        result: matched.result(database, &create_time, Some(&scanned.body), Some(&scanned.verdict)),
    };
    let stored = store::report::put(tx, &new).await?;
    store::inventory::put(tx, digest, *format, &scanned.inventory).await?;
    let changed = (stored.findings_digest != matched.findings_digest.as_bytes())
        .then_some((stored.id, &matched.rows));
    news.write(tx, database.digest(), changed.into_iter()).await
}

async fn failed(
    registries: &Registries,
    reader: &dyn Reader,
    job: &Job,
    digest: Digest,
    error: &ScanError,
) -> Result<(), RegistryFailure> {
    let (pause, result) = (pause(error, job), error.result_text());
    let mut tx = registries.database.begin().await?;
    // The images first, as everybody who ends a job does.
    store::image::set_status(&mut tx, digest, "scheduled", "").await?;
    let back = if is_left(error, pause) { job::go_back(&mut tx, job, pause).await? } else { None };
    let place = if back.is_none() && goes_elsewhere(error, job) {
        store::image::elsewhere(&mut tx, digest, &job.registry).await?
    } else {
        None
    };
    let ours = if let Some(why) = back {
        info!(registry = job.registry, %digest, %error, "a scan failed and goes back");
        store::image::set_status(&mut tx, digest, "scheduled", &why).await?;
        true
    } else if let Some(place) = place {
        let other = &place.registry;
        info!(registry = job.registry, other, %digest, %error, "a scan failed and goes elsewhere");
        let wait = pause.map(|pause| Wait { pause, result: &result });
        job::hand_on(&mut tx, job, &place, wait).await?
    } else if let Some(pause) = pause {
        info!(registry = job.registry, %digest, %error, "a scan failed and is tried again");
        if pause > PATIENCE {
            store::image::set_status(&mut tx, digest, "scheduled", &result).await?;
        }
        job::postpone(&mut tx, job, pause).await?
    } else {
        warn!(registry = job.registry, %digest, %error, "a scan failed");
        if error.is_of_image() {
            store::image::set_broken(&mut tx, digest, reader.format(), &result).await?;
        } else {
            store::image::set_status(&mut tx, digest, "failed", &result).await?;
        }
        job::done(&mut tx, job).await?
    };
    if ours {
        tx.commit().await.map_err(StoreError::from)?;
    }
    Ok(())
}

/// Whether a registry is asked no more before long: it refuses to give the image, or wants to be
/// left alone. What passes in a moment is waited for, since another one may be worse.
fn is_left(error: &ScanError, pause: Option<Duration>) -> bool {
    let of_registry =
        !matches!(error.outcome(), ScanOutcome::DatabaseError | ScanOutcome::Cancelled)
            && !error.is_of_image();
    of_registry && pause.is_none_or(|pause| pause > PATIENCE)
}

/// Whether another registry that has the image is asked for it.
fn goes_elsewhere(error: &ScanError, job: &Job) -> bool {
    let pause = pause(error, job);
    let tries = if pause.is_some() { 2 } else { TRIES };
    is_left(error, pause) && job.attempts < tries
}

/// How long to wait before another try; none when another one is no use.
pub(super) fn pause(error: &ScanError, job: &Job) -> Option<Duration> {
    if !error.is_transient() || job.attempts >= TRIES {
        return None;
    }
    let pause = Duration::from_secs(2 << job.attempts.clamp(0, 6));
    // A registry that limits requests tells when they are welcome again.
    let asked = error.retry_after().unwrap_or_default();
    Some(pause.max(asked).min(LONGEST_PAUSE))
}

async fn scanned(
    registries: &Arc<Registries>,
    reader: &dyn Reader,
    job: &Job,
    repository: &str,
    digest: Digest,
) -> Result<Result<Scanned, ScanError>, RegistryFailure> {
    let database = match registries.vulndb.current().await {
        Ok(database) => database,
        Err(error) => return Ok(Err(ScanError::VulnDb(error.to_string()))),
    };
    let mut conn = registries.database.acquire().await?;
    let (row, registry) = registries.find(&mut conn, &job.registry).await?;
    drop(conn);
    let sealed = row.sealed_credentials.as_deref();
    let credentials = RegistryCredentials::open(sealed, &registries.sealer, &job.registry)?;
    let scanned_at = registries.clock.now();
    // Whoever reads gets access for a while, not what it was got with.
    let access = async {
        let client = credentials.client(&registry)?;
        let access = client.pull_access(repository).await?;
        Ok((client, access))
    };
    let (client, (access, place)) = match access.await {
        Ok(access) => access,
        Err(error) => return Ok(Err(ScanError::Registry(error))),
    };
    let image = ImageToRead { job: job.id, access, repository: &place, digest };
    let inventory = match reader.read(image).await {
        Ok(inventory) => inventory,
        Err(ReadFailure::Scan(error)) => return Ok(Err(error)),
        Err(ReadFailure::Gone) => return Err(RegistryFailure::WorkerGone),
    };
    let read = ImageRead { inventory, format: reader.format() };
    let subjects = indexes(registries, job, repository, digest).await?;
    let signatures = signatures(registries, &client, repository, digest, subjects).await?;
    let signatures = match signatures {
        Ok(signatures) => signatures,
        Err(error) => return Ok(Err(error)),
    };
    let registries = Arc::clone(registries);
    let matching = tokio::task::spawn_blocking(move || {
        let told = &registries.told;
        Scanned::of(&read, database, signatures, scanned_at, digest, told)
    });
    Ok(matching.await.unwrap_or_else(|error| Err(error.into())))
}

impl Scanned {
    /// Holds an inventory against a database. Blocks.
    pub(super) fn of(
        read: &ImageRead,
        database: Arc<VulnDb>,
        signatures: Option<Signatures>,
        scanned_at: DateTime<Utc>,
        digest: Digest,
        told: &Told,
    ) -> Result<Self, ScanError> {
        let mut report = Report::matched(&read.inventory, &database, scanned_at)?;
        report.signatures = signatures;
        let matched = Matched::of(report)?;
        let mut news = told.news(database.digest(), std::iter::once(&matched.rows));
        news.describe(&database)?;
        let report = &matched.report;
        let json = |value: Result<String, serde_json::Error>| {
            // Postgres stores no NUL in JSON.
            value.map(|json| json.replace("\\u0000", "\\ufffd")).map_err(|error| {
                ScanError::Malformed(format!("its report cannot be stored: {error}"))
            })
        };
        Ok(Self {
            summary: json(serde_json::to_string(&report.image_summary("", "")))?,
            signatures: match &report.signatures {
                Some(signatures) => Some(json(serde_json::to_string(signatures))?),
                None => None,
            },
            verdict: report.verdict(digest, &[]).encode_to_vec(),
            inventory: pack(&read.inventory)?,
            format: read.format,
            body: compress(&matched.body)?,
            news,
            database,
            matched,
        })
    }

    /// What was found, without descriptions.
    pub(super) const fn report(&self) -> &Report {
        &self.matched.report
    }

    /// Notes what was committed, and has its verdict published.
    pub(super) fn was_stored(&self, registries: &Registries) {
        registries.told.told(self.database.digest(), &self.news);
        registries.reports.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::job::Work;

    #[test]
    fn another_registry_is_asked_where_one_refuses_or_wants_long_to_be_left_alone() {
        let [refusal, limit, flake, broken, no_database] = [
            (ScanOutcome::AuthenticationError, None),
            (ScanOutcome::RegistryApiError, Some(Duration::from_hours(2))),
            (ScanOutcome::NetworkError, Some(Duration::ZERO)),
            (ScanOutcome::FileSystemError, None),
            (ScanOutcome::DatabaseError, None),
        ]
        .map(|(outcome, retry_after)| ScanError::Reported {
            outcome,
            text: String::new(),
            transient: retry_after.is_some(),
            retry_after,
        });
        for (error, attempts, expected) in [
            (&refusal, 1, true),
            (&refusal, 2, true),
            (&refusal, TRIES, false),
            (&limit, 1, true),
            (&limit, 2, false),
            (&limit, TRIES, false),
            (&flake, 1, false),
            (&flake, TRIES, false),
            (&broken, 1, false),
            (&no_database, 1, false),
        ] {
            let job = Job { id: 7, work: Work::List, registry: "shop".to_owned(), attempts };
            assert_eq!(goes_elsewhere(error, &job), expected, "{error:?} {attempts}");
        }
    }

    #[test]
    fn a_registry_is_left_alone_as_long_as_it_asks_a_worker() {
        let job = |attempts| Job { id: 7, work: Work::List, registry: "shop".to_owned(), attempts };
        let limited = |retry_after| ScanError::Reported {
            outcome: ScanOutcome::RegistryApiError,
            text: "the registry allows no more requests for now".to_owned(),
            transient: true,
            retry_after,
        };
        for (retry_after, expected) in [
            (None, Duration::from_secs(4)),
            (Some(Duration::from_secs(1)), Duration::from_secs(4)),
            (Some(Duration::from_hours(2)), Duration::from_hours(2)),
            (Some(Duration::MAX), LONGEST_PAUSE),
        ] {
            assert_eq!(pause(&limited(retry_after), &job(1)), Some(expected), "{retry_after:?}");
        }
        assert_eq!(pause(&limited(None), &job(TRIES)), None);
    }
}
