//! Images whose manifests lie beside their blobs: OCI layouts, and the
//! folders that skopeo writes as `dir:`.

use palisade_api::Digest;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::files::Files;
use super::manifest::{INDEX_DEPTH, Index, IndexEntry, ManifestOrIndex};
use super::packed::{LayerFile, Layers};
use super::platform::Platform;
use super::{Image, ImageConfig};
use crate::error::ScanError;
use crate::limits::Limits;

/// The text that the file `version` of a plain folder begins with.
const PLAIN: &[u8] = b"Directory Transport Version";
/// Bytes of that file.
const VERSION_BYTES: u64 = 4 << 10;
/// Entries of a layout's index that are asked whether they are attached to others, and bytes of
/// their manifests.
const MOST_ENTRIES: usize = 64;
const REFERRER_BYTES: u64 = 1 << 20;

/// How the files are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// By the specification of OCI.
    Oci,
    /// By digest alone, in one folder.
    Plain,
}

/// Whether the files are those of a plain folder.
pub(super) fn is_plain(files: &dyn Files) -> bool {
    files.has("manifest.json")
        && files.has("version")
        && files.small("version", VERSION_BYTES).is_ok_and(|text| text.starts_with(PLAIN))
}

/// The name of a blob in an OCI layout.
pub(super) fn blob(digest: Digest) -> String {
    Layout::Oci.blob(digest)
}

/// An index without what is attached to one of its manifests: layouts name that beside images.
fn without_referrers(mut index: Index, files: &dyn Files) -> Index {
    // The rest of it is skipped.
    #[derive(Deserialize)]
    struct About {
        subject: Option<IgnoredAny>,
    }
    let refers = |entry: &IndexEntry| {
        let name = blob(entry.descriptor.digest);
        let small = files.size(&name).is_some_and(|size| size <= REFERRER_BYTES);
        let bytes = small.then(|| files.small(&name, REFERRER_BYTES).ok()).flatten();
        let about = bytes.and_then(|bytes| serde_json::from_slice::<About>(&bytes).ok());
        about.is_some_and(|about| about.subject.is_some())
    };
    if (2..=MOST_ENTRIES).contains(&index.manifests.len()) {
        let mut others = index.manifests.clone();
        others.retain(|entry| entry.platform.is_some() || !refers(entry));
        if others.iter().any(IndexEntry::is_image) {
            index.manifests = others;
        }
    }
    index
}

impl Layout {
    const fn outermost(self) -> &'static str {
        match self {
            Self::Oci => "index.json",
            Self::Plain => "manifest.json",
        }
    }

    fn blob(self, digest: Digest) -> String {
        match self {
            Self::Oci => format!("blobs/{}/{digest}", digest.algorithm()),
            Self::Plain => digest.to_string(),
        }
    }

    /// The name of a manifest that another one names.
    fn manifest(self, digest: Digest) -> String {
        match self {
            Self::Oci => self.blob(digest),
            Self::Plain => format!("{digest}.manifest.json"),
        }
    }

    /// The image, and the files of its layers.
    pub(super) fn read(
        self,
        files: &dyn Files,
        platform: Option<&Platform>,
        name: Option<&str>,
        limits: &Limits,
    ) -> Result<(Image, Layers), ScanError> {
        let verified = |digest: Digest, name: &str, limit: u64| {
            let bytes = files.small(name, limit)?;
            let found = digest.same_of(&bytes);
            if found == digest {
                Ok(bytes)
            } else {
                Err(ScanError::digest_mismatch("a blob", digest, found))
            }
        };
        // Only the outermost index of OCI names images.
        let mut name = name.filter(|_| self == Self::Oci);
        let mut bytes = files.small(self.outermost(), limits.manifest_bytes)?;
        let mut digest = None;
        let mut index_digest = None;
        for _ in 0..=INDEX_DEPTH {
            let manifest = match ManifestOrIndex::parse(&bytes)? {
                ManifestOrIndex::Index(index) => {
                    let names = self == Self::Oci && digest.is_none();
                    let index = if names {
                        without_referrers(index, files).named(name.take())?
                    } else {
                        index
                    };
                    // The platforms of an image may be there in part.
                    let chosen = index.choose(platform, |d| files.has(&self.manifest(d.digest)))?;
                    index_digest =
                        digest.or_else(|| (self == Self::Plain).then(|| Digest::of(&bytes)));
                    digest = Some(chosen.digest);
                    let file = self.manifest(chosen.digest);
                    bytes = verified(chosen.digest, &file, limits.manifest_bytes)?;
                    continue;
                }
                ManifestOrIndex::Manifest(manifest) => manifest,
                ManifestOrIndex::Schema1(_) => {
                    return Err(ScanError::Malformed(
                        "its manifest has the retired schema 1, which is read from registries only"
                            .to_owned(),
                    ));
                }
            };
            let file = self.blob(manifest.config.digest);
            let config = verified(manifest.config.digest, &file, limits.config_bytes)?;
            let layer = |digest: Digest| LayerFile { name: self.blob(digest), verify: true };
            let layers = manifest.layers.iter().map(|of| (of.digest, layer(of.digest))).collect();
            let image = Image {
                digest: Some(digest.unwrap_or_else(|| Digest::of(&bytes))),
                index_digest,
                image_id: Some(manifest.config.digest),
                config: ImageConfig::parse(&config)?,
                layers: manifest.layers,
            };
            return Ok((image, layers));
        }
        Err(ScanError::Malformed("its indexes are nested too deep".to_owned()))
    }
}
