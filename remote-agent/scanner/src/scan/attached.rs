//! Bills of materials that are attached to an image in its registry.

use palisade_api::Digest;

use super::Target;
use super::target::connect;
use crate::error::ScanError;
use crate::limits::Limits;
use crate::report::sbom::{self, SbomFormat};
use crate::scan::Inventory;
use crate::source::ManifestOrIndex;
use crate::source::registry::{RegistryImage, Resolved};

/// Bytes of an attached document at most.
const DOCUMENT_BYTES: u64 = 64 << 20;
/// Attachments that are read until one is a bill of materials.
const TRIED: usize = 8;

/// What attachments of this kind are called, by parts of their type: the documents, and
/// what signed statements come in.
const TYPES: [&str; 7] =
    ["cyclonedx", "spdx", "syft", "sbom", "in-toto", "dsse.envelope", "sigstore.bundle"];
/// Names the image that an entry of an index tells of.
const ABOUT: &str = "vnd.docker.reference.digest";
/// The tags of a bill, and of signed statements.
const TAGS: [&str; 2] = ["sbom", "att"];

/// What an attached bill of materials lists.
#[derive(Debug)]
pub struct Attached {
    /// Digest of the attachment's manifest.
    pub digest: Digest,
    /// The format of the document.
    pub format: SbomFormat,
    /// What it lists, with the digest of the image that it is attached to.
    pub inventory: Inventory,
}

impl Target {
    /// The bill of materials that is attached to the image; none where there
    /// is none, and for what is in no registry. Who uses it instead of the
    /// layers trusts whoever may write to the repository.
    pub async fn attached_sbom(&self, limits: &Limits) -> Result<Option<Attached>, ScanError> {
        let Self::Image { reference, scheme, options } = self else { return Ok(None) };
        let client = connect(reference, *scheme, options).await?;
        let image = client
            .image(&reference.repository, &reference.reference)?
            .for_platform(options.platform.clone());
        let resolved = image.resolve(limits).await?;
        for manifest in places(&image, &resolved, limits).await? {
            let Some(attachment) = image.attachment(&manifest, limits).await? else { continue };
            // A list of referrers may name what speaks of another image.
            if attachment.subject.is_some_and(|subject| subject != resolved.digest) {
                continue;
            }
            for (blob, _) in attachment.blobs.iter().filter(|(b, _)| b.size <= DOCUMENT_BYTES) {
                let content = image.blob(blob, DOCUMENT_BYTES).await?;
                if sbom::detect(&content).is_none() {
                    continue;
                }
                let read = sbom::read(&manifest, &content, limits).map_err(|error| {
                    ScanError::Malformed(format!("the attached document {manifest}: {error}"))
                })?;
                let mut inventory = read.inventory;
                inventory.digest = Some(resolved.digest);
                inventory.index_digest = resolved.index_digest;
                let format = read.format;
                return Ok(Some(Attached { digest: attachment.digest, format, inventory }));
            }
        }
        Ok(None)
    }
}

/// Where bills of an image may be attached: as what refers to it, beside it in its index, where
/// builders put what they tell of it, and under tags that are named after it.
async fn places(
    image: &RegistryImage,
    of: &Resolved,
    limits: &Limits,
) -> Result<Vec<String>, ScanError> {
    let referrers = image.referrers(of.digest, None, limits).await?;
    let fitting = referrers.iter().filter(|referrer| is_type(&referrer.artifact_type));
    let mut places: Vec<String> =
        fitting.map(|referrer| referrer.manifest.digest.to_oci()).take(TRIED).collect();
    if let Some(index) = of.index_digest {
        let (bytes, _) = image.raw_manifest(&index.to_oci(), limits).await?;
        let found = Digest::of(&bytes);
        if found != index {
            return Err(ScanError::DigestMismatch { what: "the index", expected: index, found });
        }
        if let ManifestOrIndex::Index(index) = ManifestOrIndex::parse(&bytes)? {
            let about = of.digest.to_oci();
            let fitting =
                index.manifests.iter().filter(|entry| entry.annotations.get(ABOUT) == Some(&about));
            places.extend(fitting.map(|entry| entry.descriptor.digest.to_oci()).take(TRIED));
        }
    }
    places.extend(TAGS.map(|kind| format!("sha256-{}.{kind}", of.digest)));
    Ok(places)
}

fn is_type(artifact_type: &str) -> bool {
    let artifact_type = artifact_type.to_ascii_lowercase();
    TYPES.iter().any(|part| artifact_type.contains(part))
}
