//! Whose signatures an image has.

use std::collections::BTreeSet;

use palisade_api::Digest;
use palisade_scanner::ScanError;
use palisade_scanner::report::Signatures;
use palisade_scanner::signature;
use palisade_scanner::source::registry::RegistryClient;
use tracing::{debug, warn};

use super::Registries;
use crate::store::job::Job;
use crate::store::{self, StoreError};

/// Indexes of one image that are looked at.
const MOST: usize = 4;

/// The indexes that lead to an image under its name. Signing a tag signs what
/// it leads to: an index, where it is one.
pub(super) async fn indexes(
    registries: &Registries,
    job: &Job,
    repository: &str,
    digest: Digest,
) -> Result<BTreeSet<Digest>, StoreError> {
    let mut conn = registries.database.acquire().await?;
    let names = store::image::names(&mut conn, &[digest]).await?;
    let here = names
        .into_iter()
        .filter(|name| name.registry == job.registry && name.repository == repository);
    Ok(here.filter_map(|name| name.index_digest.as_deref()?.try_into().ok()).take(MOST).collect())
}

/// Fetches the signatures of an image and of the indexes that lead to it from
/// their registry and judges them. None when there is nobody whose signature
/// is wanted.
///
/// Only what may pass is an error: an image whose signatures cannot be read
/// is reported as one that nobody signed.
pub(super) async fn signatures(
    registries: &Registries,
    client: &RegistryClient,
    repository: &str,
    digest: Digest,
    mut subjects: BTreeSet<Digest>,
) -> Result<Result<Option<Signatures>, ScanError>, StoreError> {
    let roots = registries.ready_roots().await?;
    if roots.is_empty() {
        return Ok(Ok(None));
    }
    subjects.insert(digest);
    let verified_at = registries.clock.now();
    let collected = async {
        let image = client.image(repository, &digest.to_oci())?;
        let subjects: Vec<Digest> = subjects.into_iter().collect();
        signature::collect(&image, &subjects, &registries.limits).await
    };
    let collected = match collected.await {
        Ok(collected) => collected,
        Err(error) if error.is_transient() => return Ok(Err(error)),
        Err(error) => {
            warn!(%digest, %error, "cannot read the signatures of an image");
            Vec::new()
        }
    };
    // Whoever signs chooses how long the judging takes.
    let judging =
        tokio::task::spawn_blocking(move || signature::satisfied(&roots, &collected, verified_at));
    let outcome = match judging.await {
        Ok(outcome) => outcome,
        Err(error) => return Ok(Err(error.into())),
    };
    for (verifier, error) in &outcome.unsatisfied {
        if let Some(error) = error {
            debug!(%digest, verifier, %error, "a signature does not count");
        }
    }
    Ok(Ok(Some(Signatures { verifiers: outcome.verifiers, verified_at })))
}
