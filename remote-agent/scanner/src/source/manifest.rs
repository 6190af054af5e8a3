//! Manifests and indexes, OCI's and Docker's.

use std::collections::BTreeMap;

use palisade_api::Digest;
use serde::Deserialize;

use super::platform::Platform;
use super::schema1::Schema1;
use crate::error::ScanError;

/// Media types that are asked for.
pub(crate) const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, \
    application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.v2+json, \
    application/vnd.docker.distribution.manifest.v1+prettyjws;q=0.5, \
    application/vnd.docker.distribution.manifest.v1+json;q=0.5";

/// How deep indexes may be nested.
pub(crate) const INDEX_DEPTH: usize = 4;

/// A blob by digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// Digest of the bytes as stored.
    pub digest: Digest,
    /// Number of bytes as stored.
    pub size: u64,
    /// What the bytes are said to be.
    pub media_type: String,
    /// Other places to fetch the bytes from, as the manifest tells.
    pub urls: Vec<String>,
}

impl Descriptor {
    /// Stands for the whole of a folder, which has no digest.
    pub(crate) fn folder() -> Self {
        Self::new(Digest::from_bytes([0; 32]), 0)
    }

    /// Bytes of which nothing is said but what they are.
    pub(crate) fn new(digest: Digest, size: u64) -> Self {
        Self { digest, size, media_type: String::new(), urls: Vec::new() }
    }

    /// Whether only who has the key can read it.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.media_type.ends_with("+encrypted")
    }

    /// Whether registries are not meant to hold it: it is to be fetched from
    /// its [`Descriptor::urls`].
    pub(crate) fn is_foreign(&self) -> bool {
        self.media_type.contains(".nondistributable.") || self.media_type.contains(".foreign.")
    }

    /// Fails for a layer that cannot be read, before anything is fetched.
    pub(crate) fn check_layer(&self) -> Result<(), ScanError> {
        let refused = |reason: String| ScanError::LayerRefused { layer: self.digest, reason };
        if self.is_encrypted() {
            return Err(refused(
                "it is encrypted; scan the image before it is encrypted, or decrypt it".to_owned(),
            ));
        }
        // What is no archive says so; types that nobody knows are looked at.
        let known_other =
            ["application/vnd.in-toto", "application/spdx", "application/vnd.cyclonedx"];
        if known_other.iter().any(|kind| self.media_type.starts_with(kind)) {
            return Err(refused(format!("it is no archive of files but {:?}", self.media_type)));
        }
        Ok(())
    }
}

/// An image's manifest.
#[derive(Clone, Debug)]
pub(crate) struct Manifest {
    pub(crate) config: Descriptor,
    pub(crate) layers: Vec<Descriptor>,
}

/// What a reference leads to.
#[derive(Clone, Debug)]
pub(crate) enum ManifestOrIndex {
    Manifest(Manifest),
    /// The retired form, with the configuration inside.
    Schema1(Box<Schema1>),
    Index(Index),
}

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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    schema_version: Option<u32>,
    artifact_type: Option<String>,
    config: Option<Blob>,
    layers: Option<Vec<Blob>>,
    manifests: Option<Vec<Blob>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Blob {
    #[serde(default)]
    media_type: String,
    digest: String,
    size: i64,
    platform: Option<Platform>,
    artifact_type: Option<String>,
    annotations: Option<BTreeMap<String, String>>,
    urls: Option<Vec<String>>,
}

impl Blob {
    pub(super) fn descriptor(self) -> Result<Descriptor, ScanError> {
        let digest = Digest::from_oci(&self.digest).map_err(|_| {
            let shown: String = self.digest.chars().filter(|c| !c.is_control()).take(80).collect();
            ScanError::Malformed(format!(
                "the digest {shown:?} in its manifest is none of SHA-256 or SHA-512"
            ))
        })?;
        let size = u64::try_from(self.size)
            .map_err(|_| ScanError::Malformed(format!("the size of {digest} is negative")))?;
        let urls = self.urls.unwrap_or_default();
        Ok(Descriptor { digest, size, media_type: self.media_type, urls })
    }
}

impl ManifestOrIndex {
    /// Reads a manifest or index.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, ScanError> {
        let file: File = serde_json::from_slice(bytes)
            .map_err(|error| ScanError::Malformed(format!("its manifest: {error}")))?;
        if file.schema_version == Some(1) {
            return Schema1::parse(bytes).map(|found| Self::Schema1(Box::new(found)));
        }
        if let Some(manifests) = file.manifests {
            return Index::new(manifests).map(Self::Index);
        }
        let (Some(config), Some(layers)) = (file.config, file.layers) else {
            return Err(ScanError::Malformed("its manifest names no configuration".to_owned()));
        };
        let config = config.descriptor()?;
        // Configurations of old builders have no type of their own.
        let image = config.media_type.contains("image")
            || matches!(config.media_type.as_str(), "" | "application/octet-stream");
        if !image {
            let kind = file.artifact_type.unwrap_or(config.media_type);
            return Err(ScanError::InvalidTarget(format!(
                "it is no image but an artifact of type {kind:?}"
            )));
        }
        let layers =
            layers.into_iter().map(Blob::descriptor).collect::<Result<Vec<_>, ScanError>>()?;
        Ok(Self::Manifest(Manifest { config, layers }))
    }
}

impl Index {
    /// Those with a digest of another kind are as good as not there, unless all are.
    fn new(blobs: Vec<Blob>) -> Result<Self, ScanError> {
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
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        const NAMES: [&str; 2] = ["org.opencontainers.image.ref.name", "io.containerd.image.name"];
        NAMES.iter().filter_map(|name| self.annotations.get(*name)).map(String::as_str)
    }

    /// Whether cosign saved it as one of this kind.
    pub(super) fn is_kind(&self, kind: &str) -> bool {
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
pub(super) fn is_called(name: &str, wanted: &str) -> bool {
    let before = name.strip_suffix(wanted);
    before.is_some_and(|before| before.is_empty() || before.ends_with([':', '/']))
}

/// Names that are told in an error.
const TOLD: usize = 20;

/// Fails where several images are there: nobody said which is meant.
pub(super) fn only_one(names: &[String]) -> Result<(), ScanError> {
    let [first, _, ..] = names else { return Ok(()) };
    Err(ScanError::InvalidTarget(format!(
        "it holds several images: {}; put the name of one behind its path, as in PATH:{first}",
        listed(names)
    )))
}

pub(super) fn not_among(wanted: &str, names: &[String]) -> ScanError {
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
    fn artifacts_tell_what_they_are() {
        let of = |kind: &str| {
            let blob = format!(
                r#"{{"mediaType":"application/vnd.oci.empty.v1+json","digest":"sha256:{}","size":2}}"#,
                "a".repeat(64)
            );
            let text = format!(r#"{{"schemaVersion":2,{kind}"config":{blob},"layers":[]}}"#);
            ManifestOrIndex::parse(text.as_bytes()).unwrap_err().to_string()
        };
        let chart = of(r#""artifactType":"application/vnd.cncf.helm.chart","#);
        assert!(chart.contains("of type \"application/vnd.cncf.helm.chart\""), "{chart}");
        assert!(of("").contains("application/vnd.oci.empty.v1+json"));
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

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "[]", "{}", r#"{"schemaVersion":1}"#, r#"{"layers":[]}"#] {
            ManifestOrIndex::parse(text.as_bytes()).unwrap_err();
        }
    }

    #[test]
    fn encrypted_layers_are_refused() {
        let layer = Descriptor {
            media_type: "application/vnd.oci.image.layer.v1.tar+gzip+encrypted".to_owned(),
            ..Descriptor::folder()
        };
        assert!(layer.check_layer().unwrap_err().to_string().contains("encrypted"));
        let layer = Descriptor { media_type: "application/x-whatever".to_owned(), ..layer };
        layer.check_layer().unwrap();
    }
}
