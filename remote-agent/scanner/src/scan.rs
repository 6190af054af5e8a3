//! The whole of a scan: image, layers, inventory, report.

mod cache;
mod target;

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use palisade_api::Digest;
use serde::{Deserialize, Serialize};

pub use cache::LayerCache;
pub use target::{Target, TargetOptions};

use crate::error::ScanError;
use crate::layer::Tree;
use crate::limits::Limits;
use crate::os::{Distribution, LayeredPackage, OsInventory, Package};
use crate::report::Report;
use crate::source::{Descriptor, Image, ImageConfig, Source};
use crate::vulndb::VulnDb;

/// What an image holds, before it is held against a database. Kept, it lets
/// a new database be applied without the registry.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Inventory {
    /// Digest of the manifest; none for sources that have no manifest.
    pub digest: Option<Digest>,
    /// Digest of the index that the reference leads to, where it does.
    pub index_digest: Option<Digest>,
    /// Digest of the configuration.
    pub image_id: Option<Digest>,
    /// The configuration.
    pub config: ImageConfig,
    /// The layers, lowest first.
    pub layers: Vec<LayerSummary>,
    /// The operating system, where it is known.
    pub distribution: Option<Distribution>,
    /// The packages with the layers that brought them.
    pub packages: Vec<LayeredPackage>,
}

/// A layer as the manifest tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerSummary {
    /// Its digest.
    pub digest: Digest,
    /// Bytes as stored.
    pub size: u64,
}

/// Reads an image layer by layer. Layers that `cache` knows are not read
/// again.
pub async fn inventory(
    source: &Source,
    limits: &Limits,
    cache: &LayerCache,
) -> Result<Inventory, ScanError> {
    let work = async {
        let image = source.image(limits).await?;
        let mut tree = Tree::default();
        let mut origin: HashMap<Package, Digest> = HashMap::new();
        let mut os = OsInventory::default();
        for layer in &image.layers {
            let content = if let Some(content) = cache.get(&layer.digest) {
                content
            } else {
                let content = Arc::new(source.layer(layer, limits).await?);
                if source.layers_have_digests() {
                    cache.put(layer.digest, Arc::clone(&content));
                }
                content
            };
            if content.nodes.is_empty() && content.removed.is_empty() && content.opaque.is_empty() {
                continue;
            }
            tree.apply(&content);
            os = OsInventory::of(&tree);
            attribute(&mut origin, &os.packages, layer);
        }
        Ok(Inventory::new(image, os, &origin))
    };
    tokio::time::timeout(limits.duration, work)
        .await
        .unwrap_or(Err(ScanError::Timeout(limits.duration)))
}

/// Notes which packages came or changed with `layer`.
fn attribute(origin: &mut HashMap<Package, Digest>, packages: &[Package], layer: &Descriptor) {
    let mut next = HashMap::with_capacity(packages.len());
    for package in packages {
        let from = origin.get(package).copied().unwrap_or(layer.digest);
        next.insert(package.clone(), from);
    }
    *origin = next;
}

impl Inventory {
    fn new(image: Image, os: OsInventory, origin: &HashMap<Package, Digest>) -> Self {
        let folder = image.digest.is_none() && image.image_id.is_none();
        let layers = if folder {
            Vec::new()
        } else {
            let summary =
                |layer: &Descriptor| LayerSummary { digest: layer.digest, size: layer.size };
            image.layers.iter().map(summary).collect()
        };
        let packages = os
            .packages
            .into_iter()
            .map(|package| {
                let layer = origin.get(&package).copied().filter(|_| !folder);
                LayeredPackage { package, layer }
            })
            .collect();
        Self {
            digest: image.digest,
            index_digest: image.index_digest,
            image_id: image.image_id,
            config: image.config,
            layers,
            distribution: os.distribution,
            packages,
        }
    }
}

/// Scans one target on its own: what `palisade-agent scan` does.
pub async fn scan(
    target: &Target,
    database: Arc<VulnDb>,
    limits: &Limits,
    scanned_at: DateTime<Utc>,
) -> Result<Report, ScanError> {
    let inventory = target.inventory(limits).await?;
    tokio::task::spawn_blocking(move || Report::new(&inventory, &database, scanned_at))
        .await
        .map_err(|_| ScanError::Cancelled)?
}
