//! Signatures as registries keep them: under a tag that is named after the
//! image, and as referrers to it.

use std::collections::BTreeSet;

use bytes::Bytes;
use palisade_api::Digest;
use tracing::debug;

use super::bundle;
use super::signed::Signed;
use crate::error::ScanError;
use crate::limits::Limits;
use crate::source::reference::is_tag;
use crate::source::registry::RegistryImage;

/// Type of cosign's attachments as referrers.
const COSIGN: &str = "application/vnd.dev.cosign.artifact.sig.v1+json";
/// Type of the bundles of newer clients, up to their version, which is in the name or behind it.
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle";
/// Most attachments of one manifest that are looked at.
const MAX_ATTACHMENTS: usize = 50;
/// Longest payload or bundle, in bytes.
const MAX_BYTES: u64 = 512 * 1024;
/// Payloads and bundles of one image that are looked at, and bytes of them. A signature has
/// some ten thousand.
const MAX_BLOBS: usize = 200;
const MAX_BYTES_IN_ALL: u64 = 16 << 20;

/// Fetches the signatures of the manifests `subjects` (an image's own, and
/// the index that led to it) from their repository. What cannot be read as a
/// signature is none; it may be anybody's.
pub async fn collect(
    image: &RegistryImage,
    subjects: &[Digest],
    limits: &Limits,
) -> Result<Vec<Signed>, ScanError> {
    let mut signatures = Vec::new();
    let mut room = Room { blobs: MAX_BLOBS, bytes: MAX_BYTES_IN_ALL };
    for subject in subjects {
        let mut attached = Attached {
            image,
            subject: *subject,
            limits,
            manifest: None,
            signatures: &mut signatures,
            room: &mut room,
        };
        // One named after SHA-512 would be longer than tags are.
        let tag = subject.to_oci().replace(':', "-") + ".sig";
        let by_tag = if is_tag(&tag) { attached.read(&tag).await? } else { None };
        let mut seen: BTreeSet<Digest> = by_tag.into_iter().collect();
        let referrers = image.referrers(*subject, None, limits).await;
        let referrers = if_sound(referrers, "the list of its attachments")?.unwrap_or_default();
        let of_signatures = referrers
            .iter()
            .filter(|one| one.artifact_type == COSIGN || one.artifact_type.starts_with(BUNDLE));
        for referrer in of_signatures.take(MAX_ATTACHMENTS) {
            if seen.insert(referrer.manifest.digest) {
                attached.read(&referrer.manifest.digest.to_oci()).await?;
            }
        }
    }
    Ok(signatures)
}

/// None of what is not as it should be.
fn if_sound<T>(found: Result<T, ScanError>, what: &str) -> Result<Option<T>, ScanError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.is_of_one_attachment() => {
            debug!(what, %error, "what is attached cannot be read");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// What is attached to one manifest.
struct Attached<'a> {
    image: &'a RegistryImage,
    subject: Digest,
    limits: &'a Limits,
    /// The manifest itself, once something needs it.
    manifest: Option<Bytes>,
    signatures: &'a mut Vec<Signed>,
    room: &'a mut Room,
}

/// What may yet be looked at: whoever may push to the repository attaches as much as they like.
struct Room {
    blobs: usize,
    bytes: u64,
}

impl Attached<'_> {
    /// Reads one attachment, and says its digest; none where there is none.
    async fn read(&mut self, reference: &str) -> Result<Option<Digest>, ScanError> {
        let attachment = self.image.attachment(reference, self.limits).await;
        let Some(Some(attachment)) = if_sound(attachment, reference)? else { return Ok(None) };
        for (blob, annotations) in &attachment.blobs {
            let is_bundle = blob.media_type.starts_with(BUNDLE);
            if !is_bundle && !bundle::is_annotated(annotations) {
                continue;
            }
            if self.room.blobs == 0 {
                break;
            }
            // No signature is as long, but what else is told in bundles may be.
            if blob.size > MAX_BYTES.min(self.room.bytes) {
                debug!(blob = %blob.digest, size = blob.size, "an attachment is too large");
                continue;
            }
            self.room.blobs -= 1;
            let bytes = self.image.blob(blob, MAX_BYTES).await;
            let Some(bytes) = if_sound(bytes, reference)? else { continue };
            self.room.bytes = self.room.bytes.saturating_sub(bytes.len() as u64);
            let signed = if is_bundle {
                let manifest = self.manifest_for(&bytes).await?;
                Signed::from_bundle(self.subject, &manifest, &bytes)
            } else {
                Signed::from_payload(self.subject, bytes.to_vec(), annotations).map(Some)
            };
            match signed {
                Ok(signed) => self.signatures.extend(signed),
                Err(error) => debug!(blob = %blob.digest, %error, "an attachment is no signature"),
            }
        }
        Ok(Some(attachment.digest))
    }

    /// The manifest, where this bundle may be a signature on it.
    async fn manifest_for(&mut self, json: &[u8]) -> Result<Bytes, ScanError> {
        if !bundle::is_detached(json) {
            return Ok(Bytes::new());
        }
        if let Some(known) = &self.manifest {
            return Ok(known.clone());
        }
        let subject = self.subject.to_oci();
        let manifest = if_sound(self.image.raw_manifest(&subject, self.limits).await, &subject)?;
        Ok(self.manifest.insert(manifest.unwrap_or_default().0).clone())
    }
}
