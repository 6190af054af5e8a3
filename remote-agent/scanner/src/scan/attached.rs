//! Bills of materials that are attached to an image, where it lies.

mod fitting;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use palisade_api::Digest;
use tracing::warn;

use super::Target;
use super::target::connect;
use crate::error::ScanError;
use crate::limits::Limits;
use crate::report::sbom::{self, Reading, SbomError, SbomFormat};
use crate::scan::Inventory;
use crate::signature::{RootOfTrust, signed_statements};
use crate::source::reference::is_tag;
use crate::source::registry::Resolved;
use crate::source::{ManifestOrIndex, Shelf, Source};

/// Bytes of an attached document at most.
const DOCUMENT_BYTES: u64 = 64 << 20;
/// Attachments of one way that are read until one is a bill of materials.
const TRIED: usize = 8;
/// Blobs of all attachments that are read, and bytes of them.
const MOST_BLOBS: usize = 64;
const MOST_BYTES: u64 = 256 << 20;

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
    /// The bill of materials that is attached to the image, in its registry or its OCI layout;
    /// none where there is none that can be read, and for what is in neither. Who uses it instead
    /// of the layers trusts whoever may write there, or only what one of `signers` finds signed
    /// `now`, where such are given.
    pub async fn attached_sbom(
        &self,
        signers: &[RootOfTrust],
        now: DateTime<Utc>,
        limits: &Limits,
    ) -> Result<Option<Attached>, ScanError> {
        let Some((home, resolved)) = self.shelf(limits).await? else { return Ok(None) };
        let images: Vec<Digest> =
            std::iter::once(resolved.digest).chain(resolved.index_digest).collect();
        let mut room = Room { blobs: MOST_BLOBS, bytes: MOST_BYTES };
        for Place { about, manifest } in places(&home, &resolved, limits).await? {
            let attachment = home.attachment(&manifest, limits).await;
            let Some(Some(attachment)) = if_sound(attachment, &manifest)? else { continue };
            // A list of referrers may name what speaks of another image.
            if attachment.subject.is_some_and(|named| named != about) {
                continue;
            }
            for (blob, annotations) in &attachment.blobs {
                if blob.size > DOCUMENT_BYTES || !room.takes(blob.size) {
                    warn!(manifest, size = blob.size, "what is attached is too much to be read");
                    continue;
                }
                // No more than was counted, whatever the manifest says.
                let content = home.blob(blob, blob.size).await;
                let Some(content) = if_sound(content, &manifest)? else { continue };
                if sbom::detect(&content).is_none() {
                    continue;
                }
                let document = Document { name: &manifest, content: &content, annotations };
                let read = document.read(&images, signers, now, limits);
                let Some(Said { read, states_of_image }) = read else { continue };
                let mut inventory = read.inventory;
                // Statements on vulnerabilities have the same form, and list nothing.
                if inventory.packages.is_empty() {
                    warn!(manifest, "what is attached lists no package: it is not used");
                    continue;
                }
                // What a statement says counts more than where somebody put it.
                let is_of_image = states_of_image.unwrap_or(about == resolved.digest);
                if !is_of_image && !fitting::is_of(&home, &resolved, &inventory, limits).await? {
                    warn!(
                        manifest,
                        "what is told of the index may be of another platform: it is not used"
                    );
                    continue;
                }
                inventory.digest = Some(resolved.digest);
                inventory.index_digest = resolved.index_digest;
                let format = read.format;
                return Ok(Some(Attached { digest: attachment.digest, format, inventory }));
            }
        }
        Ok(None)
    }

    /// Where the image lies, and what it is there.
    async fn shelf(&self, limits: &Limits) -> Result<Option<(Shelf, Resolved)>, ScanError> {
        match self {
            Self::Image { reference, scheme, options } => {
                let client = connect(reference, *scheme, options).await?;
                let image = client
                    .image(&reference.repository, &reference.reference)?
                    .for_platform(options.platform.clone());
                let resolved = image.resolve(limits).await?;
                Ok(Some((Shelf::Registry(image), resolved)))
            }
            Self::Path { path, name, platform } => {
                match Source::at(path, name.clone(), platform.clone()) {
                    Source::Packed(packed) => packed.shelf(limits).await,
                    Source::Folder(_) | Source::Registry(_) => Ok(None),
                }
            }
            Self::Process(_) => Ok(None),
        }
    }
}

/// What is attached, known by the name of its manifest.
struct Document<'a> {
    name: &'a str,
    content: &'a [u8],
    /// What is told beside it.
    annotations: &'a BTreeMap<String, String>,
}

/// What a document says.
struct Said {
    read: Reading,
    /// Whether it states that of the image itself, and not of the index that led to it; none
    /// where it is no statement.
    states_of_image: Option<bool>,
}

impl Document<'_> {
    /// What it says of one of `images`, the first of which is the image itself; of `signers`,
    /// where such are given.
    fn read(
        &self,
        images: &[Digest],
        signers: &[RootOfTrust],
        now: DateTime<Utc>,
        limits: &Limits,
    ) -> Option<Said> {
        let Self { name, content, annotations } = *self;
        if signers.is_empty() {
            let is_stated = sbom::is_stated(content);
            let read = |images: &[Digest]| sbom::read_about(name, content, images, limits);
            let said = self.of_image_or_index(images, is_stated, read);
            if said.is_none() {
                warn!(
                    document = name,
                    "what is attached is about another image, or no bill: it is not used"
                );
            }
            return said;
        }
        let statements = signed_statements(content, annotations, signers, now);
        let said = statements.iter().find_map(|statement| {
            let read = |images: &[Digest]| sbom::read_stated(name, statement, images, limits);
            self.of_image_or_index(images, true, read)
        });
        if said.is_none() {
            warn!(
                document = name,
                "no signer who is trusted stated it of the image: it is not used"
            );
        }
        said
    }

    /// What `read` finds of the image itself, the first of `images`, or else of any of them.
    fn of_image_or_index(
        &self,
        images: &[Digest],
        is_stated: bool,
        read: impl Fn(&[Digest]) -> Result<Option<Reading>, SbomError>,
    ) -> Option<Said> {
        let image = images.get(..1).unwrap_or_default();
        for images in [image, images] {
            match read(images) {
                Ok(Some(read)) => {
                    let states_of_image = is_stated.then_some(images.len() == 1);
                    return Some(Said { read, states_of_image });
                }
                Ok(None) => {}
                Err(error) => {
                    warn!(document = self.name, %error, "what is attached cannot be read");
                    return None;
                }
            }
        }
        None
    }
}

/// None of what is not as it should be.
fn if_sound<T>(found: Result<T, ScanError>, manifest: &str) -> Result<Option<T>, ScanError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.is_of_one_attachment() => {
            warn!(manifest, %error, "what is attached cannot be read: it is not used");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// What may yet be read: whoever may push to the repository attaches as much as they like.
struct Room {
    blobs: usize,
    bytes: u64,
}

impl Room {
    /// Takes a blob of so many bytes, where there is room for it.
    fn takes(&mut self, bytes: u64) -> bool {
        let (Some(blobs), Some(bytes)) = (self.blobs.checked_sub(1), self.bytes.checked_sub(bytes))
        else {
            return false;
        };
        *self = Self { blobs, bytes };
        true
    }
}

/// Where something may be attached.
struct Place {
    /// To what: the image, or the index that led to it.
    about: Digest,
    /// Its manifest, by digest or tag.
    manifest: String,
}

/// Where bills of an image may be attached, the closest first: as what refers to it, beside it
/// in its index, where builders put what they tell of it, and under tags that are named after
/// it. Signers who are given the name of an image for several platforms attach to its index.
async fn places(shelf: &Shelf, of: &Resolved, limits: &Limits) -> Result<Vec<Place>, ScanError> {
    let mut places = referring(shelf, of.digest, limits).await?;
    if let Some(index) = of.index_digest {
        let beside = beside(shelf, index, of.digest, limits).await?;
        places.extend(beside.into_iter().map(|manifest| Place { about: of.digest, manifest }));
    }
    places.extend(tagged(of.digest));
    if let Some(index) = of.index_digest {
        places.extend(referring(shelf, index, limits).await?);
        places.extend(tagged(index));
    }
    Ok(places)
}

async fn referring(shelf: &Shelf, about: Digest, limits: &Limits) -> Result<Vec<Place>, ScanError> {
    let referrers = if_sound(shelf.referrers(about, limits).await, "the list of referrers")?;
    let referrers = referrers.unwrap_or_default();
    let fitting = referrers.iter().filter(|referrer| is_type(&referrer.artifact_type));
    let manifests = fitting.map(|referrer| referrer.manifest.digest.to_oci()).take(TRIED);
    Ok(manifests.map(|manifest| Place { about, manifest }).collect())
}

/// The entries of an index that tell of one of its images.
async fn beside(
    shelf: &Shelf,
    index: Digest,
    about: Digest,
    limits: &Limits,
) -> Result<Vec<String>, ScanError> {
    let bytes = shelf.manifest(index, limits).await?;
    let ManifestOrIndex::Index(index) = ManifestOrIndex::parse(&bytes)? else {
        return Ok(Vec::new());
    };
    let about = about.to_oci();
    let fitting =
        index.manifests.iter().filter(|entry| entry.annotations.get(ABOUT) == Some(&about));
    Ok(fitting.map(|entry| entry.descriptor.digest.to_oci()).take(TRIED).collect())
}

/// Those named after SHA-512 would be longer than tags are.
fn tagged(about: Digest) -> impl Iterator<Item = Place> {
    let tag = about.to_oci().replace(':', "-");
    let tags = TAGS.map(|kind| format!("{tag}.{kind}")).into_iter();
    tags.filter(|tag| is_tag(tag)).map(move |manifest| Place { about, manifest })
}

fn is_type(artifact_type: &str) -> bool {
    let artifact_type = artifact_type.to_ascii_lowercase();
    TYPES.iter().any(|part| artifact_type.contains(part))
}
