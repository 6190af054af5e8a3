//! Scans on push: a registry tells that somebody pushed, and the tag is looked
//! at. What is scanned is what the registry then says, not what the call said.

mod event;
mod proof;

pub use event::BadEvent;
pub use proof::Proof;

use std::sync::Arc;

use palisade_scanner::source::registry::{ArtifactoryMode, RegistryError};
use palisade_scanner::{Inventory, ScanError};
use secrecy::ExposeSecret as _;
use tracing::info;

use event::Told;

use super::credentials::RegistryCredentials;
use super::list::{filters, found, is_attachment, resolve};
use super::{Registries, RegistryFailure, scan};
use crate::store::job::{self, Job};
use crate::store::{self, StoreError, image_look};

/// Tags in one call that are looked at one by one; with more the whole
/// registry is listed.
const MOST_TAGS: usize = 50;

/// What is done about a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// So many tags are looked at.
    Tags(usize),
    /// The whole registry is listed.
    Registry,
    /// Nothing: it only wants this code back, before it tells of pushes.
    Subscribed(String),
}

impl Registries {
    /// Takes a call that tells of pushes to the registry `name`, if it proves
    /// that it comes from there.
    pub async fn pushed(
        &self,
        name: &str,
        proof: &Proof,
        body: &[u8],
    ) -> Result<Pushed, RegistryFailure> {
        let mut conn = self.database.acquire().await?;
        let (credentials, registry) = match self.find(&mut conn, name).await {
            Ok((row, registry)) => {
                let sealed = row.sealed_credentials.as_deref();
                (RegistryCredentials::open(sealed, &self.sealer, name)?, registry)
            }
            // Nobody learns here which registries there are.
            Err(RegistryFailure::Missing(_)) => return Err(RegistryFailure::Forged),
            Err(error) => return Err(error),
        };
        drop(conn);
        let secret = credentials.webhook_secret.as_ref().ok_or(RegistryFailure::Forged)?;
        if !proof.holds(secret.expose_secret().as_bytes(), body) {
            return Err(RegistryFailure::Forged);
        }
        // One that is unknown fails where the registry is read.
        let mode = registry.jfrog_mode.parse::<ArtifactoryMode>().unwrap_or_default();
        let tags = match event::read(body, mode)? {
            Told::Tags(tags) => tags,
            Told::Subscribed(code) => {
                info!(registry = name, "a registry will tell of pushes");
                return Ok(Pushed::Subscribed(code));
            }
        };
        let mut tx = self.database.begin().await?;
        let pushed = if tags.len() > MOST_TAGS {
            job::list(&mut tx, name).await?;
            Pushed::Registry
        } else {
            job::look_at_tags(&mut tx, name, &tags).await?;
            Pushed::Tags(tags.len())
        };
        tx.commit().await.map_err(StoreError::from)?;
        self.jobs.notify_waiters();
        info!(registry = name, ?pushed, "a registry told of pushes");
        Ok(pushed)
    }
}

/// Looks at the tag of the job and asks for the scan that is missing.
pub(super) async fn look(
    registries: &Arc<Registries>,
    job: &Job,
    repository: &str,
    tag: &str,
) -> Result<(), RegistryFailure> {
    let mut conn = registries.database.acquire().await?;
    let (row, registry) = registries.find(&mut conn, &job.registry).await?;
    let indexes = store::image::indexes(&mut conn, &job.registry).await?;
    let began_at = store::clock::now(&mut conn).await?;
    drop(conn);
    let sealed = row.sealed_credentials.as_deref();
    let credentials = RegistryCredentials::open(sealed, &registries.sealer, &job.registry)?;
    let resolved = match credentials.client(&registry) {
        Ok(client) if !client.admits(&filters(&registry), repository, Some(tag)) => None,
        Ok(client) => Some(resolve(&client, registries, &indexes, repository, tag).await),
        Err(error) => Some(Err(ScanError::Registry(error))),
    };
    let mut tx = registries.database.begin().await?;
    if let Some(Err(error)) = &resolved
        && let Some(pause) = scan::pause(error, job)
    {
        job::postpone(&mut tx, job, pause).await?;
        tx.commit().await.map_err(StoreError::from)?;
        return Ok(());
    }
    image_look::lock(&mut tx, &job.registry).await?;
    match resolved {
        // The filters leave it out, or it holds a signature.
        None => {}
        Some(_) if is_attachment(tag) => {}
        Some(Err(ScanError::Registry(RegistryError::NotFound { .. }))) => {
            image_look::note(&mut tx, &job.registry, (repository, tag), began_at).await?;
            store::image::delete(&mut tx, &job.registry, repository, tag).await?;
        }
        Some(resolved) => {
            if resolved.is_ok() {
                image_look::note(&mut tx, &job.registry, (repository, tag), began_at).await?;
            } else {
                image_look::forget(&mut tx, &job.registry, repository, tag).await?;
            }
            let found = found(repository.to_owned(), tag.to_owned(), resolved);
            store::image::put(&mut tx, &job.registry, &found, Inventory::FORMAT).await?;
            job::scan_scheduled(&mut tx, &job.registry).await?;
        }
    }
    if !job::done(&mut tx, job).await? {
        return Ok(());
    }
    tx.commit().await.map_err(StoreError::from)?;
    registries.jobs.notify_waiters();
    registries.reports.notify_waiters();
    Ok(())
}
