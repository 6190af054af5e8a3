//! Where images come from: a registry, or files of this machine.

pub mod archive;
mod config;
pub mod folder;
pub mod layout;
mod manifest;
pub mod reference;
pub mod registry;

pub use config::{History, ImageConfig};
pub use manifest::Descriptor;
pub(crate) use manifest::{Manifest, ManifestOrIndex};

use palisade_api::Digest;

use crate::error::ScanError;
use crate::layer::LayerContent;
use crate::limits::Limits;

/// An image that can be scanned.
#[derive(Debug)]
pub enum Source {
    /// An image of a registry.
    Registry(registry::RegistryImage),
    /// A folder in the OCI image layout.
    Layout(layout::Layout),
    /// A file made by `docker save` or a packed OCI layout.
    Archive(archive::Archive),
    /// A root folder without layers.
    Folder(folder::Folder),
}

/// What is known of an image before its layers are read.
#[derive(Clone, Debug)]
pub struct Image {
    /// Digest of the manifest; none for sources that have no manifest.
    pub digest: Option<Digest>,
    /// Digest of the index that the reference leads to, where it does.
    pub index_digest: Option<Digest>,
    /// Digest of the configuration.
    pub image_id: Option<Digest>,
    /// The configuration.
    pub config: ImageConfig,
    /// The layers, lowest first.
    pub layers: Vec<Descriptor>,
}

impl Source {
    /// Reads manifest and configuration.
    pub async fn image(&self, limits: &Limits) -> Result<Image, ScanError> {
        let image = match self {
            Self::Registry(image) => image.open(limits).await?,
            Self::Layout(layout) => layout.open(limits).await?,
            Self::Archive(archive) => archive.open(limits).await?,
            Self::Folder(_) => Image {
                digest: None,
                index_digest: None,
                image_id: None,
                config: ImageConfig::default(),
                layers: vec![Descriptor::folder()],
            },
        };
        if image.layers.len() > limits.layers {
            return Err(ScanError::Malformed(format!("it has more than {} layers", limits.layers)));
        }
        if let Some(layer) = image.layers.iter().find(|layer| layer.size > limits.layer_bytes) {
            return Err(ScanError::Malformed(format!(
                "layer {} has {} bytes, more than {}",
                layer.digest, layer.size, limits.layer_bytes
            )));
        }
        Ok(image)
    }

    /// Reads one layer in one pass.
    pub async fn layer(
        &self,
        layer: &Descriptor,
        limits: &Limits,
    ) -> Result<LayerContent, ScanError> {
        match self {
            Self::Registry(image) => image.layer(layer, limits).await,
            Self::Layout(layout) => layout.layer(layer, limits).await,
            Self::Archive(archive) => archive.layer(layer, limits).await,
            Self::Folder(folder) => folder.content(limits).await,
        }
    }

    /// Whether layers are named by their content, so that what was read of
    /// one may be kept by its digest.
    pub fn layers_have_digests(&self) -> bool {
        matches!(self, Self::Registry(_) | Self::Layout(_))
    }
}

/// Runs blocking work to its end.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ScanError> + Send + 'static,
) -> Result<T, ScanError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| ScanError::Cancelled)?
}
