//! One image: read, packed, sent.

use std::time::Duration;

use palisade_api::Digest;
use palisade_api::federation::{InventoryPart, ScanFailure, ScanJob, WorkerUp, worker_up};
use palisade_scanner::source::Source;
use palisade_scanner::source::registry::{RegistryAccess, RegistryClient};
use palisade_scanner::{ScanError, scan};
use secrecy::SecretString;
use tokio::sync::mpsc;

use super::Shared;

/// An inventory is sent in parts of this size.
const PART: usize = 256 << 10;
/// Level of compression on the way.
const ZSTD_LEVEL: i32 = 3;

/// Reads the image and sends what it holds, or why there is nothing.
pub(super) async fn run(shared: &Shared, job: ScanJob, up: mpsc::Sender<WorkerUp>) {
    let id = job.id;
    let parts = match read(shared, job).await {
        Ok(packed) => parts(id, packed),
        Err(error) => {
            tracing::info!(job = id, %error, "an image could not be read");
            vec![worker_up::Body::Failure(failure(id, &error))]
        }
    };
    for body in parts {
        if up.send(WorkerUp { body: Some(body) }).await.is_err() {
            // The connection is gone: the primary gives the job to another.
            return;
        }
    }
}

async fn read(shared: &Shared, job: ScanJob) -> Result<Vec<u8>, ScanError> {
    let digest = Digest::from_oci(&job.digest)
        .map_err(|_| ScanError::InvalidTarget(format!("{:?} is no digest", job.digest)))?;
    let mut access = RegistryAccess::new(&job.registry)?;
    access.ignore_proxy = job.ignore_proxy;
    let access = access.with_credentials(&job.username, SecretString::from(job.password));
    let image = RegistryClient::new(access)?.image(&job.repository, &digest.to_oci())?;
    let source = Source::Registry(image);
    let inventory = scan::inventory(&source, &shared.limits, &shared.cache).await?;
    tokio::task::spawn_blocking(move || {
        let json = serde_json::to_vec(&inventory)
            .map_err(|error| ScanError::Malformed(format!("it cannot be told: {error}")))?;
        zstd::bulk::compress(&json, ZSTD_LEVEL)
            .map_err(|source| ScanError::File { what: "compression".to_owned(), source })
    })
    .await?
}

fn failure(job: i64, error: &ScanError) -> ScanFailure {
    // Rather a moment too late than one too early.
    let seconds = |asked: Duration| asked.as_secs() + u64::from(asked.subsec_nanos() > 0);
    ScanFailure {
        job,
        outcome: error.outcome().number(),
        text: error.to_string(),
        transient: error.is_transient(),
        retry_after_seconds: error.retry_after().map_or(0, seconds),
    }
}

fn parts(job: i64, packed: Vec<u8>) -> Vec<worker_up::Body> {
    let mut rest = bytes::Bytes::from(packed);
    let mut parts = Vec::new();
    loop {
        let chunk = rest.split_to(PART.min(rest.len()));
        let last = rest.is_empty();
        parts.push(worker_up::Body::Inventory(InventoryPart { job, chunk, last }));
        if last {
            return parts;
        }
    }
}

#[cfg(test)]
mod tests {
    use palisade_scanner::source::registry::RegistryError;

    use super::*;

    #[test]
    fn the_pause_that_a_registry_asks_for_is_told() {
        for (asked, seconds) in [
            (None, 0),
            (Some(Duration::from_hours(1)), 3_600),
            (Some(Duration::from_millis(1_500)), 2),
        ] {
            let url = "https://registry.example/v2/".to_owned();
            let error = RegistryError::TooManyRequests { url, retry_after: asked };
            let told = failure(7, &error.into());
            assert_eq!((told.job, told.transient, told.retry_after_seconds), (7, true, seconds));
        }
    }

    #[test]
    fn the_last_part_says_so() {
        for (bytes, count) in [(0, 1), (PART, 1), (PART + 1, 2), (3 * PART, 3)] {
            let parts = parts(7, vec![1; bytes]);
            let lasts: Vec<bool> = parts
                .iter()
                .map(|part| match part {
                    worker_up::Body::Inventory(part) => part.last,
                    _ => false,
                })
                .collect();
            assert_eq!(lasts.len(), count, "{bytes}");
            assert_eq!(lasts.iter().filter(|last| **last).count(), 1);
            assert!(lasts[count - 1]);
        }
    }
}
