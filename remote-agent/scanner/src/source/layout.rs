//! A folder in the OCI image layout: `index.json` and `blobs/sha256/`.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use palisade_api::Digest;

use super::{Descriptor, Image, ImageConfig, ManifestOrIndex, blocking};
use crate::error::ScanError;
use crate::layer::{self, LayerContent, LayerIdentity};
use crate::limits::Limits;

/// How deep indexes may be nested.
const DEPTH: usize = 4;

/// The folder.
#[derive(Clone, Debug)]
pub struct Layout {
    folder: PathBuf,
}

impl Layout {
    /// The layout in `folder`, where there is one.
    pub fn at(folder: &Path) -> Option<Self> {
        folder
            .join("oci-layout")
            .is_file()
            .then(|| Self { folder: folder.to_owned() })
            .filter(|layout| layout.folder.join("index.json").is_file())
    }

    pub(crate) async fn open(&self, limits: &Limits) -> Result<Image, ScanError> {
        let (layout, limits) = (self.clone(), limits.clone());
        blocking(move || layout.read(&limits)).await
    }

    fn read(&self, limits: &Limits) -> Result<Image, ScanError> {
        let index = self.folder.join("index.json");
        let bytes = read_bounded(&index, limits.manifest_bytes)?;
        let mut bytes = bytes;
        let mut digest = None;
        let mut index_digest = None;
        for _ in 0..DEPTH {
            match ManifestOrIndex::parse(&bytes)? {
                ManifestOrIndex::Index(chosen) => {
                    index_digest = digest.or(index_digest);
                    bytes = self.blob(chosen.digest, limits.manifest_bytes)?;
                    digest = Some(chosen.digest);
                }
                ManifestOrIndex::Manifest(manifest) => {
                    let config = self.blob(manifest.config.digest, limits.config_bytes)?;
                    return Ok(Image {
                        digest: Some(digest.unwrap_or_else(|| Digest::of(&bytes))),
                        index_digest,
                        image_id: Some(manifest.config.digest),
                        config: ImageConfig::parse(&config)?,
                        layers: manifest.layers,
                    });
                }
            }
        }
        Err(ScanError::Malformed("its indexes are nested too deep".to_owned()))
    }

    pub(crate) async fn layer(
        &self,
        layer: &Descriptor,
        limits: &Limits,
    ) -> Result<LayerContent, ScanError> {
        let path = self.path(layer.digest);
        let limits = limits.clone();
        let identity = LayerIdentity { digest: layer.digest, size: Some(layer.size), verify: true };
        blocking(move || {
            let file = File::open(&path).map_err(ScanError::file(path.display().to_string()))?;
            layer::read(file, identity, &limits)
        })
        .await
    }

    fn path(&self, digest: Digest) -> PathBuf {
        self.folder.join("blobs").join("sha256").join(digest.to_string())
    }

    fn blob(&self, digest: Digest, limit: u64) -> Result<Vec<u8>, ScanError> {
        let bytes = read_bounded(&self.path(digest), limit)?;
        let found = Digest::of(&bytes);
        if found != digest {
            return Err(ScanError::DigestMismatch { what: "a blob", expected: digest, found });
        }
        Ok(bytes)
    }
}

/// The whole of a small file.
fn read_bounded(path: &Path, limit: u64) -> Result<Vec<u8>, ScanError> {
    let shown = path.display().to_string();
    let file = File::open(path).map_err(ScanError::file(shown.clone()))?;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(ScanError::file(shown.clone()))?;
    if bytes.len() as u64 > limit {
        return Err(ScanError::Malformed(format!("{shown} has more than {limit} bytes")));
    }
    Ok(bytes)
}
