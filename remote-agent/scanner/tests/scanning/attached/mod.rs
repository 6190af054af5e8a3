//! Bills of materials that are attached to an image in its registry.

mod layout;
mod signed;

use axum::body::Bytes;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use palisade_api::Digest;
use palisade_scanner::report::sbom::SbomFormat;
use palisade_scanner::scan::Attached;
use palisade_scanner::signature::RootOfTrust;
use palisade_scanner::source::registry::RegistryError;
use palisade_scanner::{Limits, ScanError, Target, TargetOptions};
use serde_json::{Value, json};

use crate::fixture::{Answer, Registry, debian, descriptor, names};
use crate::signature::signer::SIGNED_AT;

const CYCLONEDX: &str = "application/vnd.cyclonedx+json";
const SPDX: &str = "application/spdx+json";

/// A registry with an image, and what is attached to that.
struct Shelf {
    registry: Registry,
    image: Digest,
    layer: Digest,
    referrers: Vec<Value>,
}

impl Shelf {
    async fn new() -> Self {
        let registry = Registry::start().await;
        let layer = debian(&[("libssl3", "3.0.9-1", "openssl")]).gzip();
        let image = registry.put_image("shop", "v1", std::slice::from_ref(&layer));
        Self { registry, image, layer: Digest::of(&layer), referrers: Vec::new() }
    }

    /// A manifest around a document.
    fn around(&self, media_type: &str, document: &str) -> Value {
        let blob = Digest::of(document.as_bytes());
        let content = Bytes::from(document.to_owned());
        self.registry.put_blob("shop", blob, Answer::Bytes(content));
        self.registry.manifest("shop", &[descriptor(media_type, blob, document.len())])
    }

    /// Puts a document whose manifest says that it is about `subject`.
    fn attach(&mut self, artifact_type: &str, document: &str, subject: Digest) {
        let mut manifest = self.around(artifact_type, document);
        manifest["artifactType"] = json!(artifact_type);
        manifest["subject"] = descriptor("", subject, 1);
        let (digest, size) = self.registry.put_manifest("shop", "attached", &manifest);
        let mut entry = descriptor("application/vnd.oci.image.manifest.v1+json", digest, size);
        entry["artifactType"] = json!(artifact_type);
        self.referrers.push(entry);
    }

    /// Where the manifest of what was attached at `place` lies.
    fn manifest_path(&self, place: usize) -> String {
        format!("shop/manifests/{}", self.referrers[place]["digest"].as_str().unwrap())
    }

    /// Lists what is attached under `path`.
    fn list_at(&self, path: &str) {
        let index = json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.index.v1+json",
            "manifests": self.referrers,
        });
        self.registry.put(path, Answer::Bytes(index.to_string().into()));
    }

    async fn attached(&self) -> Result<Option<Attached>, ScanError> {
        self.attached_by(&[]).await
    }

    async fn attached_by(&self, signers: &[RootOfTrust]) -> Result<Option<Attached>, ScanError> {
        self.attached_for("linux/amd64", signers).await
    }

    async fn attached_for(
        &self,
        platform: &str,
        signers: &[RootOfTrust],
    ) -> Result<Option<Attached>, ScanError> {
        let target = format!("{}shop:v1", self.registry.url());
        let options =
            TargetOptions { platform: Some(platform.parse().unwrap()), ..TargetOptions::default() };
        let target = Target::parse(&target, options).unwrap();
        target.attached_sbom(signers, now(), &Limits::default()).await
    }
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(SIGNED_AT, 0).unwrap()
}

fn cyclonedx(name: &str) -> String {
    let url = format!("pkg:npm/{name}@1.0.0");
    let component = json!({"type": "library", "name": name, "version": "1.0.0", "purl": url});
    json!({"bomFormat": "CycloneDX", "specVersion": "1.5", "components": [component]}).to_string()
}

#[tokio::test]
async fn the_attached_bill_is_taken_instead_of_the_layers() {
    // By the registry's list of referrers, and by the tag of registries that
    // keep none.
    for by_tag in [false, true] {
        let mut shelf = Shelf::new().await;
        shelf.attach("application/vnd.example.signature", "{}", shelf.image);
        shelf.attach(CYCLONEDX, &cyclonedx("attached"), shelf.image);
        shelf.list_at(&if by_tag {
            format!("shop/manifests/sha256-{}", shelf.image)
        } else {
            format!("shop/referrers/{}", shelf.image.to_oci())
        });
        let attached = shelf.attached().await.unwrap().unwrap();
        assert_eq!(names(&attached.inventory), ["attached"], "{by_tag}");
        assert_eq!(attached.format, SbomFormat::CycloneDx);
        assert_eq!(attached.inventory.digest, Some(shelf.image));
        let layer = shelf.layer.to_oci();
        assert!(!shelf.registry.requests().iter().any(|path| path.contains(&layer)));
    }
}

/// As a statement about an image.
fn statement(name: &str, image: Digest) -> Value {
    let bill: Value = serde_json::from_str(&cyclonedx(name)).unwrap();
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "shop", "digest": {"sha256": image.to_string()}}],
        "predicateType": "https://cyclonedx.org/bom", "predicate": bill,
    })
}

/// As cosign signs a statement.
fn envelope(statement: &Value) -> Value {
    let payload = STANDARD.encode(statement.to_string());
    json!({"payloadType": "application/vnd.in-toto+json", "payload": payload, "signatures": []})
}

#[tokio::test]
async fn signed_statements_are_taken_where_cosign_puts_them() {
    let shelf = Shelf::new().await;
    let signed = envelope(&statement("signed", shelf.image));
    let tagged = shelf.around("application/vnd.dsse.envelope.v1+json", &signed.to_string());
    shelf.registry.put_manifest("shop", &format!("sha256-{}.att", shelf.image), &tagged);
    assert_eq!(names(&shelf.attached().await.unwrap().unwrap().inventory), ["signed"]);

    let mut shelf = Shelf::new().await;
    let bundle = json!({"verificationMaterial": {}, "dsseEnvelope": signed});
    let kind = "application/vnd.dev.sigstore.bundle.v0.3+json";
    // The image's signature is no bill.
    let other = json!({"verificationMaterial": {}, "messageSignature": {"signature": "AA=="}});
    shelf.attach(kind, &other.to_string(), shelf.image);
    shelf.attach(kind, &bundle.to_string(), shelf.image);
    shelf.list_at(&format!("shop/referrers/{}", shelf.image.to_oci()));
    assert_eq!(names(&shelf.attached().await.unwrap().unwrap().inventory), ["signed"]);
}

#[tokio::test]
async fn statements_of_builders_stand_beside_the_image_in_its_index() {
    let shelf = Shelf::new().await;
    let kind = "application/vnd.oci.image.manifest.v1+json";
    let manifest = shelf.registry.bytes(&format!("shop/manifests/{}", shelf.image.to_oci()));
    let mut entries = vec![descriptor(kind, shelf.image, manifest.len())];
    entries[0]["platform"] = json!({"os": "linux", "architecture": "amd64"});
    // About the image for another platform, and about this one.
    for (about, name) in [(Digest::of(b"another image"), "other"), (shelf.image, "built")] {
        let statement = statement(name, about).to_string();
        let manifest = shelf.around("application/vnd.in-toto+json", &statement);
        let (digest, size) = shelf.registry.put_manifest("shop", name, &manifest);
        let mut entry = descriptor(kind, digest, size);
        entry["platform"] = json!({"os": "unknown", "architecture": "unknown"});
        entry["annotations"] = json!({
            "vnd.docker.reference.type": "attestation-manifest",
            "vnd.docker.reference.digest": about.to_oci(),
        });
        entries.push(entry);
    }
    let index = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": entries,
    });
    shelf.registry.put_manifest("shop", "v1", &index);
    assert_eq!(names(&shelf.attached().await.unwrap().unwrap().inventory), ["built"]);
}

/// A signed statement that was copied from another image proves nothing of this one.
#[tokio::test]
async fn a_statement_about_another_image_is_passed_over() {
    let shelf = Shelf::new().await;
    let kind = "application/vnd.dsse.envelope.v1+json";
    let tag = format!("sha256-{}.att", shelf.image);
    let copied = envelope(&statement("copied", Digest::of(b"another image"))).to_string();
    shelf.registry.put_manifest("shop", &tag, &shelf.around(kind, &copied));
    assert!(shelf.attached().await.unwrap().is_none());
    // The one beside it is taken.
    let own = envelope(&statement("own", shelf.image)).to_string();
    let mut both = shelf.around(kind, &copied);
    let beside = shelf.around(kind, &own);
    both["layers"].as_array_mut().unwrap().push(beside["layers"][0].clone());
    shelf.registry.put_manifest("shop", &tag, &both);
    assert_eq!(names(&shelf.attached().await.unwrap().unwrap().inventory), ["own"]);
}

/// What is said of an index that leads to several images may be true of another one.
#[tokio::test]
async fn a_bill_of_the_index_may_be_of_another_platform() {
    let shelf = Shelf::new().await;
    let kind = "application/vnd.oci.image.manifest.v1+json";
    let layer = debian(&[("libssl3", "3.0.9-1", "openssl"), ("zlib1g", "1", "zlib")]).gzip();
    let other = shelf.registry.put_image("shop", "other", std::slice::from_ref(&layer));
    let mut entries = Vec::new();
    for (image, architecture) in [(shelf.image, "amd64"), (other, "arm64")] {
        let manifest = shelf.registry.bytes(&format!("shop/manifests/{}", image.to_oci()));
        let mut entry = descriptor(kind, image, manifest.len());
        entry["platform"] = json!({"os": "linux", "architecture": architecture});
        entries.push(entry);
    }
    let index = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": entries,
    });
    let (index, size) = shelf.registry.put_manifest("shop", "v1", &index);
    let of = |architecture: &str| {
        let mut bill: Value = serde_json::from_str(&cyclonedx("own")).unwrap();
        let url = format!("pkg:deb/debian/curl@1?arch={architecture}&distro=debian-12");
        bill["components"][0]["purl"] = json!(url);
        bill
    };
    let named = |image: Digest| {
        let mut bill: Value = serde_json::from_str(&cyclonedx("own")).unwrap();
        bill["metadata"] = json!({"component":
            {"type": "container", "name": "shop", "version": image.to_oci()}});
        bill
    };
    let stated = |about: Digest, bill: Value| {
        let mut statement = statement("own", about);
        statement["predicate"] = bill;
        statement
    };
    let silent: Value = serde_json::from_str(&cyclonedx("own")).unwrap();
    for (document, is_of_amd64, is_of_arm64) in [
        (silent.clone(), false, false),
        (stated(index, silent.clone()), false, false),
        (stated(shelf.image, silent.clone()), true, false),
        (of("amd64"), true, false),
        (stated(index, of("arm64")), false, true),
        (of("all"), false, false),
        (named(shelf.image), true, false),
        (stated(index, named(other)), false, true),
        (named(index), false, false),
    ] {
        let tagged = shelf.around(CYCLONEDX, &document.to_string());
        shelf.registry.put_manifest("shop", &format!("sha256-{index}.att"), &tagged);
        for (platform, expected) in [("linux/amd64", is_of_amd64), ("linux/arm64", is_of_arm64)] {
            let found = shelf.attached_for(platform, &[]).await.unwrap();
            assert_eq!(found.is_some(), expected, "{platform} {document}");
        }
    }
    // Nor does it become true of this one where it is copied to it.
    for (document, expected) in [
        (silent.clone(), true),
        (stated(index, of("amd64")), true),
        (stated(index, of("arm64")), false),
        (stated(index, silent.clone()), false),
    ] {
        let tagged = shelf.around(CYCLONEDX, &document.to_string());
        shelf.registry.put_manifest("shop", &format!("sha256-{}.att", shelf.image), &tagged);
        let found = shelf.attached_for("linux/amd64", &[]).await.unwrap();
        assert_eq!(found.is_some(), expected, "{document}");
    }
    // An index of that index alone leads to both images too.
    let kind = "application/vnd.oci.image.index.v1+json";
    let outer = json!({
        "schemaVersion": 2, "mediaType": kind, "manifests": [descriptor(kind, index, size)],
    });
    let (outer, _) = shelf.registry.put_manifest("shop", "v1", &outer);
    let tagged = shelf.around(CYCLONEDX, &stated(outer, silent).to_string());
    shelf.registry.put_manifest("shop", &format!("sha256-{outer}.att"), &tagged);
    assert!(shelf.attached_for("linux/amd64", &[]).await.unwrap().is_none());
}

/// Who signs an image for several platforms by its name signs the index.
#[tokio::test]
async fn what_is_attached_to_the_index_is_taken_last() {
    let shelf = Shelf::new().await;
    let manifest = shelf.registry.bytes(&format!("shop/manifests/{}", shelf.image.to_oci()));
    let mut entry =
        descriptor("application/vnd.oci.image.manifest.v1+json", shelf.image, manifest.len());
    entry["platform"] = json!({"os": "linux", "architecture": "amd64"});
    let index = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [entry],
    });
    let (index, _) = shelf.registry.put_manifest("shop", "v1", &index);
    let kind = "application/vnd.dsse.envelope.v1+json";
    for (about, name) in [(index, "of-the-index"), (shelf.image, "of-the-image")] {
        let signed = envelope(&statement(name, about)).to_string();
        let tagged = shelf.around(kind, &signed);
        shelf.registry.put_manifest("shop", &format!("sha256-{about}.att"), &tagged);
        assert_eq!(names(&shelf.attached().await.unwrap().unwrap().inventory), [name]);
    }
}

#[tokio::test]
async fn attachments_are_read_up_to_a_limit() {
    let shelf = Shelf::new().await;
    let tag = format!("sha256-{}.sbom", shelf.image);
    for (before, is_found) in [(63, true), (64, false)] {
        let mut manifest = shelf.around(CYCLONEDX, "{}");
        let other = manifest["layers"][0].clone();
        let bill = shelf.around(CYCLONEDX, &cyclonedx("own"))["layers"][0].clone();
        let layers = std::iter::repeat_n(other, before).chain([bill]);
        manifest["layers"] = layers.collect();
        shelf.registry.put_manifest("shop", &tag, &manifest);
        assert_eq!(shelf.attached().await.unwrap().is_some(), is_found, "{before}");
    }
}

#[tokio::test]
async fn more_than_is_announced_is_not_read() {
    let shelf = Shelf::new().await;
    let mut manifest = shelf.around(CYCLONEDX, &cyclonedx("own"));
    manifest["layers"][0]["size"] = json!(1);
    shelf.registry.put_manifest("shop", &format!("sha256-{}.sbom", shelf.image), &manifest);
    assert!(shelf.attached().await.unwrap().is_none());
}

/// What a registry calls a manifest decides nothing where its digest is asked for.
#[tokio::test]
async fn a_digest_that_is_asked_for_is_not_exchanged() {
    let shelf = Shelf::new().await;
    let other = Digest::of(b"another image");
    let path = format!("shop/manifests/{}", shelf.image.to_oci());
    let bytes = shelf.registry.bytes(&path);
    shelf.registry.put(&path, Answer::Manifest { digest: other, bytes });
    let signed = envelope(&statement("copied", other)).to_string();
    let tagged = shelf.around("application/vnd.dsse.envelope.v1+json", &signed);
    shelf.registry.put_manifest("shop", &format!("sha256-{other}.att"), &tagged);
    let target = format!("{}shop@{}", shelf.registry.url(), shelf.image.to_oci());
    let target = Target::parse(&target, TargetOptions::default()).unwrap();
    assert!(target.attached_sbom(&[], now(), &Limits::default()).await.unwrap().is_none());
}

#[tokio::test]
async fn what_is_about_another_image_or_no_bill_is_passed_over() {
    let mut shelf = Shelf::new().await;
    assert!(shelf.attached().await.unwrap().is_none());
    shelf.attach(CYCLONEDX, &cyclonedx("other"), Digest::of(b"another image"));
    shelf.attach(SPDX, "{\"spdxVersion\":\"SPDX-9\"}", shelf.image);
    let vex = json!({"bomFormat": "CycloneDX", "specVersion": "1.5", "vulnerabilities": []});
    shelf.attach(CYCLONEDX, &vex.to_string(), shelf.image);
    shelf.list_at(&format!("shop/referrers/{}", shelf.image.to_oci()));
    assert!(shelf.attached().await.unwrap().is_none());
    shelf.attach(CYCLONEDX, &cyclonedx("own"), shelf.image);
    shelf.list_at(&format!("shop/referrers/{}", shelf.image.to_oci()));
    assert_eq!(names(&shelf.attached().await.unwrap().unwrap().inventory), ["own"]);
}

/// Who may write there must not keep others from what is attached beside it, nor the image from
/// being scanned.
#[tokio::test]
async fn what_cannot_be_read_is_passed_over() {
    let damages: [fn(&Shelf, Digest); 4] = [
        |shelf, blob| {
            shelf.registry.put_blob("shop", blob, Answer::Bytes(cyclonedx("bad").into()));
        },
        |shelf, blob| shelf.registry.put_blob("shop", blob, Answer::Status(StatusCode::NOT_FOUND)),
        |shelf, _| {
            let path = shelf.manifest_path(0);
            shelf.registry.put(&path, Answer::Bytes("no manifest".into()));
        },
        |shelf, _| {
            shelf.registry.put(&shelf.manifest_path(0), Answer::Status(StatusCode::NOT_FOUND));
        },
    ];
    for (at, damage) in damages.into_iter().enumerate() {
        let mut shelf = Shelf::new().await;
        let document = cyclonedx("own");
        shelf.attach(CYCLONEDX, &document, shelf.image);
        damage(&shelf, Digest::of(document.as_bytes()));
        shelf.list_at(&format!("shop/referrers/{}", shelf.image.to_oci()));
        assert!(shelf.attached().await.unwrap().is_none(), "{at}");
        shelf.attach(CYCLONEDX, &cyclonedx("beside"), shelf.image);
        shelf.list_at(&format!("shop/referrers/{}", shelf.image.to_oci()));
        assert_eq!(names(&shelf.attached().await.unwrap().unwrap().inventory), ["beside"], "{at}");
    }
    // A registry that refuses is another matter.
    let mut shelf = Shelf::new().await;
    shelf.attach(CYCLONEDX, &cyclonedx("own"), shelf.image);
    shelf.list_at(&format!("shop/referrers/{}", shelf.image.to_oci()));
    shelf.registry.put(&shelf.manifest_path(0), Answer::Status(StatusCode::FORBIDDEN));
    let error = shelf.attached().await.unwrap_err();
    assert!(matches!(error, ScanError::Registry(RegistryError::Unauthorized { .. })), "{error}");
}

/// A document may be broken within.
#[tokio::test]
async fn a_broken_document_is_passed_over() {
    let mut shelf = Shelf::new().await;
    let broken = r#"{"bomFormat": "CycloneDX", "specVersion": "1.5", "components": 1}"#;
    shelf.attach(CYCLONEDX, broken, shelf.image);
    shelf.list_at(&format!("shop/referrers/{}", shelf.image.to_oci()));
    assert!(shelf.attached().await.unwrap().is_none());
    shelf.attach(CYCLONEDX, &cyclonedx("own"), shelf.image);
    shelf.list_at(&format!("shop/referrers/{}", shelf.image.to_oci()));
    assert_eq!(names(&shelf.attached().await.unwrap().unwrap().inventory), ["own"]);
}
