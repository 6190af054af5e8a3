//! Finding the images of a registry.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use futures_util::{StreamExt as _, stream};
use palisade_api::Digest;
use palisade_api::rest::scan::Registry;
use palisade_scanner::source::registry::{Filter, RegistryClient, RegistryError, Resolved, newest};
use palisade_scanner::{Inventory, ScanError, ScanOutcome};
use sqlx::PgTransaction;
use tracing::info;

use super::credentials::RegistryCredentials;
use super::{Registries, RegistryFailure};
use crate::store::image::FoundImage;
use crate::store::job::{self, Job};
use crate::store::{self, StoreError, image_look};

/// Names of a registry that are looked at.
const MAX_REPOSITORIES: usize = 50_000;
const MAX_TAGS: usize = 20_000;
/// Images of a registry that are kept.
const MAX_IMAGES: usize = 20_000;
/// Requests at a time.
const REQUESTS: usize = 8;
/// Repositories one after the other whose tags the registry fails to tell before it is left alone.
const FAILURES: usize = 5;

/// Lists the registry of the job and asks for the scans that are missing.
pub(super) async fn run(registries: &Registries, job: &Job) -> Result<(), RegistryFailure> {
    let mut conn = registries.database.acquire().await?;
    let (row, registry) = registries.find(&mut conn, &job.registry).await?;
    let known = store::image::known(&mut conn, &job.registry).await?;
    let since = store::clock::now(&mut conn).await?;
    drop(conn);
    let sealed = row.sealed_credentials.as_deref();
    let credentials = RegistryCredentials::open(sealed, &registries.sealer, &job.registry)?;
    let listed = match credentials.client(&registry) {
        Ok(client) => images(&client, &registry, registries, &known).await,
        Err(error) => Err(error),
    };
    let is_listed = listed.is_ok();
    let mut tx = registries.database.begin().await?;
    match listed {
        Ok(Listed { mut images, missed }) => {
            info!(registry = job.registry, images = images.len(), missed, "listed a registry");
            keep_newer(&mut tx, &job.registry, &mut images, since).await?;
            store::image::replace(&mut tx, &job.registry, &images, Inventory::FORMAT).await?;
            job::scan_scheduled(&mut tx, &job.registry).await?;
            job::look_again(&mut tx, &job.registry).await?;
            if let Some(missed) = missed {
                store::registry::fail(&mut tx, &job.registry, NO_LIST, &missed).await?;
            }
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

/// Puts what is known by now of tags that somebody looked at since the listing began in place
/// of what it saw of them.
async fn keep_newer(
    tx: &mut PgTransaction<'_>,
    registry: &str,
    images: &mut Vec<FoundImage>,
    since: DateTime<Utc>,
) -> store::Result<()> {
    image_look::lock(tx, registry).await?;
    let looked_at = image_look::take(tx, registry, since).await?;
    if looked_at.is_empty() {
        return Ok(());
    }
    let is_newer =
        |image: &FoundImage| looked_at.contains(&(image.repository.clone(), image.tag.clone()));
    images.retain(|image| !is_newer(image));
    let known = store::image::known(tx, registry).await?;
    images.extend(known.into_iter().filter(is_newer));
    Ok(())
}

/// The text that clients show for a list that is missing, or a part of it.
const NO_LIST: &str = "Failed to get scanning image list";

/// The text that clients show for a registry that cannot be listed.
fn message(error: &RegistryError) -> &'static str {
    match error.outcome() {
        ScanOutcome::AuthenticationError => "Authentication error",
        ScanOutcome::NetworkError | ScanOutcome::Timeout | ScanOutcome::CertificateError => {
            "Failed to connect to the registry"
        }
        _ => NO_LIST,
    }
}

/// What a registry told of its images.
struct Listed {
    images: Vec<FoundImage>,
    /// What it failed to tell; images in it are as they were known.
    missed: Option<String>,
}

/// Finds the images. What is known is `known`: a registry that fails to tell for a while takes
/// no image and no verdict away.
async fn images(
    client: &RegistryClient,
    registry: &Registry,
    registries: &Registries,
    known: &[FoundImage],
) -> Result<Listed, RegistryError> {
    let filters = filters(registry);
    client.ping().await?;
    let mut repositories = client.repositories(&filters, MAX_REPOSITORIES).await?;
    if let Ok(limit) = usize::try_from(registry.repo_limit)
        && limit > 0
    {
        repositories.truncate(limit);
    }
    let mut named = Vec::new();
    let mut unread = Unread::default();
    for repository in &repositories {
        let tags = match client.tags(repository, MAX_TAGS).await {
            Ok(tags) => tags,
            // A repository without tags is told in different ways.
            Err(RegistryError::NotFound { .. }) => Vec::new(),
            Err(error) => {
                unread.note(repository, error)?;
                continue;
            }
        };
        unread.in_a_row = 0;
        let mut tags: Vec<_> = tags
            .into_iter()
            .filter(|tag| !is_attachment(&tag.name))
            .filter(|tag| client.admits(&filters, repository, Some(&tag.name)))
            .collect();
        if let Ok(limit) = usize::try_from(registry.tag_limit)
            && limit > 0
        {
            newest(&mut tags, limit);
        }
        named.extend(tags.into_iter().map(|tag| (repository.clone(), tag.name)));
        if named.len() >= MAX_IMAGES {
            named.truncate(MAX_IMAGES);
            break;
        }
    }
    let mut missed = unread.told(repositories.len())?;
    // A registry may name the same twice.
    named.sort_unstable();
    named.dedup();
    let (mut images, still) = looked_at(client, registries, known, named).await;
    missed.extend(still);
    images.extend(
        known
            .iter()
            .filter(|image| {
                unread.repositories.contains(image.repository.as_str())
                    && client.admits(&filters, &image.repository, Some(&image.tag))
            })
            .cloned(),
    );
    images.truncate(MAX_IMAGES);
    Ok(Listed { images, missed: (!missed.is_empty()).then(|| missed.join("; ")) })
}

/// Repositories whose tags a registry did not tell.
#[derive(Default)]
struct Unread<'a> {
    repositories: HashSet<&'a str>,
    /// Why not, of the first.
    error: Option<RegistryError>,
    /// Failures that may pass, one after the other.
    in_a_row: usize,
}

impl<'a> Unread<'a> {
    /// Notes one more. Gives the error back where it is the registry that fails.
    fn note(&mut self, repository: &'a str, error: RegistryError) -> Result<(), RegistryError> {
        self.in_a_row = if error.is_transient() { self.in_a_row + 1 } else { 0 };
        if self.in_a_row == FAILURES {
            return Err(error);
        }
        self.repositories.insert(repository);
        self.error.get_or_insert(error);
        Ok(())
    }

    /// What is said of them; gives the error back where there are no others.
    fn told(&mut self, all: usize) -> Result<Vec<String>, RegistryError> {
        let unread = self.repositories.len();
        match self.error.take() {
            None => Ok(Vec::new()),
            Some(error) if unread == all => Err(error),
            Some(error) => Ok(vec![format!(
                "the tags of {unread} of {all} repositories are not told: {error}"
            )]),
        }
    }
}

/// Finds out what tags lead to. Says besides what of it is as it was known, if anything.
async fn looked_at(
    client: &RegistryClient,
    registries: &Registries,
    known: &[FoundImage],
    named: Vec<(String, String)>,
) -> (Vec<FoundImage>, Option<String>) {
    let all = named.len();
    let indexes: &Indexes =
        &known.iter().filter_map(|image| Some((image.index_digest?, image.digest?))).collect();
    let known: &HashMap<_, _> = &known
        .iter()
        .map(|image| ((image.repository.as_str(), image.tag.as_str()), image))
        .collect();
    let looked: Vec<_> = stream::iter(named)
        .map(|(repository, tag)| async move {
            let resolved = resolve(client, registries, indexes, &repository, &tag).await;
            let image = known.get(&(repository.as_str(), tag.as_str())).copied();
            match (resolved, image) {
                (Err(error), Some(image)) if error.is_transient() => (image.clone(), Some(error)),
                (resolved, _) => (found(repository, tag, resolved), None),
            }
        })
        .buffer_unordered(REQUESTS)
        .collect()
        .await;
    let (images, errors): (Vec<_>, Vec<_>) = looked.into_iter().unzip();
    let mut errors = errors.into_iter().flatten();
    let missed = errors.next().map(|error| {
        let still = 1 + errors.count();
        format!("what {still} of {all} tags lead to is as it was known: {error}")
    });
    (images, missed)
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
