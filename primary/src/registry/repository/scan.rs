//! Doing what was asked for.

use std::sync::Arc;
use std::time::Duration;

use palisade_api::Digest;
use palisade_scanner::source::reference::ImageReference;
use palisade_scanner::source::registry::{RegistryAccess, RegistryClient, Resolved};
use palisade_scanner::{Inventory, Report, ScanError};
use tracing::{info, warn};
use uuid::Uuid;

use super::{RepositoryRequest, number};
use crate::registry::report::{pack, unpack};
use crate::registry::scan::{Scanned, put};
use crate::registry::signature::signatures;
use crate::registry::{ImageRead, ImageToRead, ReadFailure, Reader, Registries, RegistryFailure};
use crate::store::job::{self, Job};
use crate::store::repository_image::{self, RepositoryImage};
use crate::store::{self, StoreError};

/// How often a scan is tried that fails for a passing reason.
const TRIES: i32 = 3;
/// Somebody waits: the pause between tries is short, unless the registry asks for a longer one.
/// Who would wait very long is told so instead.
const PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_mins(2);

/// What comes of a scan.
struct Outcome {
    resolved: Resolved,
    scanned: Scanned,
    /// The report that is given out, packed.
    body: Vec<u8>,
}

/// Scans what the request names, keeps the report as those of registries are
/// kept, and notes how it ended.
pub(in crate::registry) async fn run(
    registries: &Arc<Registries>,
    reader: &dyn Reader,
    job: &Job,
    id: Uuid,
) -> Result<(), RegistryFailure> {
    let mut conn = registries.database.acquire().await?;
    let sealed = store::repository_scan::request(&mut conn, id).await?;
    drop(conn);
    let Some(sealed) = sealed else {
        let mut conn = registries.database.acquire().await?;
        job::done(&mut conn, job).await?;
        return Ok(());
    };
    let request = RepositoryRequest::open(&sealed, &registries.sealer, id)?;
    match outcome(registries, reader, job, &request).await? {
        Ok(outcome) => finish(registries, reader, job, id, &request, &outcome).await?,
        Err(error) => failed(registries, job, id, &request, &error).await?,
    }
    registries.scans_ended.notify_waiters();
    Ok(())
}

async fn finish(
    registries: &Registries,
    reader: &dyn Reader,
    job: &Job,
    id: Uuid,
    request: &RepositoryRequest,
    outcome: &Outcome,
) -> Result<(), RegistryFailure> {
    let named = RepositoryImage {
        registry: request.registry.clone(),
        repository: request.repository.clone(),
        tag: request.tag.clone(),
        digest: outcome.resolved.digest,
        index_digest: outcome.resolved.index_digest,
    };
    let mut tx = registries.database.begin().await?;
    repository_image::lock(&mut tx, &named).await?;
    put(&mut tx, outcome.resolved.digest, &outcome.scanned).await?;
    repository_image::put(&mut tx, &named, registries.clock.now()).await?;
    store::repository_scan::end(&mut tx, id, 0, "", Some(&outcome.body)).await?;
    store::scanner::scanned(&mut tx, reader.id()).await?;
    // After the image, as elsewhere.
    if !job::done(&mut tx, job).await? {
        return Ok(());
    }
    tx.commit().await.map_err(StoreError::from)?;
    outcome.scanned.was_stored(registries);
    Ok(())
}

async fn failed(
    registries: &Registries,
    job: &Job,
    id: Uuid,
    request: &RepositoryRequest,
    error: &ScanError,
) -> Result<(), RegistryFailure> {
    let (registry, repository, tag) = (&request.registry, &request.repository, &request.tag);
    let mut tx = registries.database.begin().await?;
    if let Some(pause) = pause(error, job) {
        info!(registry, repository, tag, %error, "a scan failed and is tried again");
        job::postpone(&mut tx, job, pause).await?;
    } else {
        warn!(registry, repository, tag, %error, "a scan failed");
        let outcome = number(error.outcome());
        store::repository_scan::end(&mut tx, id, outcome, &error.result_text(), None).await?;
        // After the scan, as elsewhere.
        if !job::done(&mut tx, job).await? {
            return Ok(());
        }
    }
    tx.commit().await.map_err(StoreError::from)?;
    Ok(())
}

/// How long to wait before another try; none when another one is no use.
fn pause(error: &ScanError, job: &Job) -> Option<Duration> {
    let asked = error.retry_after().unwrap_or_default();
    let again = error.is_transient() && job.attempts < TRIES && asked <= LONGEST_PAUSE;
    again.then_some(PAUSE.max(asked))
}

async fn outcome(
    registries: &Arc<Registries>,
    reader: &dyn Reader,
    job: &Job,
    request: &RepositoryRequest,
) -> Result<Result<Outcome, ScanError>, RegistryFailure> {
    let database = match registries.vulndb.current().await {
        Ok(database) => database,
        Err(error) => return Ok(Err(ScanError::VulnDb(error.to_string()))),
    };
    let scanned_at = registries.clock.now();
    let reading = Reading { registries, reader, job: job.id };
    let (client, resolved, read) = match reading.of_request(request).await {
        Ok(read) => read,
        Err(ReadFailure::Scan(error)) => return Ok(Err(error)),
        Err(ReadFailure::Gone) => return Err(RegistryFailure::WorkerGone),
    };
    let base = match reading.base(request).await {
        Ok(base) => base,
        Err(ReadFailure::Scan(error)) => return Ok(Err(error)),
        Err(ReadFailure::Gone) => return Err(RegistryFailure::WorkerGone),
    };
    let subjects = resolved.index_digest.into_iter().collect();
    let repository = &request.repository;
    let signatures =
        match signatures(registries, &client, repository, resolved.digest, subjects).await? {
            Ok(signatures) => signatures,
            Err(error) => return Ok(Err(error)),
        };
    let registries = Arc::clone(registries);
    let matching = tokio::task::spawn_blocking(move || {
        let database_of_report = Arc::clone(&database);
        let told = &registries.told;
        let digest = resolved.digest;
        let scanned = Scanned::of(&read, database, signatures, scanned_at, digest, told)?;
        let mut report: Report = scanned.report().clone();
        report.describe(&database_of_report)?;
        if let Some(base) = &base {
            report.mark_base(&read.inventory, base);
        }
        Ok(Outcome { resolved, scanned, body: pack(&report)? })
    });
    Ok(matching.await.unwrap_or_else(|error| Err(error.into())))
}

/// Reading for one job.
struct Reading<'a> {
    registries: &'a Registries,
    reader: &'a dyn Reader,
    job: i64,
}

impl Reading<'_> {
    async fn of_request(
        &self,
        request: &RepositoryRequest,
    ) -> Result<(RegistryClient, Resolved, ImageRead), ReadFailure> {
        let access = request.access().map_err(ScanError::from)?;
        let client = RegistryClient::new(access).map_err(ScanError::from)?;
        let (resolved, read) = self.image(&client, &request.repository, &request.tag).await?;
        Ok((client, resolved, read))
    }

    /// The image that the other is built on, where one is named: in the same
    /// registry, unless it names another.
    async fn base(&self, request: &RepositoryRequest) -> Result<Option<Inventory>, ReadFailure> {
        let text = request.base_image.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let (scheme, name) = text.split_once("://").unwrap_or(("https", text));
        let first = name.split('/').next().unwrap_or_default();
        let has_host = text.contains("://")
            || (name.contains('/') && (first.contains(['.', ':']) || first == "localhost"));
        let own = request.access().map_err(ScanError::from)?;
        let host = own.url.host_str().map(str::to_owned).unwrap_or_default();
        let authority = match own.url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host,
        };
        let full = if has_host { name.to_owned() } else { format!("{authority}/{name}") };
        let reference = ImageReference::parse(&full)
            .map_err(|error| ScanError::InvalidTarget(format!("the base image: {error}")))?;
        // Credentials go to the registry that they are for, and to no other.
        let access = if reference.host == authority {
            own
        } else {
            let url = format!("{scheme}://{}/", reference.host);
            let mut access = RegistryAccess::new(&url).map_err(ScanError::from)?;
            access.ignore_proxy = request.ignore_proxy;
            access
        };
        let client = RegistryClient::new(access).map_err(ScanError::from)?;
        let read = self.image(&client, &reference.repository, &reference.reference).await;
        Ok(Some(read?.1.inventory))
    }

    async fn image(
        &self,
        client: &RegistryClient,
        repository: &str,
        reference: &str,
    ) -> Result<(Resolved, ImageRead), ReadFailure> {
        let resolved =
            client.image(repository, reference)?.resolve(&self.registries.limits).await?;
        if let Some(known) = self.known(resolved.digest).await {
            return Ok((resolved, ImageRead { inventory: known, format: Inventory::FORMAT }));
        }
        let (access, place) = client.pull_access(repository).await.map_err(ScanError::from)?;
        let image =
            ImageToRead { job: self.job, access, repository: &place, digest: resolved.digest };
        let mut inventory = self.reader.read(image).await?;
        inventory.index_digest = resolved.index_digest;
        Ok((resolved, ImageRead { inventory, format: self.reader.format() }))
    }

    /// What an earlier scan read of the same image. What cannot be had of it
    /// is read again.
    async fn known(&self, digest: Digest) -> Option<Inventory> {
        let mut conn = self.registries.database.acquire().await.ok()?;
        let kept = store::inventory::get_of_format(&mut conn, digest, Inventory::FORMAT);
        let kept = kept.await.ok()??;
        drop(conn);
        let unpacked = tokio::task::spawn_blocking(move || unpack::<Inventory>(&kept));
        unpacked.await.ok()?.ok()
    }
}
