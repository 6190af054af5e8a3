//! Where images come from: a registry, or files of this machine.

mod blocking;
mod config;
mod files;
pub mod folder;
mod layout;
mod manifest;
pub mod packed;
pub mod platform;
pub mod reference;
pub mod registry;
mod saved;
mod schema1;
mod shelf;

use std::path::Path;

pub use config::{History, ImageConfig};
pub use manifest::Descriptor;
pub(crate) use manifest::ManifestOrIndex;
pub(crate) use shelf::Shelf;

use palisade_api::Digest;

use crate::error::ScanError;
use crate::layer::LayerContent;
use crate::limits::Limits;
use crate::scope::Scope;
use platform::Platform;

/// An image that can be scanned.
#[derive(Debug)]
pub enum Source {
    /// An image of a registry.
    Registry(registry::RegistryImage),
    /// An OCI layout or a file made by `docker save`.
    Packed(packed::Packed),
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
    /// The image at `path` on this machine, whatever form it has: an archive,
    /// a layout, or a root folder. Of several images the one that is called
    /// `name`.
    pub fn at(path: &Path, name: Option<String>, platform: Option<Platform>) -> Self {
        let packed = if path.is_dir() {
            packed::Packed::folder(path)
        } else {
            Some(packed::Packed::archive(path))
        };
        match packed {
            Some(packed) => Self::Packed(packed.named(name).for_platform(platform)),
            None => Self::Folder(folder::Folder::at(path)),
        }
    }

    /// Reads manifest and configuration.
    pub async fn image(&self, limits: &Limits) -> Result<Image, ScanError> {
        let image = match self {
            Self::Registry(image) => image.open(limits).await?,
            Self::Packed(packed) => packed.open(limits).await?,
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
        for layer in &image.layers {
            if layer.size > limits.layer_bytes {
                return Err(ScanError::Malformed(format!(
                    "layer {} has {} bytes, more than {}",
                    layer.digest, layer.size, limits.layer_bytes
                )));
            }
            // Before anything of the image is fetched in vain.
            layer.check_layer()?;
        }
        Ok(image)
    }

    /// Reads one layer in one pass. Several may be read at the same time.
    pub async fn layer(
        &self,
        layer: &Descriptor,
        scope: &Scope,
    ) -> Result<LayerContent, ScanError> {
        match self {
            Self::Registry(image) => image.layer(layer, scope).await,
            Self::Packed(packed) => packed.layer(layer, scope).await,
            Self::Folder(folder) => folder.content(scope).await,
        }
    }

    /// Whether layers are named by their content, so that what was read of
    /// one may be kept by its digest.
    pub fn layers_have_digests(&self) -> bool {
        // What `docker save` compressed is named by what it unpacks to, which
        // is not verified.
        matches!(self, Self::Registry(_))
    }
}
