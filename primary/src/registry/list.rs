//! Finding the images of a registry.

use std::collections::HashMap;

use futures_util::{StreamExt as _, stream};
use palisade_api::Digest;
use palisade_api::rest::scan::Registry;
use palisade_scanner::source::registry::{Filter, RegistryClient, RegistryError, Resolved, newest};
use palisade_scanner::{Inventory, ScanError, ScanOutcome};
use tracing::info;

use super::credentials::RegistryCredentials;
use super::{Registries, RegistryFailure};
use crate::store::image::FoundImage;
use crate::store::job::{self, Job};
use crate::store::{self, StoreError};

/// Names of a registry that are looked at.
const MAX_REPOSITORIES: usize = 50_000;
const MAX_TAGS: usize = 20_000;
/// Images of a registry that are kept.
const MAX_IMAGES: usize = 20_000;
/// Requests at a time.
const REQUESTS: usize = 8;

/// Lists the registry of the job and asks for the scans that are missing.
pub(super) async fn run(registries: &Registries, job: &Job) -> Result<(), RegistryFailure> {
    let mut conn = registries.database.acquire().await?;
    let (row, registry) = registries.find(&mut conn, &job.registry).await?;
    let indexes = store::image::indexes(&mut conn, &job.registry).await?;
    drop(conn);
    let sealed = row.sealed_credentials.as_deref();
    let credentials = RegistryCredentials::open(sealed, &registries.sealer, &job.registry)?;
    let found = match credentials.client(&registry) {
        Ok(client) => images(&client, &registry, registries, &indexes).await,
        Err(error) => Err(error),
    };
    let is_listed = found.is_ok();
    let mut tx = registries.database.begin().await?;
    match found {
        Ok(found) => {
            info!(registry = job.registry, images = found.len(), "listed a registry");
            store::image::replace(&mut tx, &job.registry, &found, Inventory::FORMAT).await?;
            job::scan_scheduled(&mut tx, &job.registry).await?;
        }
        Err(error) => {
            info!(registry = job.registry, %error, "cannot list a registry");
            let (message, detail) = (message(&error), error.to_string());
            store::registry::fail(&mut tx, &job.registry, message, &detail).await?;
        }
    }
    if !job::done(&mut tx, job).await? {
        return Ok(());
    }
    tx.commit().await.map_err(StoreError::from)?;
    // Whoever asks for a scan wants what the present database says. By itself: who holds
    // images waits for no report. Without a database there is nothing new to say.
    if is_listed && let Ok(vulndb) = registries.vulndb.current().await {
        let mut conn = registries.database.acquire().await?;
        store::report::rematch(&mut conn, &job.registry, vulndb.digest()).await?;
    }
    registries.jobs.notify_waiters();
    registries.reports.notify_waiters();
    registries.rematches.notify_waiters();
    Ok(())
}

/// The text that clients show for a registry that cannot be listed.
fn message(error: &RegistryError) -> &'static str {
    match error.outcome() {
        ScanOutcome::AuthenticationError => "Authentication error",
        ScanOutcome::NetworkError | ScanOutcome::Timeout | ScanOutcome::CertificateError => {
            "Failed to connect to the registry"
        }
        _ => "Failed to get scanning image list",
    }
}

async fn images(
    client: &RegistryClient,
    registry: &Registry,
    registries: &Registries,
    indexes: &Indexes,
) -> Result<Vec<FoundImage>, RegistryError> {
    let filters = filters(registry);
    client.ping().await?;
    let mut repositories = client.repositories(&filters, MAX_REPOSITORIES).await?;
    if let Ok(limit) = usize::try_from(registry.repo_limit)
        && limit > 0
    {
        repositories.truncate(limit);
    }
    let mut images = Vec::new();
    for repository in repositories {
        let tags = match client.tags(&repository, MAX_TAGS).await {
            Ok(tags) => tags,
            // A repository without tags is told in different ways.
            Err(RegistryError::NotFound { .. }) => continue,
            Err(error) => return Err(error),
        };
        let mut tags: Vec<_> = tags
            .into_iter()
            .filter(|tag| !is_attachment(&tag.name))
            .filter(|tag| client.admits(&filters, &repository, Some(&tag.name)))
            .collect();
        if let Ok(limit) = usize::try_from(registry.tag_limit)
            && limit > 0
        {
            newest(&mut tags, limit);
        }
        images.extend(tags.into_iter().map(|tag| (repository.clone(), tag.name)));
        if images.len() >= MAX_IMAGES {
            images.truncate(MAX_IMAGES);
            break;
        }
    }
    // A registry may name the same twice.
    images.sort_unstable();
    images.dedup();
    let all = stream::iter(images)
        .map(|(repository, tag)| async {
            let resolved = resolve(client, registries, indexes, &repository, &tag).await;
            found(repository, tag, resolved)
        })
        .buffer_unordered(REQUESTS)
        .collect()
        .await;
    Ok(all)
}

/// Whether the tag holds a signature or the like of another image.
pub(super) fn is_attachment(tag: &str) -> bool {
    let rest = tag.strip_prefix("sha256-").or_else(|| tag.strip_prefix("sha512-"));
    rest.is_some_and(|rest| {
        rest.len() >= 64 && rest.bytes().take(64).all(|b| b.is_ascii_hexdigit())
    })
}

/// Which manifest each index that is known led to.
pub(super) type Indexes = HashMap<Digest, Digest>;

/// The filters of a registry; they were checked when it was stored.
pub(super) fn filters(registry: &Registry) -> Vec<Filter> {
    registry.filters.iter().filter_map(|text| Filter::parse(text).ok()).collect()
}

/// Finds out what a tag leads to. The head of the manifest is enough, but for
/// an index that is new.
pub(super) async fn resolve(
    client: &RegistryClient,
    registries: &Registries,
    indexes: &Indexes,
    repository: &str,
    tag: &str,
) -> Result<Resolved, ScanError> {
    let known = |index: Digest| {
        let digest = *indexes.get(&index)?;
        Some(Resolved { digest, index_digest: Some(index) })
    };
    client.image(repository, tag)?.resolve_known(&registries.limits, known).await
}

/// An image as it was found, or why nobody knows what its tag leads to.
pub(super) fn found(
    repository: String,
    tag: String,
    resolved: Result<Resolved, ScanError>,
) -> FoundImage {
    match resolved {
        Ok(Resolved { digest, index_digest }) => FoundImage {
            repository,
            tag,
            digest: Some(digest),
            index_digest,
            result: String::new(),
        },
        Err(error) => FoundImage {
            repository,
            tag,
            digest: None,
            index_digest: None,
            result: error.result_text(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_that_stand_in_for_attachments_name_no_images() {
        for digest in [Digest::of(b"an image"), Digest::Sha512([1; 64])] {
            let tag = digest.to_referrers_tag();
            assert!(is_attachment(&tag) && is_attachment(&format!("{tag}.sig")), "{tag}");
        }
        for tag in ["v1", "sha256-0a1b2c3", "sha384-aa"] {
            assert!(!is_attachment(tag), "{tag}");
        }
    }
}
