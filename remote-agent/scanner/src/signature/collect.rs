//! Signatures as registries keep them: under a tag that is named after the
//! image, and as referrers to it.

use std::collections::BTreeSet;

use palisade_api::Digest;
use tracing::debug;

use super::bundle;
use super::signed::Signed;
use crate::error::ScanError;
use crate::limits::Limits;
use crate::source::registry::{Attachment, RegistryImage};

/// Type of cosign's attachments as referrers.
const COSIGN: &str = "application/vnd.dev.cosign.artifact.sig.v1+json";
/// Type of the bundles of newer clients, up to their version.
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.";
/// Most attachments and signatures of one image that are looked at.
const MAX_ATTACHMENTS: usize = 50;
const MAX_SIGNATURES: usize = 200;
/// Longest payload or bundle, in bytes.
const MAX_BYTES: u64 = 512 * 1024;

/// Fetches the signatures of the manifests `subjects` (an image's own, and
/// the index that led to it) from their repository. What cannot be read as a
/// signature is none; it may be anybody's.
pub async fn collect(
    image: &RegistryImage,
    subjects: &[Digest],
    limits: &Limits,
) -> Result<Vec<Signed>, ScanError> {
    let mut signatures = Vec::new();
    for subject in subjects {
        let mut seen = BTreeSet::new();
        let tag = format!("sha256-{subject}.sig");
        if let Some(attachment) = image.attachment(&tag, limits).await? {
            seen.insert(attachment.digest);
            read(image, *subject, &attachment, &mut signatures).await?;
        }
        let referrers = image.referrers(*subject, None, limits).await?;
        let of_signatures = referrers
            .iter()
            .filter(|one| one.artifact_type == COSIGN || one.artifact_type.starts_with(BUNDLE));
        for referrer in of_signatures.take(MAX_ATTACHMENTS) {
            let digest = referrer.manifest.digest;
            if !seen.insert(digest) {
                continue;
            }
            if let Some(attachment) = image.attachment(&digest.to_oci(), limits).await? {
                read(image, *subject, &attachment, &mut signatures).await?;
            }
        }
    }
    Ok(signatures)
}

async fn read(
    image: &RegistryImage,
    subject: Digest,
    attachment: &Attachment,
    signatures: &mut Vec<Signed>,
) -> Result<(), ScanError> {
    for (blob, annotations) in &attachment.blobs {
        let is_bundle = blob.media_type.starts_with(BUNDLE);
        if !is_bundle && !bundle::is_annotated(annotations) {
            continue;
        }
        if signatures.len() == MAX_SIGNATURES {
            return Ok(());
        }
        let bytes = image.blob(blob, MAX_BYTES).await?;
        let signed = if is_bundle {
            Signed::from_bundle(subject, &bytes)
        } else {
            Signed::from_payload(subject, bytes.to_vec(), annotations).map(Some)
        };
        match signed {
            Ok(signed) => signatures.extend(signed),
            Err(error) => debug!(blob = %blob.digest, %error, "an attachment is no signature"),
        }
    }
    Ok(())
}
