//! Bills of materials that are attached to an image in an OCI layout.

use std::fs;

use palisade_api::Digest;
use palisade_scanner::scan::Attached;
use palisade_scanner::{Limits, Target, TargetOptions};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{CYCLONEDX, cyclonedx, envelope, now, statement};
use crate::fixture::{debian, descriptor, names};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// A layout with an image, and what else its index names.
struct Layout {
    folder: TempDir,
    image: Digest,
    /// The image's own, first.
    entries: Vec<Value>,
}

impl Layout {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("blobs/sha256")).unwrap();
        fs::write(folder.path().join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
        let mut layout = Self { folder, image: Digest::of(b""), entries: Vec::new() };
        let layer = layout.blob(
            "application/vnd.oci.image.layer.v1.tar",
            &debian(&[("libssl3", "3.0.9-1", "openssl")]).tar(),
        );
        let config = layout.blob(
            "application/vnd.oci.image.config.v1+json",
            br#"{"os":"linux","architecture":"amd64"}"#,
        );
        let manifest = json!({"schemaVersion": 2, "config": config, "layers": [layer]});
        let entry = layout.blob(MANIFEST, manifest.to_string().as_bytes());
        layout.image = Digest::from_oci(entry["digest"].as_str().unwrap()).unwrap();
        layout.entries.push(entry);
        layout
    }

    fn blob(&self, media_type: &str, bytes: &[u8]) -> Value {
        let digest = Digest::of(bytes);
        let path = self.folder.path().join(format!("blobs/sha256/{digest}"));
        fs::write(path, bytes).unwrap();
        descriptor(media_type, digest, bytes.len())
    }

    /// The manifest around a document, about `subject` where one is given.
    fn around(&self, document: &str, subject: Option<Digest>) -> Value {
        let mut manifest = json!({
            "schemaVersion": 2, "mediaType": MANIFEST, "artifactType": CYCLONEDX,
            "config": self.blob("application/vnd.oci.empty.v1+json", b"{}"),
            "layers": [self.blob(CYCLONEDX, document.as_bytes())],
        });
        if let Some(subject) = subject {
            manifest["subject"] = descriptor(MANIFEST, subject, 1);
        }
        self.blob(MANIFEST, manifest.to_string().as_bytes())
    }

    fn target(&self) -> Target {
        let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": self.entries});
        fs::write(self.folder.path().join("index.json"), index.to_string()).unwrap();
        let path = self.folder.path().to_str().unwrap();
        Target::parse(path, TargetOptions::default()).unwrap()
    }

    async fn attached(&self) -> Option<Attached> {
        let target = self.target();
        // Whatever lies beside it, the image is found.
        let read = target.inventory(&Limits::default()).await.unwrap();
        assert_eq!((names(&read), read.digest), (vec!["libssl3"], Some(self.image)));
        target.attached_sbom(&[], now(), &Limits::default()).await.unwrap()
    }
}

#[tokio::test]
async fn manifests_about_the_image_are_named_beside_it() {
    for about_image in [true, false] {
        let mut layout = Layout::new();
        let subject = if about_image { layout.image } else { Digest::of(b"another image") };
        // In front, and without a word of what it is.
        layout.entries.insert(0, layout.around(&cyclonedx("attached"), Some(subject)));
        let found = layout.attached().await;
        assert_eq!(found.is_some(), about_image);
        if let Some(found) = found {
            assert_eq!(names(&found.inventory), ["attached"]);
            assert_eq!(found.inventory.digest, Some(layout.image));
        }
    }
}

#[tokio::test]
async fn a_tag_stands_in_for_a_list_of_referrers() {
    let mut layout = Layout::new();
    let mut entry = layout.around(&cyclonedx("listed"), Some(layout.image));
    entry["artifactType"] = json!(CYCLONEDX);
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]});
    let mut tagged = layout.blob(INDEX, index.to_string().as_bytes());
    tagged["annotations"] =
        json!({"org.opencontainers.image.ref.name": format!("sha256-{}", layout.image)});
    layout.entries.insert(0, tagged);
    assert_eq!(names(&layout.attached().await.unwrap().inventory), ["listed"]);
}

#[tokio::test]
async fn statements_of_cosign_have_a_tag_or_a_kind() {
    for (key, value) in [
        ("org.opencontainers.image.ref.name", "sha256-IMAGE.att"),
        ("kind", "dev.cosignproject.cosign/atts"),
    ] {
        let mut layout = Layout::new();
        let value = value.replace("IMAGE", &layout.image.to_string());
        let mut entry =
            layout.around(&envelope(&statement("stated", layout.image)).to_string(), None);
        entry["annotations"] = json!({key: value});
        layout.entries.push(entry);
        assert_eq!(names(&layout.attached().await.unwrap().inventory), ["stated"], "{key}");
        // One about another image was copied here.
        let copied = envelope(&statement("copied", Digest::of(b"another image")));
        let mut entry = layout.around(&copied.to_string(), None);
        entry["annotations"] = json!({key: value});
        layout.entries[1] = entry;
        assert!(layout.attached().await.is_none(), "{key}");
    }
}
