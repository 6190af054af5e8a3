//! Which image of an index is meant: by its name, and for a platform.

use std::collections::BTreeMap;

use super::{Blob, Descriptor};
use crate::error::ScanError;
use crate::source::platform::Platform;

/// A list of manifests.
#[derive(Clone, Debug)]
pub(crate) struct Index {
    pub(crate) manifests: Vec<IndexEntry>,
}

/// A manifest in a list.
#[derive(Clone, Debug)]
pub(crate) struct IndexEntry {
    pub(crate) descriptor: Descriptor,
    pub(crate) platform: Option<Platform>,
    pub(crate) artifact_type: String,
    pub(crate) annotations: BTreeMap<String, String>,
}

impl Index {
    /// Those with a digest of another kind are as good as not there, unless all are.
    pub(super) fn new(blobs: Vec<Blob>) -> Result<Self, ScanError> {
        let mut manifests = Vec::new();
        let mut unread = None;
        for mut blob in blobs {
            let platform = blob.platform.take();
            let artifact_type = blob.artifact_type.take().unwrap_or_default();
            let annotations = blob.annotations.take().unwrap_or_default();
            match blob.descriptor() {
                Ok(descriptor) => {
                    manifests.push(IndexEntry { descriptor, platform, artifact_type, annotations });
                }
                Err(error) => unread = Some(error),
            }
        }
        match unread {
            Some(error) if manifests.is_empty() => Err(error),
            _ => Ok(Self { manifests }),
        }
    }

    /// The images of a layout that are called `wanted`, by name or digest.
    /// Without a wish all of them, unless they have several names.
    pub(crate) fn named(mut self, wanted: Option<&str>) -> Result<Self, ScanError> {
        let images = || self.manifests.iter().filter(|entry| entry.is_image());
        let mut names: Vec<String> =
            images().filter_map(|entry| entry.names().next().map(str::to_owned)).collect();
        names.sort();
        names.dedup();
        let is_meant = |entry: &IndexEntry| {
            wanted.is_some_and(|wanted| {
                entry.descriptor.digest.to_oci() == wanted
                    || entry.names().any(|name| is_called(name, wanted))
            })
        };
        match wanted {
            Some(wanted) if !images().any(is_meant) => return Err(not_among(wanted, &names)),
            Some(_) => self.manifests.retain(is_meant),
            // One image may have several names.
            None if self.is_one_image() => {}
            None => only_one(&names)?,
        }
        Ok(self)
    }

    fn is_one_image(&self) -> bool {
        let mut digests =
            self.manifests.iter().filter(|entry| entry.is_image()).map(|e| e.descriptor.digest);
        digests.next().is_some_and(|first| digests.all(|other| other == first))
    }

    /// The image for `wanted`, which must be there. Without a wish: the one
    /// for this machine, else for amd64, else the first for Linux, else the
    /// first that does not tell. Images that are not `present` do not count.
    pub(crate) fn choose(
        &self,
        wanted: Option<&Platform>,
        present: impl Fn(&Descriptor) -> bool,
    ) -> Result<&Descriptor, ScanError> {
        let images =
            || self.manifests.iter().filter(|entry| entry.is_image() && present(&entry.descriptor));
        let best = |platform: &Platform| {
            images()
                .filter_map(|entry| Some((platform.fit(entry.platform.as_ref()?)?, entry)))
                .min_by_key(|(fit, _)| *fit)
                .map(|(_, entry)| entry)
        };
        let chosen = match wanted {
            Some(platform) => best(platform),
            None => {
                best(&Platform::here()).or_else(|| best(&Platform::linux("amd64"))).or_else(|| {
                    let linux = |entry: &&IndexEntry| {
                        entry.platform.as_ref().is_some_and(|platform| platform.os == "linux")
                    };
                    images().find(linux)
                })
            }
        };
        // An index may also list images without telling what they are for:
        // one built for a single platform, or another index.
        let chosen = chosen.or_else(|| images().find(|entry| entry.platform.is_none()));
        if let Some(entry) = chosen {
            return Ok(&entry.descriptor);
        }
        let mut there: Vec<String> =
            images().filter_map(|entry| Some(entry.platform.as_ref()?.to_string())).collect();
        there.dedup();
        there.truncate(20);
        if there.is_empty() {
            return Err(ScanError::Malformed("its index names no image".to_owned()));
        }
        let wanted = wanted.map_or_else(|| "Linux".to_owned(), ToString::to_string);
        Err(ScanError::InvalidTarget(format!(
            "its index names no image for {wanted}, only for {}",
            there.join(", ")
        )))
    }
}

/// What cosign calls what it saves beside an image as a layout.
const COSIGN: [&str; 3] = [
    "dev.cosignproject.cosign/sigs",
    "dev.cosignproject.cosign/atts",
    "dev.cosignproject.cosign/sboms",
];

/// Whether the name is that of something attached to an image: its digest, a hyphen in place of
/// the colon, perhaps with more behind it.
fn is_of_attachment(name: &str) -> bool {
    let tag = name.rsplit(':').next().unwrap_or(name);
    let digest = tag.split_once('.').map_or(tag, |(digest, _)| digest);
    let hex = digest.strip_prefix("sha256-").or_else(|| digest.strip_prefix("sha512-"));
    hex.is_some_and(|hex| hex.len() >= 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

impl IndexEntry {
    /// The names that builders give it.
    pub(in crate::source) fn names(&self) -> impl Iterator<Item = &str> {
        const NAMES: [&str; 2] = ["org.opencontainers.image.ref.name", "io.containerd.image.name"];
        NAMES.iter().filter_map(|name| self.annotations.get(*name)).map(String::as_str)
    }

    /// Whether cosign saved it as one of this kind.
    pub(in crate::source) fn is_kind(&self, kind: &str) -> bool {
        self.annotations.get("kind").is_some_and(|of| of == kind)
    }

    /// Whether it may be an image: not an attestation or other artifact.
    pub(crate) fn is_image(&self) -> bool {
        !self.annotations.contains_key("vnd.docker.reference.type")
            && self.artifact_type.is_empty()
            && !self.platform.as_ref().is_some_and(Platform::is_unknown)
            && !COSIGN.iter().any(|kind| self.is_kind(kind))
            && !self.names().any(is_of_attachment)
    }
}

/// Whether the image `name` is meant by `wanted`: its whole name, or a part
/// of its end.
pub(in crate::source) fn is_called(name: &str, wanted: &str) -> bool {
    let before = name.strip_suffix(wanted);
    before.is_some_and(|before| before.is_empty() || before.ends_with([':', '/']))
}

/// Names that are told in an error.
const TOLD: usize = 20;

/// Fails where several images are there: nobody said which is meant.
pub(in crate::source) fn only_one(names: &[String]) -> Result<(), ScanError> {
    let [first, _, ..] = names else { return Ok(()) };
    Err(ScanError::InvalidTarget(format!(
        "it holds several images: {}; put the name of one behind its path, as in PATH:{first}",
        listed(names)
    )))
}

pub(in crate::source) fn not_among(wanted: &str, names: &[String]) -> ScanError {
    ScanError::InvalidTarget(match names {
        [] => format!("it holds no image {wanted:?}, only one without a name"),
        _ => format!("it holds no image {wanted:?}, only {}", listed(names)),
    })
}

fn listed(names: &[String]) -> String {
    names.get(..TOLD).unwrap_or(names).join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::source::ManifestOrIndex;

    fn entry(name: char, platform: &str) -> Value {
        let mut parts = platform.split('/');
        json!({"digest": format!("sha256:{}", name.to_string().repeat(64)), "size": 1,
               "platform": {"os": parts.next(), "architecture": parts.next(),
                            "variant": parts.next().unwrap_or_default()}})
    }

    fn choose(manifests: &[Value], wanted: Option<&str>) -> Result<char, String> {
        let index = json!({"schemaVersion": 2, "manifests": manifests}).to_string();
        let ManifestOrIndex::Index(index) = ManifestOrIndex::parse(index.as_bytes()).unwrap()
        else {
            panic!("an index")
        };
        let wanted = wanted.map(|platform| platform.parse().unwrap());
        let chosen = index.choose(wanted.as_ref(), |_| true).map_err(|error| error.to_string())?;
        Ok(chosen.digest.to_string().chars().next().unwrap())
    }

    #[test]
    fn this_machine_then_amd64_then_linux() {
        let here = Platform::here().to_string();
        let all = [
            entry('a', "windows/amd64"),
            entry('b', "linux/s390x"),
            entry('c', "linux/amd64"),
            entry('d', &here),
        ];
        let mine = if here == "linux/amd64" { 'c' } else { 'd' };
        assert_eq!(choose(&all, None), Ok(mine));
        assert_eq!(choose(&all[..3], None), Ok('c'));
        assert_eq!(choose(&all[..2], None), Ok('b'));
        assert!(choose(&all[..1], None).unwrap_err().contains("windows/amd64"));
    }

    #[test]
    fn what_is_asked_for_must_be_there() {
        let all =
            [entry('a', "linux/arm/v6"), entry('b', "linux/arm/v7"), entry('c', "linux/amd64")];
        assert_eq!(choose(&all, Some("linux/arm")), Ok('b'));
        assert_eq!(choose(&all, Some("linux/arm/v6")), Ok('a'));
        let error = choose(&all, Some("linux/arm64")).unwrap_err();
        assert!(error.contains("linux/arm/v7") && error.contains("linux/arm64"), "{error}");
    }

    #[test]
    fn one_image_may_have_several_names() {
        let named = |digests: [char; 2]| {
            let entry = |(at, digest): (usize, char)| {
                let mut entry = entry(digest, "linux/amd64");
                let name = ["v1", "latest"].get(at).copied();
                entry["annotations"] = json!({"org.opencontainers.image.ref.name": name});
                entry
            };
            let manifests: Vec<Value> = digests.into_iter().enumerate().map(entry).collect();
            let index = json!({"schemaVersion": 2, "manifests": manifests}).to_string();
            let ManifestOrIndex::Index(index) = ManifestOrIndex::parse(index.as_bytes()).unwrap()
            else {
                panic!("an index")
            };
            index.named(None)
        };
        named(['a', 'a']).unwrap();
        assert!(named(['a', 'b']).unwrap_err().to_string().contains("several images"));
    }

    #[test]
    fn attestations_are_no_images() {
        let mut attestation = entry('a', "unknown/unknown");
        attestation["annotations"] = json!({"vnd.docker.reference.type": "attestation-manifest"});
        let artifact = json!({"digest": format!("sha256:{}", "b".repeat(64)), "size": 1,
                              "artifactType": "application/spdx+json"});
        let image = json!({"digest": format!("sha256:{}", "c".repeat(64)), "size": 1});
        let all = [attestation, artifact, image];
        assert_eq!(choose(&all, None), Ok('c'));
        assert!(choose(&all[..2], None).is_err());
        let hex = "d".repeat(64);
        for (key, value) in [
            ("org.opencontainers.image.ref.name", format!("sha256-{hex}")),
            ("org.opencontainers.image.ref.name", format!("sha256-{hex}.att")),
            ("io.containerd.image.name", format!("registry.example/shop:sha512-{hex}")),
            ("kind", "dev.cosignproject.cosign/atts".to_owned()),
        ] {
            let mut attached = entry('a', "linux/amd64");
            attached["annotations"] = json!({key: value});
            assert_eq!(choose(&[attached, all[2].clone()], None), Ok('c'), "{value}");
        }
        let mut image = all[2].clone();
        image["annotations"] = json!({"org.opencontainers.image.ref.name": "sha256-abc"});
        assert_eq!(choose(&[image], None), Ok('c'));
    }

    #[test]
    fn digests_of_another_kind_are_left_out() {
        let mut other = entry('a', "linux/amd64");
        other["digest"] = format!("sha384:{}", "a".repeat(96)).into();
        assert_eq!(choose(&[other.clone(), entry('b', "linux/amd64")], None), Ok('b'));
        let index = json!({"schemaVersion": 2, "manifests": [other]}).to_string();
        let error = ManifestOrIndex::parse(index.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("none of SHA-256 or SHA-512"), "{error}");
    }
}
