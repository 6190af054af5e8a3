//! Where an image lies with what is attached to it: a registry, or an OCI layout.

use std::sync::Arc;

use bytes::Bytes;
use palisade_api::Digest;

use super::blocking::blocking;
use super::files::Files;
use super::layout::blob;
use super::manifest::{Index, ManifestOrIndex, is_called};
use super::registry::{Attachment, Referrer, RegistryImage};
use crate::error::ScanError;
use crate::limits::Limits;
use crate::source::Descriptor;

/// Attachments of a layout that are looked at: each may mean unpacking an archive to it.
const MOST: usize = 64;
/// What cosign calls the kind of statements where it saves an image as a layout.
const STATEMENTS: &str = "dev.cosignproject.cosign/atts";

/// Where an image lies with what is attached to it.
#[derive(Debug)]
pub(crate) enum Shelf {
    Registry(RegistryImage),
    Layout(LaidOut),
}

/// The files of an OCI layout.
#[derive(Clone, Debug)]
pub(crate) struct LaidOut {
    files: Arc<dyn Files>,
    /// What its own index names.
    index: Index,
}

impl Shelf {
    /// A manifest or index, verified.
    pub(crate) async fn manifest(
        &self,
        digest: Digest,
        limits: &Limits,
    ) -> Result<Bytes, ScanError> {
        let image = match self {
            Self::Registry(image) => image,
            Self::Layout(layout) => {
                let limit = limits.manifest_bytes;
                return layout.on(move |layout| layout.read(digest, limit)).await;
            }
        };
        let (bytes, _) = image.raw_manifest(&digest.to_oci(), limits).await?;
        verified("a manifest", digest, bytes)
    }

    /// What refers to the manifest `about`.
    pub(crate) async fn referrers(
        &self,
        about: Digest,
        limits: &Limits,
    ) -> Result<Vec<Referrer>, ScanError> {
        match self {
            Self::Registry(image) => image.referrers(about, None, limits).await,
            Self::Layout(layout) => {
                let limit = limits.manifest_bytes;
                layout.on(move |layout| layout.referrers(about, limit)).await
            }
        }
    }

    /// What is attached under a tag or by a digest; none where there is nothing.
    pub(crate) async fn attachment(
        &self,
        reference: &str,
        limits: &Limits,
    ) -> Result<Option<Attachment>, ScanError> {
        match self {
            Self::Registry(image) => image.attachment(reference, limits).await,
            Self::Layout(layout) => {
                let (reference, limit) = (reference.to_owned(), limits.manifest_bytes);
                layout.on(move |layout| layout.attachment(&reference, limit)).await
            }
        }
    }

    /// The whole of a blob, verified.
    pub(crate) async fn blob(&self, of: &Descriptor, limit: u64) -> Result<Bytes, ScanError> {
        match self {
            Self::Registry(image) => image.blob(of, limit).await,
            Self::Layout(layout) => {
                let digest = of.digest;
                layout.on(move |layout| layout.read(digest, limit)).await
            }
        }
    }
}

fn verified(what: &'static str, expected: Digest, bytes: Bytes) -> Result<Bytes, ScanError> {
    let found = expected.same_of(&bytes);
    if found == expected {
        Ok(bytes)
    } else {
        Err(ScanError::digest_mismatch(what, expected, found))
    }
}

impl LaidOut {
    /// The layout of these files; none where they are no layout.
    pub(super) fn at(files: Arc<dyn Files>, limits: &Limits) -> Result<Option<Self>, ScanError> {
        // Beside `manifest.json` it is only a part of what `docker save` writes.
        if files.has("manifest.json") || !files.has("index.json") {
            return Ok(None);
        }
        let bytes = files.small("index.json", limits.manifest_bytes)?;
        match ManifestOrIndex::parse(&bytes)? {
            ManifestOrIndex::Index(index) => Ok(Some(Self { files, index })),
            ManifestOrIndex::Manifest(_) | ManifestOrIndex::Schema1(_) => Ok(None),
        }
    }

    async fn on<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, ScanError> + Send + 'static,
    ) -> Result<T, ScanError> {
        let layout = self.clone();
        blocking(move |_| work(&layout)).await
    }

    fn read(&self, digest: Digest, limit: u64) -> Result<Bytes, ScanError> {
        verified("a blob", digest, self.files.small(&blob(digest), limit)?.into())
    }

    /// The manifest that has this name.
    fn named(&self, name: &str) -> Option<Digest> {
        let mut entries = self.index.manifests.iter();
        let entry = entries.find(|entry| entry.names().any(|of| is_called(of, name)))?;
        Some(entry.descriptor.digest)
    }

    fn attachment(&self, reference: &str, limit: u64) -> Result<Option<Attachment>, ScanError> {
        let of_kind = || {
            let mut entries = self.index.manifests.iter();
            let entry = entries.find(|entry| entry.is_kind(STATEMENTS))?;
            let statements = reference.rsplit_once('.').is_some_and(|(_, kind)| kind == "att");
            statements.then_some(entry.descriptor.digest)
        };
        let by_digest = Digest::from_oci(reference).ok();
        let Some(digest) = by_digest.or_else(|| self.named(reference)).or_else(of_kind) else {
            return Ok(None);
        };
        // The attachments of an image may be there in part.
        if !self.files.has(&blob(digest)) {
            return Ok(None);
        }
        Attachment::parse(digest, &self.read(digest, limit)?).map(Some)
    }

    /// Those that the layout's index names, and those in the index under the tag that stands in
    /// for what registries tell.
    fn referrers(&self, about: Digest, limit: u64) -> Result<Vec<Referrer>, ScanError> {
        let listed = match self.named(&about.to_referrers_tag()) {
            Some(digest) => match ManifestOrIndex::parse(&self.read(digest, limit)?)? {
                ManifestOrIndex::Index(index) => index.manifests,
                ManifestOrIndex::Manifest(_) | ManifestOrIndex::Schema1(_) => Vec::new(),
            },
            None => Vec::new(),
        };
        let entries = self.index.manifests.iter().cloned().chain(listed);
        let entries = entries.filter(|entry| entry.platform.is_none()).take(MOST);
        let mut referrers = Vec::new();
        for entry in entries {
            let digest = entry.descriptor.digest;
            if !self.files.has(&blob(digest)) {
                continue;
            }
            // What is no manifest is attached to nothing.
            let Ok(found) = Attachment::parse(digest, &self.read(digest, limit)?) else { continue };
            if found.subject == Some(about) {
                referrers.push(Referrer {
                    manifest: entry.descriptor,
                    artifact_type: found.artifact_type,
                    annotations: found.annotations,
                });
            }
        }
        Ok(referrers)
    }
}
