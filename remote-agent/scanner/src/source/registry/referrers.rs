//! What refers to an image: signatures, package lists and other attachments.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use palisade_api::Digest;
use serde::Deserialize;
use tracing::debug;

use super::error::RegistryError;
use super::http::body;
use super::image::RegistryImage;
use crate::error::ScanError;
use crate::limits::Limits;
use crate::source::manifest::Blob;
use crate::source::{Descriptor, ManifestOrIndex};

/// Attachments of one image that are looked at.
const MOST: usize = 1_000;

/// The manifest of something attached to an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referrer {
    /// Its manifest.
    pub manifest: Descriptor,
    /// What it is, for example `application/spdx+json`.
    pub artifact_type: String,
    /// What its maker tells about it.
    pub annotations: BTreeMap<String, String>,
}

/// What is attached: blobs with a manifest around them.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// Digest of its manifest.
    pub digest: Digest,
    /// What it is; empty when only the blobs tell.
    pub artifact_type: String,
    /// The image that it is about, where the manifest tells.
    pub subject: Option<Digest>,
    /// What its maker tells about it.
    pub annotations: BTreeMap<String, String>,
    /// The blobs with what is told about each.
    pub blobs: Vec<(Descriptor, BTreeMap<String, String>)>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    artifact_type: Option<String>,
    config: Option<Typed>,
    subject: Option<Named>,
    annotations: Option<BTreeMap<String, String>>,
    #[serde(default)]
    layers: Vec<serde_json::Value>,
    #[serde(default)]
    blobs: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Typed {
    media_type: Option<String>,
}

#[derive(Deserialize)]
struct Named {
    digest: String,
}

#[derive(Deserialize)]
struct Annotated {
    annotations: Option<BTreeMap<String, String>>,
}

impl RegistryImage {
    /// What refers to the manifest `subject` of this repository, of one type
    /// or of any. Registries without the API for it are asked for the index
    /// under the tag that stands in for it. Nothing is attached where neither
    /// is there.
    pub async fn referrers(
        &self,
        subject: Digest,
        artifact_type: Option<&str>,
        limits: &Limits,
    ) -> Result<Vec<Referrer>, ScanError> {
        let url =
            self.client.endpoint_of(&self.repository, &format!("referrers/{}", subject.to_oci()));
        let answer = self.client.get(&url, &self.scope(), &HeaderMap::new()).await;
        let bytes = match answer {
            Ok(response) => body(&url, response, limits.manifest_bytes).await?,
            Err(error) if knows_no_referrers(&error) => {
                debug!(%error, "the registry has no referrers API");
                let tag = subject.to_referrers_tag();
                match self.raw_manifest(&tag, limits).await {
                    Ok((bytes, _)) => bytes,
                    Err(ScanError::Registry(RegistryError::NotFound { .. })) => {
                        return Ok(Vec::new());
                    }
                    Err(error) => return Err(error),
                }
            }
            Err(error) => return Err(error.into()),
        };
        let ManifestOrIndex::Index(index) = ManifestOrIndex::parse(&bytes)? else {
            return Err(ScanError::Malformed("the list of its attachments is no index".to_owned()));
        };
        Ok(index
            .manifests
            .into_iter()
            .take(MOST)
            .map(|entry| Referrer {
                manifest: entry.descriptor,
                artifact_type: entry.artifact_type,
                annotations: entry.annotations,
            })
            .filter(|referrer| artifact_type.is_none_or(|wanted| wanted == referrer.artifact_type))
            .collect())
    }

    /// Reads the manifest of an attachment by its digest, or by a tag, as
    /// `sha256-….sig` of signatures that are attached by name. None when
    /// there is none.
    pub async fn attachment(
        &self,
        reference: &str,
        limits: &Limits,
    ) -> Result<Option<Attachment>, ScanError> {
        let (bytes, announced) = match self.raw_manifest(reference, limits).await {
            Ok(found) => found,
            Err(ScanError::Registry(RegistryError::NotFound { .. })) => return Ok(None),
            Err(error) => return Err(error),
        };
        let expected = Digest::from_oci(reference).ok().or(announced);
        let digest = expected.unwrap_or(Digest::of(&[])).same_of(&bytes);
        if let Some(expected) = expected.filter(|expected| *expected != digest) {
            return Err(ScanError::digest_mismatch("an attachment", expected, digest));
        }
        Attachment::parse(digest, &bytes).map(Some)
    }
}

impl Attachment {
    pub(crate) fn parse(digest: Digest, bytes: &Bytes) -> Result<Self, ScanError> {
        let bad =
            |error: &dyn std::fmt::Display| ScanError::Malformed(format!("an attachment: {error}"));
        let file: File = serde_json::from_slice(bytes).map_err(|error| bad(&error))?;
        let blobs = file
            .layers
            .into_iter()
            .chain(file.blobs)
            .take(MOST)
            .map(|value| {
                let told = Annotated::deserialize(&value).map_err(|error| bad(&error))?;
                let blob = Blob::deserialize(value).map_err(|error| bad(&error))?;
                Ok((blob.descriptor()?, told.annotations.unwrap_or_default()))
            })
            .collect::<Result<Vec<_>, ScanError>>()?;
        Ok(Self {
            digest,
            // Without a type of its own the configuration's type tells.
            artifact_type: file
                .artifact_type
                .or_else(|| file.config?.media_type)
                .unwrap_or_default(),
            subject: file.subject.and_then(|subject| Digest::from_oci(&subject.digest).ok()),
            annotations: file.annotations.unwrap_or_default(),
            blobs,
        })
    }
}

/// Whether the registry does not know of referrers at all.
fn knows_no_referrers(error: &RegistryError) -> bool {
    match error {
        RegistryError::NotFound { .. } => true,
        RegistryError::Status { status, .. } => matches!(
            *status,
            StatusCode::METHOD_NOT_ALLOWED
                | StatusCode::BAD_REQUEST
                | StatusCode::NOT_ACCEPTABLE
                | StatusCode::NOT_IMPLEMENTED
        ),
        _ => false,
    }
}
