//! Attaches signatures to images in the registry of the test.

use axum::body::Bytes;
use palisade_api::Digest;
use palisade_scanner::Limits;
use palisade_scanner::signature::{RootOfTrust, Satisfied, Signed, collect, satisfied};
use serde_json::{Value, json};

use super::super::fixture::{Answer, Registry, debian, descriptor};
use super::signer::{SIGNED_AT, base64};

pub(super) const REPOSITORY: &str = "shop/api";
const SIMPLE_SIGNING: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
const COSIGN: &str = "application/vnd.dev.cosign.artifact.sig.v1+json";
pub(super) const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// An image in a registry.
pub(super) struct Image {
    pub(super) registry: Registry,
    pub(super) digest: Digest,
}

/// What cosign signs for an image.
pub(super) fn payload(image: Digest) -> Vec<u8> {
    let critical = json!({
        "identity": {"docker-reference": "registry.shop.example/shop/api"},
        "image": {"docker-manifest-digest": image.to_oci()},
        "type": "cosign container image signature",
    });
    json!({"critical": critical, "optional": null}).to_string().into_bytes()
}

/// The annotations of a signature alone.
pub(super) fn annotations(signature: &[u8]) -> Value {
    json!({"dev.cosignproject.cosign/signature": base64(signature)})
}

impl Image {
    pub(super) async fn push() -> Self {
        let registry = Registry::start().await;
        let layer = debian(&[("openssl", "3.0.15-1~deb12u1", "openssl")]).gzip();
        let digest = registry.put_image(REPOSITORY, "1", &[layer]);
        Self { registry, digest }
    }

    fn blob(&self, media_type: &str, bytes: &[u8]) -> Value {
        let digest = Digest::of(bytes);
        let answer = Answer::Bytes(Bytes::copy_from_slice(bytes));
        self.registry.put_blob(REPOSITORY, digest, answer);
        descriptor(media_type, digest, bytes.len())
    }

    fn annotated(&self, payload: &[u8], annotations: &Value) -> Value {
        let mut blob = self.blob(SIMPLE_SIGNING, payload);
        blob["annotations"] = annotations.clone();
        blob
    }

    /// Attaches payloads with their annotations under the tag for it.
    pub(super) fn attach(&self, signatures: &[(Vec<u8>, Value)]) {
        let blobs: Vec<Value> =
            signatures.iter().map(|(payload, told)| self.annotated(payload, told)).collect();
        let manifest = self.registry.manifest(REPOSITORY, &blobs);
        self.registry.put_manifest(REPOSITORY, &format!("sha256-{}.sig", self.digest), &manifest);
    }

    /// Attaches a payload as a referrer.
    pub(super) fn refer(&self, payload: &[u8], annotations: &Value) {
        let blob = self.annotated(payload, annotations);
        self.refer_blobs(COSIGN, &[blob]);
    }

    /// The image's manifest.
    pub(super) fn manifest(&self) -> Bytes {
        self.registry.bytes(&format!("{REPOSITORY}/manifests/{}", self.digest.to_oci()))
    }

    /// Attaches a bundle as a referrer.
    pub(super) fn refer_bundle(&self, bundle: &Value) {
        self.refer_bundles(std::slice::from_ref(bundle));
    }

    /// Attaches several bundles as blobs of one referrer.
    pub(super) fn refer_bundles(&self, bundles: &[Value]) {
        let blobs: Vec<Value> =
            bundles.iter().map(|one| self.blob(BUNDLE, one.to_string().as_bytes())).collect();
        self.refer_blobs(BUNDLE, &blobs);
    }

    /// Attaches a bundle as a referrer whose first blob is gone, and whose second is longer
    /// than it says.
    pub(super) fn refer_bundle_behind_broken_ones(&self, bundle: &Value) {
        let gone = descriptor(BUNDLE, Digest::of(b"gone"), 4);
        let mut longer = self.blob(BUNDLE, " ".repeat(1 << 20).as_bytes());
        longer["size"] = json!(7);
        let sound = self.blob(BUNDLE, bundle.to_string().as_bytes());
        self.refer_blobs(BUNDLE, &[gone, longer, sound]);
    }

    fn refer_blobs(&self, artifact_type: &str, blobs: &[Value]) {
        let mut manifest = self.registry.manifest(REPOSITORY, blobs);
        manifest["artifactType"] = json!(artifact_type);
        manifest["subject"] = descriptor("", self.digest, 1);
        let (digest, size) = self.registry.put_manifest(REPOSITORY, "attached", &manifest);
        let kind = "application/vnd.oci.image.manifest.v1+json";
        let mut entry = descriptor(kind, digest, size);
        entry["artifactType"] = json!(artifact_type);
        let index = json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.index.v1+json",
            "manifests": [entry],
        });
        let path = format!("{REPOSITORY}/referrers/{}", self.digest.to_oci());
        self.registry.put(&path, Answer::Bytes(index.to_string().into()));
    }

    pub(super) async fn signatures(&self) -> Vec<Signed> {
        let image = self.registry.client().image(REPOSITORY, "1").unwrap();
        collect(&image, &[self.digest], &Limits::default()).await.unwrap()
    }

    /// Whom the signatures satisfy, on the day of their making.
    pub(super) async fn satisfied(&self, roots: &[RootOfTrust]) -> Satisfied {
        self.satisfied_at(roots, SIGNED_AT).await
    }

    pub(super) async fn satisfied_at(&self, roots: &[RootOfTrust], seconds: i64) -> Satisfied {
        let now = chrono::DateTime::from_timestamp(seconds, 0).unwrap();
        satisfied(roots, &self.signatures().await, now)
    }

    /// Why the only verifier is not satisfied.
    pub(super) async fn refusal(&self, root: RootOfTrust) -> String {
        let outcome = self.satisfied(&[root]).await;
        assert_eq!(outcome.verifiers, Vec::<String>::new());
        match outcome.unsatisfied.as_slice() {
            [(_, Some(error))] => error.to_string(),
            other => panic!("{other:?}"),
        }
    }
}
