//! One image of a registry.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use palisade_api::Digest;

use super::client::RegistryClient;
use super::error::RegistryError;
use super::http::shown;
use super::stream::{self, Place};
use crate::error::ScanError;
use crate::layer::LayerContent;
use crate::limits::Limits;
use crate::scope::Scope;
use crate::source::manifest::{ACCEPT, INDEX_DEPTH};
use crate::source::platform::Platform;
use crate::source::reference::{is_repository, is_tag};
use crate::source::schema1::Schema1;
use crate::source::{Descriptor, Image, ImageConfig, ManifestOrIndex};

/// An image by repository and reference.
#[derive(Clone, Debug)]
pub struct RegistryImage {
    pub(super) client: RegistryClient,
    pub(super) repository: String,
    /// A tag or a digest.
    reference: String,
    platform: Option<Platform>,
}

impl RegistryClient {
    /// The image `reference` (a tag, or a digest with its algorithm) of
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
            platform: None,
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

/// A manifest as it was fetched.
struct Fetched {
    digest: Digest,
    found: ManifestOrIndex,
}

impl RegistryImage {
    /// The same image, for `platform` where its reference leads to several.
    #[must_use]
    pub fn for_platform(mut self, platform: Option<Platform>) -> Self {
        self.platform = platform;
        self
    }

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
        self.resolve_known(limits, |_| None).await
    }

    /// Finds out which manifest the reference leads to. The head of the
    /// answer is enough, which counts against no limit on images, for a
    /// manifest and for an index that `known` has an answer to.
    pub async fn resolve_known(
        &self,
        limits: &Limits,
        known: impl Fn(Digest) -> Option<Resolved>,
    ) -> Result<Resolved, ScanError> {
        if let Some((digest, is_index)) = self.head().await? {
            if let Some(resolved) = known(digest) {
                return Ok(resolved);
            }
            if !is_index {
                return Ok(Resolved { digest, index_digest: None });
            }
        }
        let (fetched, index_digest) = self.find(limits).await?;
        Ok(Resolved { digest: fetched.digest, index_digest })
    }

    /// The digest that the reference leads to, and whether it is an index;
    /// none when the registry does not tell.
    async fn head(&self) -> Result<Option<(Digest, bool)>, ScanError> {
        let url = self.manifest_url(&self.reference);
        let response = match self.client.head(&url, &self.scope(), &accept_manifests()).await {
            Ok(response) => response,
            // Some registries, and firewalls in front of them, know no HEAD for manifests, and
            // refuse it in many ways: who asks for the whole is told what is really wrong.
            Err(error) if error.is_refusal() => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let text = |name: &str| response.headers().get(name)?.to_str().ok();
        let told = text("docker-content-digest").and_then(|digest| Digest::from_oci(digest).ok());
        // Who asks for a digest is told no other.
        let asked = Digest::from_oci(&self.reference).ok();
        let Some(digest) = told.filter(|told| asked.is_none_or(|asked| asked == *told)) else {
            return Ok(None);
        };
        Ok(match text(header::CONTENT_TYPE.as_str()) {
            Some(kind) if kind.contains("index") || kind.contains("manifest.list") => {
                Some((digest, true))
            }
            Some(kind)
                if kind.contains("manifest.v1+json") || kind.contains("manifest.v2+json") =>
            {
                Some((digest, false))
            }
            _ => None,
        })
    }

    /// Reads manifest and configuration.
    pub(crate) async fn open(&self, limits: &Limits) -> Result<Image, ScanError> {
        let (fetched, index_digest) = self.find(limits).await?;
        let image = match fetched.found {
            ManifestOrIndex::Manifest(manifest) => {
                let config = self.blob(&manifest.config, limits.config_bytes).await?;
                Image {
                    digest: Some(fetched.digest),
                    index_digest,
                    image_id: Some(manifest.config.digest),
                    config: ImageConfig::parse(&config)?,
                    layers: manifest.layers,
                }
            }
            ManifestOrIndex::Schema1(manifest) => {
                self.open_schema1(fetched.digest, index_digest, *manifest, limits).await?
            }
            ManifestOrIndex::Index(_) => return Err(nested()),
        };
        image.config.check_platform(self.platform.as_ref())?;
        Ok(image)
    }

    async fn open_schema1(
        &self,
        digest: Digest,
        index_digest: Option<Digest>,
        manifest: Schema1,
        limits: &Limits,
    ) -> Result<Image, ScanError> {
        if manifest.layers.len() > limits.layers {
            return Err(ScanError::Malformed(format!("it has more than {} layers", limits.layers)));
        }
        let mut layers: Vec<Descriptor> = Vec::new();
        for digest in manifest.layers {
            let known = layers.iter().find(|layer| layer.digest == digest).map(|layer| layer.size);
            let size = match known {
                Some(size) => size,
                None => self.blob_size(digest).await?,
            };
            layers.push(Descriptor::new(digest, size));
        }
        Ok(Image {
            digest: Some(digest),
            index_digest,
            image_id: None,
            config: manifest.config,
            layers,
        })
    }

    /// Reads one layer.
    pub(crate) async fn layer(
        &self,
        layer: &Descriptor,
        scope: &Scope,
    ) -> Result<LayerContent, ScanError> {
        let url = self.blob_url(layer.digest);
        let token = self.scope();
        let place = Place { client: &self.client, url: &url, scope: Some(&token) };
        match stream::layer(&place, layer, scope).await {
            Err(ScanError::Registry(RegistryError::NotFound { .. })) if layer.is_foreign() => {
                self.foreign_layer(layer, scope).await
            }
            result => result,
        }
    }

    /// Fetches a layer that the registry does not hold from where the
    /// manifest says, if that is allowed.
    async fn foreign_layer(
        &self,
        layer: &Descriptor,
        scope: &Scope,
    ) -> Result<LayerContent, ScanError> {
        let refused = |reason: &str| ScanError::LayerRefused {
            layer: layer.digest,
            reason: format!("the registry does not hold it, as its license demands: {reason}"),
        };
        if !self.client.access().foreign_layers {
            return Err(refused("fetching layers from elsewhere is not allowed"));
        }
        let plain = self.client.url().scheme() == "http";
        let allowed =
            |url: &&String| url.starts_with("https://") || plain && url.starts_with("http://");
        let mut last = refused("its manifest names no place to fetch it from by https");
        for url in layer.urls.iter().filter(allowed).take(4) {
            let place = Place { client: &self.client, url, scope: None };
            match stream::layer(&place, layer, scope).await {
                Err(error @ ScanError::Registry(_)) => {
                    last = refused(&format!("{} fails: {error}", shown(url)));
                }
                result => return result,
            }
        }
        Err(last)
    }

    /// Follows the reference to a manifest that is no index.
    async fn find(&self, limits: &Limits) -> Result<(Fetched, Option<Digest>), ScanError> {
        let mut fetched = self.manifest(&self.reference, limits).await?;
        let mut index_digest = None;
        for _ in 0..INDEX_DEPTH {
            let ManifestOrIndex::Index(index) = &fetched.found else {
                return Ok((fetched, index_digest));
            };
            let chosen = index.choose(self.platform.as_ref(), |_| true)?.digest;
            index_digest = index_digest.or(Some(fetched.digest));
            fetched = self.manifest(&chosen.to_oci(), limits).await?;
        }
        Err(nested())
    }

    async fn manifest(&self, reference: &str, limits: &Limits) -> Result<Fetched, ScanError> {
        let (bytes, announced) = self.raw_manifest(reference, limits).await?;
        let found = ManifestOrIndex::parse(&bytes)?;
        let expected = Digest::from_oci(reference).ok().or(announced);
        let mut digest = expected.unwrap_or(Digest::of(&[])).same_of(&bytes);
        if let ManifestOrIndex::Schema1(manifest) = &found
            && let Some(payload) = manifest.payload
        {
            digest = payload;
        }
        if let Some(expected) = expected.filter(|expected| *expected != digest) {
            return Err(ScanError::digest_mismatch("the manifest", expected, digest));
        }
        Ok(Fetched { digest, found })
    }

    /// The bytes of a manifest with the digest that the registry announces.
    pub(crate) async fn raw_manifest(
        &self,
        reference: &str,
        limits: &Limits,
    ) -> Result<(Bytes, Option<Digest>), ScanError> {
        let url = self.manifest_url(reference);
        let (bytes, headers) = self.whole(&url, &accept_manifests(), limits.manifest_bytes).await?;
        let announced = headers
            .get("docker-content-digest")
            .and_then(|value| Digest::from_oci(value.to_str().ok()?).ok());
        Ok((bytes, announced))
    }

    /// The whole of a small blob of the repository, verified.
    pub async fn blob(&self, blob: &Descriptor, limit: u64) -> Result<Bytes, ScanError> {
        let url = self.blob_url(blob.digest);
        let (bytes, _) = self.whole(&url, &HeaderMap::new(), limit).await?;
        let found = blob.digest.same_of(&bytes);
        if found != blob.digest {
            return Err(ScanError::digest_mismatch("a blob", blob.digest, found));
        }
        Ok(bytes)
    }

    async fn whole(
        &self,
        url: &str,
        headers: &HeaderMap,
        limit: u64,
    ) -> Result<(Bytes, HeaderMap), RegistryError> {
        self.client.whole(url, &self.scope(), headers, limit).await
    }

    /// How many bytes a blob has, for manifests that do not tell.
    async fn blob_size(&self, digest: Digest) -> Result<u64, ScanError> {
        let url = self.blob_url(digest);
        let response = self.client.head(&url, &self.scope(), &HeaderMap::new()).await?;
        let size = response
            .headers()
            .get(header::CONTENT_LENGTH)
            .and_then(|length| length.to_str().ok()?.parse().ok());
        Ok(size.ok_or_else(|| RegistryError::Malformed {
            url,
            reason: "it does not tell how many bytes it has".to_owned(),
        })?)
    }

    fn manifest_url(&self, reference: &str) -> String {
        self.client.endpoint_of(&self.repository, &format!("manifests/{reference}"))
    }

    fn blob_url(&self, digest: Digest) -> String {
        self.client.endpoint_of(&self.repository, &format!("blobs/{}", digest.to_oci()))
    }

    pub(super) fn scope(&self) -> String {
        self.client.scope_of(&self.repository)
    }
}

fn nested() -> ScanError {
    ScanError::Malformed("its indexes are nested too deep".to_owned())
}

fn accept_manifests() -> HeaderMap {
    HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(ACCEPT))])
}
