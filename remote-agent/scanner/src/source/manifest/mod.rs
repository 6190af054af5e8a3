//! Manifests and indexes, OCI's and Docker's.

mod index;

use std::collections::BTreeMap;

use palisade_api::Digest;
use serde::Deserialize;

pub(crate) use index::{Index, IndexEntry};
pub(super) use index::{is_called, not_among, only_one};

use super::platform::Platform;
use super::schema1::Schema1;
use crate::error::ScanError;

/// Media types that are asked for.
pub(crate) const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, \
    application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.v2+json, \
    application/vnd.docker.distribution.manifest.v1+prettyjws;q=0.5, \
    application/vnd.docker.distribution.manifest.v1+json;q=0.5";

/// How deep indexes may be nested.
pub(crate) const INDEX_DEPTH: usize = 4;

/// A blob by digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// Digest of the bytes as stored.
    pub digest: Digest,
    /// Number of bytes as stored.
    pub size: u64,
    /// What the bytes are said to be.
    pub media_type: String,
    /// Other places to fetch the bytes from, as the manifest tells.
    pub urls: Vec<String>,
}

impl Descriptor {
    /// Stands for the whole of a folder, which has no digest.
    pub(crate) fn folder() -> Self {
        Self::new(Digest::from_bytes([0; 32]), 0)
    }

    /// Bytes of which nothing is said but what they are.
    pub(crate) fn new(digest: Digest, size: u64) -> Self {
        Self { digest, size, media_type: String::new(), urls: Vec::new() }
    }

    /// Whether only who has the key can read it.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.media_type.ends_with("+encrypted")
    }

    /// Whether registries are not meant to hold it: it is to be fetched from
    /// its [`Descriptor::urls`].
    pub(crate) fn is_foreign(&self) -> bool {
        self.media_type.contains(".nondistributable.") || self.media_type.contains(".foreign.")
    }

    /// Fails for a layer that cannot be read, before anything is fetched.
    pub(crate) fn check_layer(&self) -> Result<(), ScanError> {
        let refused = |reason: String| ScanError::LayerRefused { layer: self.digest, reason };
        if self.is_encrypted() {
            return Err(refused(
                "it is encrypted; scan the image before it is encrypted, or decrypt it".to_owned(),
            ));
        }
        // What is no archive says so; types that nobody knows are looked at.
        let known_other =
            ["application/vnd.in-toto", "application/spdx", "application/vnd.cyclonedx"];
        if known_other.iter().any(|kind| self.media_type.starts_with(kind)) {
            return Err(refused(format!("it is no archive of files but {:?}", self.media_type)));
        }
        Ok(())
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
    /// The retired form, with the configuration inside.
    Schema1(Box<Schema1>),
    Index(Index),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    schema_version: Option<u32>,
    artifact_type: Option<String>,
    config: Option<Blob>,
    layers: Option<Vec<Blob>>,
    manifests: Option<Vec<Blob>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Blob {
    #[serde(default)]
    media_type: String,
    digest: String,
    size: i64,
    platform: Option<Platform>,
    artifact_type: Option<String>,
    annotations: Option<BTreeMap<String, String>>,
    urls: Option<Vec<String>>,
}

impl Blob {
    pub(super) fn descriptor(self) -> Result<Descriptor, ScanError> {
        let digest = Digest::from_oci(&self.digest).map_err(|_| {
            let shown: String = self.digest.chars().filter(|c| !c.is_control()).take(80).collect();
            ScanError::Malformed(format!(
                "the digest {shown:?} in its manifest is none of SHA-256 or SHA-512"
            ))
        })?;
        let size = u64::try_from(self.size)
            .map_err(|_| ScanError::Malformed(format!("the size of {digest} is negative")))?;
        let urls = self.urls.unwrap_or_default();
        Ok(Descriptor { digest, size, media_type: self.media_type, urls })
    }
}

impl ManifestOrIndex {
    /// Reads a manifest or index.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, ScanError> {
        let file: File = serde_json::from_slice(bytes)
            .map_err(|error| ScanError::Malformed(format!("its manifest: {error}")))?;
        if file.schema_version == Some(1) {
            return Schema1::parse(bytes).map(|found| Self::Schema1(Box::new(found)));
        }
        if let Some(manifests) = file.manifests {
            return Index::new(manifests).map(Self::Index);
        }
        let (Some(config), Some(layers)) = (file.config, file.layers) else {
            return Err(ScanError::Malformed("its manifest names no configuration".to_owned()));
        };
        let config = config.descriptor()?;
        // Configurations of old builders have no type of their own.
        let image = config.media_type.contains("image")
            || matches!(config.media_type.as_str(), "" | "application/octet-stream");
        if !image {
            let kind = file.artifact_type.unwrap_or(config.media_type);
            return Err(ScanError::InvalidTarget(format!(
                "it is no image but an artifact of type {kind:?}"
            )));
        }
        let layers =
            layers.into_iter().map(Blob::descriptor).collect::<Result<Vec<_>, ScanError>>()?;
        Ok(Self::Manifest(Manifest { config, layers }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn artifacts_tell_what_they_are() {
        let of = |kind: &str| {
            let blob = format!(
                r#"{{"mediaType":"application/vnd.oci.empty.v1+json","digest":"sha256:{}","size":2}}"#,
                "a".repeat(64)
            );
            let text = format!(r#"{{"schemaVersion":2,{kind}"config":{blob},"layers":[]}}"#);
            ManifestOrIndex::parse(text.as_bytes()).unwrap_err().to_string()
        };
        let chart = of(r#""artifactType":"application/vnd.cncf.helm.chart","#);
        assert!(chart.contains("of type \"application/vnd.cncf.helm.chart\""), "{chart}");
        assert!(of("").contains("application/vnd.oci.empty.v1+json"));
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "[]", "{}", r#"{"schemaVersion":1}"#, r#"{"layers":[]}"#] {
            ManifestOrIndex::parse(text.as_bytes()).unwrap_err();
        }
    }

    #[test]
    fn encrypted_layers_are_refused() {
        let layer = Descriptor {
            media_type: "application/vnd.oci.image.layer.v1.tar+gzip+encrypted".to_owned(),
            ..Descriptor::folder()
        };
        assert!(layer.check_layer().unwrap_err().to_string().contains("encrypted"));
        let layer = Descriptor { media_type: "application/x-whatever".to_owned(), ..layer };
        layer.check_layer().unwrap();
    }
}
