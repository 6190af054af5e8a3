//! Images whose manifests lie beside their blobs: OCI layouts, and the
//! folders that skopeo writes as `dir:`.

use std::collections::BTreeSet;

use palisade_api::Digest;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::files::Awaited;
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
pub(super) fn is_plain(files: Awaited<'_>) -> bool {
    files.has("manifest.json")
        && files.has("version")
        && files.small("version", VERSION_BYTES).is_ok_and(|text| text.starts_with(PLAIN))
}

/// The name of a blob in an OCI layout.
pub(super) fn blob(digest: Digest) -> String {
    Layout::Oci.blob(digest)
}

/// An index without what is attached to one of its manifests: layouts name that beside images.
/// Only what nothing else tells apart from an image is looked into.
fn without_referrers(mut index: Index, files: Awaited<'_>) -> Result<Index, ScanError> {
    // The rest of it is skipped.
    #[derive(Deserialize)]
    struct About {
        subject: Option<IgnoredAny>,
    }
    let images = || index.manifests.iter().filter(|entry| entry.is_image());
    if images().map(|entry| entry.descriptor.digest).collect::<BTreeSet<_>>().len() < 2 {
        return Ok(index);
    }
    let is_small = |name: &String| files.size(name).is_some_and(|size| size <= REFERRER_BYTES);
    let unclear = images().filter(|entry| entry.platform.is_none()).take(MOST_ENTRIES);
    let (digests, names): (Vec<Digest>, Vec<String>) = unclear
        .map(|entry| (entry.descriptor.digest, blob(entry.descriptor.digest)))
        .filter(|(_, name)| is_small(name))
        .unzip();
    let mut referrers: BTreeSet<Digest> = BTreeSet::new();
    files.each_small(&names, REFERRER_BYTES, |at, bytes| {
        let about = serde_json::from_slice::<About>(&bytes).ok();
        if about.is_some_and(|about| about.subject.is_some()) {
            referrers.extend(digests.get(at));
        }
    })?;
    let refers = |entry: &IndexEntry| {
        entry.platform.is_none() && referrers.contains(&entry.descriptor.digest)
    };
    if images().any(|entry| !refers(entry)) {
        index.manifests.retain(|entry| !refers(entry));
    }
    Ok(index)
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
        files: Awaited<'_>,
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
                        without_referrers(index, files)?.named(name.take())?
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::Read;
    use std::sync::Mutex;

    use serde_json::{Value, json};

    use super::*;
    use crate::source::blocking::Wanted;
    use crate::source::files::Files;

    /// Files that count how often each is opened.
    #[derive(Debug, Default)]
    struct Counted {
        content: BTreeMap<String, Vec<u8>>,
        opened: Mutex<Vec<String>>,
    }

    impl Files for Counted {
        fn size(&self, name: &str) -> Option<u64> {
            self.content.get(name).map(|bytes| bytes.len() as u64)
        }

        fn open(&self, name: &str, _: &Wanted) -> Result<Box<dyn Read + Send>, ScanError> {
            self.opened.lock().unwrap().push(name.to_owned());
            Ok(Box::new(std::io::Cursor::new(self.content[name].clone())))
        }
    }

    /// To reach a file may mean to unpack the whole archive.
    #[test]
    fn only_what_may_be_an_image_is_looked_into() {
        let mut files = Counted::default();
        let mut put = |told: Value, content: &Value| {
            let digest = Digest::of(content.to_string().as_bytes());
            files.content.insert(blob(digest), content.to_string().into_bytes());
            let mut entry = json!({"digest": digest.to_oci(), "size": 1});
            entry.as_object_mut().unwrap().extend(told.as_object().unwrap().clone());
            entry
        };
        let image = put(json!({}), &json!({"layers": []}));
        let told = put(json!({"platform": {"os": "linux", "architecture": "amd64"}}), &json!({}));
        let typed = put(json!({"artifactType": "application/spdx+json"}), &json!({"a": 1}));
        let tag = format!("sha256-{}.att", "a".repeat(64));
        let annotations = json!({"org.opencontainers.image.ref.name": tag});
        let tagged = put(json!({"annotations": annotations}), &json!({"a": 2}));
        let bare = put(json!({}), &json!({"subject": {"digest": "sha256:0"}}));
        for (manifests, opened, left) in [
            (vec![&image], 0, 1),
            (vec![&image, &image, &typed, &tagged], 0, 4),
            (vec![&told, &typed, &tagged], 0, 3),
            (vec![&bare, &typed], 0, 2),
            (vec![&bare, &image, &typed], 2, 2),
            (vec![&told, &bare], 1, 1),
        ] {
            let index = json!({"schemaVersion": 2, "manifests": manifests}).to_string();
            let ManifestOrIndex::Index(index) = ManifestOrIndex::parse(index.as_bytes()).unwrap()
            else {
                panic!("an index")
            };
            let wanted = Wanted::always();
            let kept = without_referrers(index, Awaited::new(&files, &wanted)).unwrap();
            assert_eq!(kept.manifests.len(), left, "{manifests:?}");
            let found = std::mem::take(&mut *files.opened.lock().unwrap());
            assert_eq!(found.len(), opened, "{manifests:?}");
        }
    }
}
