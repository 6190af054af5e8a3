//! Manifests and indexes, OCI's and Docker's.

use palisade_api::Digest;
use serde::Deserialize;

use crate::error::ScanError;

/// Media types that are asked for.
pub(crate) const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, \
    application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.v2+json";

/// A blob by digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// Digest of the bytes as stored.
    pub digest: Digest,
    /// Number of bytes as stored.
    pub size: u64,
    /// What the bytes are said to be.
    pub media_type: String,
}

impl Descriptor {
    /// Stands for the whole of a folder, which has no digest.
    pub(crate) fn folder() -> Self {
        Self { digest: Digest::from_bytes([0; 32]), size: 0, media_type: String::new() }
    }
}

/// An image's manifest.
#[derive(Clone, Debug)]
pub(crate) struct Manifest {
    pub(crate) config: Descriptor,
    pub(crate) layers: Vec<Descriptor>,
}

/// What a reference leads to.
#[derive(Clone, Debug)]
pub(crate) enum ManifestOrIndex {
    Manifest(Manifest),
    /// The manifest of the index that is scanned.
    Index(Descriptor),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    schema_version: Option<u32>,
    config: Option<Blob>,
    layers: Option<Vec<Blob>>,
    manifests: Option<Vec<Blob>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Blob {
    #[serde(default)]
    media_type: String,
    digest: String,
    size: i64,
    platform: Option<Platform>,
}

#[derive(Deserialize)]
struct Platform {
    #[serde(default)]
    os: String,
    #[serde(default)]
    architecture: String,
}

impl Blob {
    fn descriptor(self) -> Result<Descriptor, ScanError> {
        let digest = Digest::from_oci(&self.digest).map_err(|_| {
            ScanError::Malformed("a digest in its manifest is not SHA-256".to_owned())
        })?;
        let size = u64::try_from(self.size)
            .map_err(|_| ScanError::Malformed(format!("the size of {digest} is negative")))?;
        Ok(Descriptor { digest, size, media_type: self.media_type })
    }
}

impl ManifestOrIndex {
    /// Reads a manifest or index.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, ScanError> {
        let file: File = serde_json::from_slice(bytes)
            .map_err(|error| ScanError::Malformed(format!("its manifest: {error}")))?;
        if file.schema_version == Some(1) {
            return Err(ScanError::Malformed(
                "its manifest has the retired schema 1: push it again with a current builder"
                    .to_owned(),
            ));
        }
        if let Some(manifests) = file.manifests {
            return Self::choose(manifests);
        }
        let (Some(config), Some(layers)) = (file.config, file.layers) else {
            return Err(ScanError::Malformed("its manifest names no configuration".to_owned()));
        };
        let config = config.descriptor()?;
        if !config.media_type.contains("image") {
            return Err(ScanError::Malformed(format!(
                "it is no image but an artifact of type {:?}",
                config.media_type
            )));
        }
        let layers =
            layers.into_iter().map(Blob::descriptor).collect::<Result<Vec<_>, ScanError>>()?;
        Ok(Self::Manifest(Manifest { config, layers }))
    }

    /// Takes linux/amd64 where there is one, else the first for Linux, else
    /// the first without a platform.
    fn choose(manifests: Vec<Blob>) -> Result<Self, ScanError> {
        let rank = |blob: &Blob| match &blob.platform {
            Some(platform) if platform.os == "linux" && platform.architecture == "amd64" => Some(0),
            Some(platform) if platform.os == "linux" => Some(1),
            None => Some(2),
            Some(_) => None,
        };
        manifests
            .into_iter()
            .filter_map(|blob| rank(&blob).map(|rank| (rank, blob)))
            .min_by_key(|(rank, _)| *rank)
            .ok_or_else(|| ScanError::Malformed("its index names no image for Linux".to_owned()))?
            .1
            .descriptor()
            .map(Self::Index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linux_amd64_is_preferred() {
        let index = serde_json::json!({"schemaVersion": 2, "manifests": [
            {"digest": format!("sha256:{}", "a".repeat(64)), "size": 1,
             "platform": {"os": "windows", "architecture": "amd64"}},
            {"digest": format!("sha256:{}", "b".repeat(64)), "size": 1,
             "platform": {"os": "linux", "architecture": "arm64"}},
            {"digest": format!("sha256:{}", "c".repeat(64)), "size": 1,
             "platform": {"os": "linux", "architecture": "amd64"}},
        ]});
        let ManifestOrIndex::Index(chosen) =
            ManifestOrIndex::parse(index.to_string().as_bytes()).unwrap()
        else {
            panic!("an index")
        };
        assert_eq!(chosen.digest.to_string(), "c".repeat(64));
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "[]", "{}", r#"{"schemaVersion":1}"#, r#"{"manifests":[]}"#] {
            ManifestOrIndex::parse(text.as_bytes()).unwrap_err();
        }
    }
}
