//! Scanning one image.

use std::time::Duration;

use palisade_api::Digest;
use palisade_scanner::{Report, ScanError};
use prost::Message as _;
use tracing::{info, warn};

use super::credentials::RegistryCredentials;
use super::signature::signatures;
use super::{ImageToRead, ReadFailure, Reader, Registries, RegistryFailure};
use crate::store::job::{self, Job};
use crate::store::report::NewReport;
use crate::store::{self, StoreError};

/// How often a scan is tried that fails for a passing reason.
const TRIES: i32 = 3;
/// The longest pause that a registry may ask for; Docker Hub's limit counts
/// over six hours.
const LONGEST_PAUSE: Duration = Duration::from_hours(6);
/// Level of compression of stored reports.
const ZSTD_LEVEL: i32 = 3;

/// What is stored of a report.
struct Encoded {
    report: Report,
    summary: String,
    body: Vec<u8>,
    verdict: Vec<u8>,
}

/// Scans the image of the job and stores the report, or why there is none.
pub(super) async fn run(
    registries: &Registries,
    reader: &dyn Reader,
    job: &Job,
    repository: &str,
    digest: Digest,
) -> Result<(), RegistryFailure> {
    let mut conn = registries.database.acquire().await?;
    store::image::set_status(&mut conn, digest, "scanning", "").await?;
    drop(conn);
    match scanned(registries, reader, job, repository, digest).await? {
        Ok(encoded) => {
            let mut tx = registries.database.begin().await?;
            if !job::done(&mut tx, job).await? {
                return Ok(());
            }
            let new = NewReport {
                digest,
                scanned_at: encoded.report.scanned_at,
                cvedb_version: &encoded.report.cvedb_version,
                summary: &encoded.summary,
                body: &encoded.body,
                verdict: &encoded.verdict,
            };
            store::report::put(&mut tx, &new).await?;
            store::image::set_status(&mut tx, digest, "finished", "").await?;
            store::scanner::scanned(&mut tx, reader.id()).await?;
            tx.commit().await.map_err(StoreError::from)?;
            registries.reports.notify_waiters();
        }
        Err(error) => failed(registries, job, digest, &error).await?,
    }
    Ok(())
}

async fn failed(
    registries: &Registries,
    job: &Job,
    digest: Digest,
    error: &ScanError,
) -> Result<(), RegistryFailure> {
    let mut tx = registries.database.begin().await?;
    if error.is_transient() && job.attempts < TRIES {
        info!(registry = job.registry, %digest, %error, "a scan failed and is tried again");
        let pause = Duration::from_secs(2 << job.attempts.clamp(0, 6));
        // A registry that limits requests tells when they are welcome again.
        let asked = match error {
            ScanError::Registry(error) => error.retry_after().unwrap_or_default(),
            _ => Duration::ZERO,
        };
        let pause = pause.max(asked).min(LONGEST_PAUSE);
        if job::postpone(&mut tx, job, pause).await? {
            store::image::set_status(&mut tx, digest, "scheduled", "").await?;
        }
    } else {
        warn!(registry = job.registry, %digest, %error, "a scan failed");
        if job::done(&mut tx, job).await? {
            store::image::set_status(&mut tx, digest, "failed", &error.result_text()).await?;
        }
    }
    tx.commit().await.map_err(StoreError::from)?;
    Ok(())
}

async fn scanned(
    registries: &Registries,
    reader: &dyn Reader,
    job: &Job,
    repository: &str,
    digest: Digest,
) -> Result<Result<Encoded, ScanError>, RegistryFailure> {
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
    let signatures = match signatures(registries, job, &client, repository, digest).await? {
        Ok(signatures) => signatures,
        Err(error) => return Ok(Err(error)),
    };
    let matching = tokio::task::spawn_blocking(move || {
        let mut report = Report::new(&inventory, &database, scanned_at)?;
        report.signatures = signatures;
        encode(report, digest)
    });
    Ok(matching.await.unwrap_or(Err(ScanError::Cancelled)))
}

fn encode(report: Report, digest: Digest) -> Result<Encoded, ScanError> {
    let bad = |error: &dyn std::fmt::Display| {
        ScanError::Malformed(format!("its report cannot be stored: {error}"))
    };
    let summary =
        serde_json::to_string(&report.image_summary("", "")).map_err(|error| bad(&error))?;
    // Postgres stores no NUL in JSON.
    let summary = summary.replace("\\u0000", "\\ufffd");
    let body = serde_json::to_vec(&report).map_err(|error| bad(&error))?;
    let body = zstd::bulk::compress(&body, ZSTD_LEVEL).map_err(|error| bad(&error))?;
    let verdict = report.verdict(digest, &[]).encode_to_vec();
    Ok(Encoded { report, summary, body, verdict })
}
