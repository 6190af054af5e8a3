//! Container images of a few files, pushed to a registry.

use std::fmt::Write;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use palisade_api::Digest;
use reqwest::StatusCode;
use serde_json::{Map, Value, json};

use crate::layer::{Layer, LayerBuilder};

/// Media type of an OCI image manifest.
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// Media type of an OCI image index.
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";

/// What an image is made of.
#[derive(Clone, Debug)]
pub struct ImageBuilder {
    layers: Vec<Layer>,
    config: Map<String, Value>,
    architecture: &'static str,
    created: &'static str,
}

impl Default for ImageBuilder {
    fn default() -> Self {
        let created = "2024-01-01T00:00:00Z";
        Self { layers: Vec::new(), config: Map::new(), architecture: "amd64", created }
    }
}

impl ImageBuilder {
    /// An image without layers that runs as root.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a layer on top.
    #[must_use]
    pub fn layer(mut self, layer: Layer) -> Self {
        self.layers.push(layer);
        self
    }

    /// The user that it runs as.
    #[must_use]
    pub fn user(mut self, user: &str) -> Self {
        self.config.insert("User".into(), user.into());
        self
    }

    /// Its labels.
    #[must_use]
    pub fn labels(mut self, labels: &[(&str, &str)]) -> Self {
        let labels: Map<String, Value> =
            labels.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
        self.config.insert("Labels".into(), labels.into());
        self
    }

    /// Its environment, `NAME=value` each.
    #[must_use]
    pub fn environment(mut self, variables: &[&str]) -> Self {
        self.config.insert("Env".into(), json!(variables));
        self
    }

    /// The architecture that it is for, `amd64` where none is named.
    #[must_use]
    pub fn architecture(mut self, architecture: &'static str) -> Self {
        self.architecture = architecture;
        self
    }

    /// When it was made, RFC 3339.
    #[must_use]
    pub fn created(mut self, created: &'static str) -> Self {
        self.created = created;
        self
    }

    /// The finished image.
    pub fn build(self) -> Result<Image> {
        let diff_ids: Vec<&str> = self.layers.iter().map(|layer| layer.diff_id.as_str()).collect();
        let config = serde_json::to_vec(&json!({
            "architecture": self.architecture,
            "os": "linux",
            "created": self.created,
            "config": self.config,
            "rootfs": { "type": "layers", "diff_ids": diff_ids },
            "history": self.layers.iter().map(|_| json!({ "created_by": "COPY" })).collect::<Vec<_>>(),
        }))?;
        let layers: Vec<Blob> =
            self.layers.into_iter().map(|layer| Blob::new(layer.media_type, layer.bytes)).collect();
        Ok(Image {
            config: Blob::new(CONFIG, config.into()),
            layers,
            architecture: self.architecture,
        })
    }
}

/// Content with the descriptor that names it.
#[derive(Clone, Debug)]
pub struct Blob {
    /// The media type of the descriptor.
    pub media_type: &'static str,
    /// The digest of the descriptor.
    pub digest: String,
    /// The size of the descriptor.
    pub size: u64,
    /// The content.
    pub bytes: Bytes,
}

impl Blob {
    /// Content with a truthful descriptor.
    pub fn new(media_type: &'static str, bytes: Bytes) -> Self {
        Self { media_type, digest: Digest::of(&bytes).to_oci(), size: bytes.len() as u64, bytes }
    }

    fn descriptor(&self) -> Value {
        json!({ "mediaType": self.media_type, "digest": self.digest, "size": self.size })
    }
}

/// A finished image. Its blobs may be made to lie before it is served.
#[derive(Clone, Debug)]
pub struct Image {
    /// The configuration.
    pub config: Blob,
    /// The layers, lowest first.
    pub layers: Vec<Blob>,
    architecture: &'static str,
}

impl Image {
    /// The manifest that names the blobs.
    pub fn manifest(&self) -> Result<Blob> {
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self.config.descriptor(),
            "layers": self.layers.iter().map(Blob::descriptor).collect::<Vec<_>>(),
        });
        Ok(Blob::new(MANIFEST, serde_json::to_vec(&manifest)?.into()))
    }

    /// An index over one image for each of several architectures.
    pub fn index(images: &[Self]) -> Result<Blob> {
        let mut manifests = Vec::new();
        for image in images {
            let mut descriptor = image.manifest()?.descriptor();
            descriptor["platform"] = json!({ "os": "linux", "architecture": image.architecture });
            manifests.push(descriptor);
        }
        let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": manifests });
        Ok(Blob::new(INDEX, serde_json::to_vec(&index)?.into()))
    }

    /// Pushes the image to the registry at `base` (`http://host:port`) and
    /// gives the digest of its manifest.
    pub async fn push(&self, base: &str, repository: &str, tag: &str) -> Result<String> {
        let http = reqwest::Client::new();
        for blob in self.layers.iter().chain([&self.config]) {
            push_blob(&http, base, repository, blob).await?;
        }
        let manifest = self.manifest()?;
        push_manifest(&http, base, repository, tag, &manifest).await?;
        Ok(manifest.digest)
    }

    /// Pushes an index over `images`, and them before it; gives its digest.
    pub async fn push_index(
        images: &[Self],
        base: &str,
        repository: &str,
        tag: &str,
    ) -> Result<String> {
        for image in images {
            let by_digest = image.manifest()?.digest;
            image.push(base, repository, &by_digest).await?;
        }
        let index = Self::index(images)?;
        push_manifest(&reqwest::Client::new(), base, repository, tag, &index).await?;
        Ok(index.digest)
    }
}

async fn push_blob(
    http: &reqwest::Client,
    base: &str,
    repository: &str,
    blob: &Blob,
) -> Result<()> {
    let started = http.post(format!("{base}/v2/{repository}/blobs/uploads/")).send().await?;
    ensure!(started.status() == StatusCode::ACCEPTED, "upload refused: {}", started.status());
    let location = started
        .headers()
        .get(reqwest::header::LOCATION)
        .context("no Location for the upload")?
        .to_str()?;
    let separator = if location.contains('?') { '&' } else { '?' };
    let location =
        if location.starts_with('/') { format!("{base}{location}") } else { location.into() };
    let finished = http
        .put(format!("{location}{separator}digest={}", blob.digest))
        .body(blob.bytes.clone())
        .send()
        .await?;
    ensure!(finished.status() == StatusCode::CREATED, "blob refused: {}", finished.status());
    Ok(())
}

async fn push_manifest(
    http: &reqwest::Client,
    base: &str,
    repository: &str,
    reference: &str,
    manifest: &Blob,
) -> Result<()> {
    let answer = http
        .put(format!("{base}/v2/{repository}/manifests/{reference}"))
        .header(reqwest::header::CONTENT_TYPE, manifest.media_type)
        .body(manifest.bytes.clone())
        .send()
        .await?;
    ensure!(answer.status() == StatusCode::CREATED, "manifest refused: {}", answer.status());
    Ok(())
}

/// One installed Debian package: binary name, version, source name.
pub type DebianPackage<'a> = (&'a str, &'a str, &'a str);

/// A Debian 12 layer with these packages in dpkg's status file.
pub fn debian_layer(packages: &[DebianPackage<'_>]) -> Result<LayerBuilder> {
    let mut status = String::new();
    for (name, version, source) in packages {
        write!(
            status,
            "Package: {name}\nStatus: install ok installed\nArchitecture: amd64\n\
             Source: {source}\nVersion: {version}\n\n"
        )?;
    }
    LayerBuilder::new()
        .file("etc/os-release", "ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n")?
        .file("var/lib/dpkg/status", status)
}
