//! One image of a registry.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use palisade_api::Digest;

use super::client::{RegistryClient, body};
use super::stream;
use crate::error::ScanError;
use crate::layer::LayerContent;
use crate::limits::Limits;
use crate::source::manifest::ACCEPT;
use crate::source::reference::{is_repository, is_tag};
use crate::source::{Descriptor, Image, ImageConfig, Manifest, ManifestOrIndex};

/// An image by repository and reference.
#[derive(Clone, Debug)]
pub struct RegistryImage {
    client: RegistryClient,
    repository: String,
    /// A tag or a digest.
    reference: String,
}

impl RegistryClient {
    /// The image `reference` (a tag, or `sha256:` and hex digits) of
    /// `repository`. Nothing is sent yet.
    pub fn image(&self, repository: &str, reference: &str) -> Result<RegistryImage, ScanError> {
        if !is_repository(repository) || !(is_tag(reference) || Digest::from_oci(reference).is_ok())
        {
            return Err(ScanError::InvalidTarget(format!(
                "{repository:?} and {reference:?} name no image"
            )));
        }
        Ok(RegistryImage {
            client: self.clone(),
            repository: repository.to_owned(),
            reference: reference.to_owned(),
        })
    }
}

/// What a tag leads to, without configuration and layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// Digest of the manifest that is scanned.
    pub digest: Digest,
    /// Digest of the index that the tag leads to, where it does.
    pub index_digest: Option<Digest>,
}

impl RegistryImage {
    /// The repository.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The tag or digest.
    pub fn reference(&self) -> &str {
        &self.reference
    }

    /// Finds out which manifest the reference leads to.
    pub async fn resolve(&self, limits: &Limits) -> Result<Resolved, ScanError> {
        let (digest, index_digest, _) = self.find(limits).await?;
        Ok(Resolved { digest, index_digest })
    }

    /// Reads manifest and configuration.
    pub(crate) async fn open(&self, limits: &Limits) -> Result<Image, ScanError> {
        let (digest, index_digest, manifest) = self.find(limits).await?;
        let config = self.small_blob(&manifest.config, limits.config_bytes).await?;
        Ok(Image {
            digest: Some(digest),
            index_digest,
            image_id: Some(manifest.config.digest),
            config: ImageConfig::parse(&config)?,
            layers: manifest.layers,
        })
    }

    /// Reads one layer.
    pub(crate) async fn layer(
        &self,
        layer: &Descriptor,
        limits: &Limits,
    ) -> Result<LayerContent, ScanError> {
        let url =
            self.client.endpoint(&format!("{}/blobs/{}", self.repository, layer.digest.to_oci()));
        stream::layer(&self.client, &url, &self.scope(), layer, limits).await
    }

    async fn find(&self, limits: &Limits) -> Result<(Digest, Option<Digest>, Manifest), ScanError> {
        let (digest, bytes) = self.manifest(&self.reference, limits).await?;
        match ManifestOrIndex::parse(&bytes)? {
            ManifestOrIndex::Manifest(manifest) => Ok((digest, None, manifest)),
            ManifestOrIndex::Index(chosen) => {
                let (_, bytes) = self.manifest(&chosen.digest.to_oci(), limits).await?;
                match ManifestOrIndex::parse(&bytes)? {
                    ManifestOrIndex::Manifest(manifest) => {
                        Ok((chosen.digest, Some(digest), manifest))
                    }
                    ManifestOrIndex::Index(_) => {
                        Err(ScanError::Malformed("its index names another index".to_owned()))
                    }
                }
            }
        }
    }

    async fn manifest(
        &self,
        reference: &str,
        limits: &Limits,
    ) -> Result<(Digest, Bytes), ScanError> {
        let url = self.client.endpoint(&format!("{}/manifests/{reference}", self.repository));
        let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(ACCEPT))]);
        let response = self.client.get(&url, &self.scope(), &headers).await?;
        let announced = response
            .headers()
            .get("docker-content-digest")
            .and_then(|value| Digest::from_oci(value.to_str().ok()?).ok());
        let bytes = body(&url, response, limits.manifest_bytes).await?;
        let found = Digest::of(&bytes);
        let expected = Digest::from_oci(reference).ok().or(announced);
        if let Some(expected) = expected.filter(|expected| *expected != found) {
            return Err(ScanError::DigestMismatch { what: "the manifest", expected, found });
        }
        Ok((found, bytes))
    }

    async fn small_blob(&self, blob: &Descriptor, limit: u64) -> Result<Bytes, ScanError> {
        let url =
            self.client.endpoint(&format!("{}/blobs/{}", self.repository, blob.digest.to_oci()));
        let response = self.client.get(&url, &self.scope(), &HeaderMap::new()).await?;
        let bytes = body(&url, response, limit).await?;
        let found = Digest::of(&bytes);
        if found != blob.digest {
            return Err(ScanError::DigestMismatch {
                what: "the configuration",
                expected: blob.digest,
                found,
            });
        }
        Ok(bytes)
    }

    fn scope(&self) -> String {
        format!("repository:{}:pull", self.repository)
    }
}
