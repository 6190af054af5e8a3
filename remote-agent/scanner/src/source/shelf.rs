//! Where an image lies with what is attached to it: a registry, or an OCI layout.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use palisade_api::Digest;
use tracing::warn;

use super::blocking::{Wanted, blocking};
use super::files::{Awaited, Files};
use super::layout::blob;
use super::manifest::{Index, IndexEntry, ManifestOrIndex, is_called};
use super::registry::{Attachment, Referrer, RegistryImage};
use crate::error::ScanError;
use crate::limits::Limits;
use crate::source::Descriptor;

/// Attachments of a layout that are looked at.
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
                return layout.on(move |layout, wanted| layout.read(digest, limit, wanted)).await;
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
                layout.on(move |layout, wanted| layout.referrers(about, limit, wanted)).await
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
                layout.on(move |layout, wanted| layout.attachment(&reference, limit, wanted)).await
            }
        }
    }

    /// The whole of a blob, verified.
    pub(crate) async fn blob(&self, of: &Descriptor, limit: u64) -> Result<Bytes, ScanError> {
        match self {
            Self::Registry(image) => image.blob(of, limit).await,
            Self::Layout(layout) => {
                let digest = of.digest;
                layout.on(move |layout, wanted| layout.read(digest, limit, wanted)).await
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
    pub(super) fn at(
        files: &Arc<dyn Files>,
        limits: &Limits,
        wanted: &Wanted,
    ) -> Result<Option<Self>, ScanError> {
        // Beside `manifest.json` it is only a part of what `docker save` writes.
        if files.has("manifest.json") || !files.has("index.json") {
            return Ok(None);
        }
        let awaited = Awaited::new(files.as_ref(), wanted);
        let bytes = awaited.small("index.json", limits.manifest_bytes)?;
        match ManifestOrIndex::parse(&bytes)? {
            ManifestOrIndex::Index(index) => Ok(Some(Self { files: Arc::clone(files), index })),
            ManifestOrIndex::Manifest(_) | ManifestOrIndex::Schema1(_) => Ok(None),
        }
    }

    async fn on<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self, &Wanted) -> Result<T, ScanError> + Send + 'static,
    ) -> Result<T, ScanError> {
        let layout = self.clone();
        blocking(move |wanted| work(&layout, wanted)).await
    }

    fn awaited<'a>(&'a self, wanted: &'a Wanted) -> Awaited<'a> {
        Awaited::new(self.files.as_ref(), wanted)
    }

    fn read(&self, digest: Digest, limit: u64, wanted: &Wanted) -> Result<Bytes, ScanError> {
        let bytes = self.awaited(wanted).small(&blob(digest), limit)?;
        verified("a blob", digest, bytes.into())
    }

    /// The manifest that has this name.
    fn named(&self, name: &str) -> Option<Digest> {
        let mut entries = self.index.manifests.iter();
        let entry = entries.find(|entry| entry.names().any(|of| is_called(of, name)))?;
        Some(entry.descriptor.digest)
    }

    fn attachment(
        &self,
        reference: &str,
        limit: u64,
        wanted: &Wanted,
    ) -> Result<Option<Attachment>, ScanError> {
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
        Attachment::parse(digest, &self.read(digest, limit, wanted)?).map(Some)
    }

    /// Those that the layout's index names, and those in the index under the tag that stands in
    /// for what registries tell.
    fn referrers(
        &self,
        about: Digest,
        limit: u64,
        wanted: &Wanted,
    ) -> Result<Vec<Referrer>, ScanError> {
        let listed = match self.named(&about.to_referrers_tag()) {
            Some(digest) => match ManifestOrIndex::parse(&self.read(digest, limit, wanted)?)? {
                ManifestOrIndex::Index(index) => index.manifests,
                ManifestOrIndex::Manifest(_) | ManifestOrIndex::Schema1(_) => Vec::new(),
            },
            None => Vec::new(),
        };
        let files = self.awaited(wanted);
        let entries = self.index.manifests.iter().cloned().chain(listed);
        let entries = entries.filter(|entry| entry.platform.is_none()).take(MOST);
        let is_small = |name: &String| files.size(name).is_some_and(|size| size <= limit);
        let (entries, names): (Vec<IndexEntry>, Vec<String>) = entries
            .map(|entry| {
                let name = blob(entry.descriptor.digest);
                (entry, name)
            })
            .filter(|(_, name)| is_small(name))
            .unzip();
        // By their places: they are read in another order.
        let mut referrers = BTreeMap::new();
        files.each_small(&names, limit, |at, bytes| {
            let Some(IndexEntry { descriptor, .. }) = entries.get(at) else { return };
            let digest = descriptor.digest;
            let bytes = match verified("a manifest", digest, bytes.into()) {
                Ok(bytes) => bytes,
                Err(error) => {
                    warn!(%error, "what may be attached is passed over");
                    return;
                }
            };
            // What is no manifest is attached to nothing.
            let found = Attachment::parse(digest, &bytes).ok();
            let Some(found) = found.filter(|found| found.subject == Some(about)) else { return };
            let referrer = Referrer {
                manifest: descriptor.clone(),
                artifact_type: found.artifact_type,
                annotations: found.annotations,
            };
            referrers.insert(at, referrer);
        })?;
        Ok(referrers.into_values().collect())
    }
}
