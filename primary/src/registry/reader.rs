//! What reads images: this process, or a worker on another machine.

use async_trait::async_trait;
use palisade_api::Digest;
use palisade_scanner::source::Source;
use palisade_scanner::source::registry::RegistryAccess;
use palisade_scanner::{Inventory, ScanError, scan};
use thiserror::Error;
use uuid::Uuid;

use super::Registries;
use crate::store::job::Takes;

/// An image to be read, and how.
#[derive(Debug)]
pub struct ImageToRead<'a> {
    /// The job that asks for it.
    pub job: i64,
    /// The registry.
    pub access: RegistryAccess,
    /// The repository.
    pub repository: &'a str,
    /// Digest of the manifest.
    pub digest: Digest,
}

/// What was read of an image.
#[derive(Debug)]
pub struct ImageRead {
    /// What it holds.
    pub inventory: Inventory,
    /// What of it is told, as [`Inventory::FORMAT`] counts.
    pub format: i32,
}

/// Why there is no inventory.
#[derive(Debug, Error)]
pub enum ReadFailure {
    /// The image or its registry.
    #[error(transparent)]
    Scan(#[from] ScanError),
    /// The worker went away; another one may take the job at once.
    #[error("the scan worker went away")]
    Gone,
}

/// Reads images for the jobs that it takes.
#[async_trait]
pub trait Reader: Send + Sync {
    /// Its id in the list of scanners.
    fn id(&self) -> Uuid;

    /// Which jobs it takes.
    fn takes(&self) -> Takes;

    /// The format of its inventories, and no younger than this program's: more is not kept.
    fn format(&self) -> i32 {
        Inventory::FORMAT
    }

    /// Reads one image. Dropping the future cancels that.
    async fn read(&self, image: ImageToRead<'_>) -> Result<Inventory, ReadFailure>;

    /// Waits until it has gone away. Then it reads nothing any more.
    async fn gone(&self) {
        std::future::pending::<()>().await;
    }
}

/// This process.
#[derive(Debug)]
pub(super) struct Here<'a> {
    pub(super) registries: &'a Registries,
    pub(super) takes: Takes,
}

#[async_trait]
impl Reader for Here<'_> {
    fn id(&self) -> Uuid {
        self.registries.replica
    }

    fn takes(&self) -> Takes {
        self.takes
    }

    async fn read(&self, image: ImageToRead<'_>) -> Result<Inventory, ReadFailure> {
        let client = palisade_scanner::source::registry::RegistryClient::new(image.access)
            .map_err(ScanError::from)?;
        let image = client.image(image.repository, &image.digest.to_oci())?;
        let source = Source::Registry(image);
        Ok(scan::inventory(&source, &self.registries.limits, &self.registries.cache).await?)
    }
}
