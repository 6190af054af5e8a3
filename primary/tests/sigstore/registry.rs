//! A registry with one image, which can be signed.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use palisade_api::Digest;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

const REPOSITORY: &str = "shop/api";
/// What stands before the point of a P-256 key in a certificate.
const P256_HEAD: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

type Answers = Arc<Mutex<HashMap<String, Vec<u8>>>>;

/// A key pair, ECDSA on P-256.
pub(crate) struct Key(EcdsaKeyPair);

impl Key {
    pub(crate) fn generate() -> Self {
        let (algorithm, random) = (&ECDSA_P256_SHA256_ASN1_SIGNING, SystemRandom::new());
        let pair = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        Self(EcdsaKeyPair::from_pkcs8(algorithm, pair.as_ref(), &random).unwrap())
    }

    pub(crate) fn pem(&self) -> String {
        let info = [P256_HEAD.as_slice(), self.0.public_key().as_ref()].concat();
        let text = STANDARD.encode(info);
        format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n")
    }
}

pub(crate) struct Registry {
    address: SocketAddr,
    answers: Answers,
    image: Digest,
}

impl Registry {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let answers = Answers::default();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&answers));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let mut registry = Self { address, answers, image: Digest::of(b"") };
        registry.put("", b"{}".to_vec());
        registry.put("_catalog", json!({"repositories": [REPOSITORY]}).to_string().into());
        let tags = json!({"name": REPOSITORY, "tags": ["1"]}).to_string();
        registry.put(&format!("{REPOSITORY}/tags/list"), tags.into());
        // An archive with nothing in it.
        let layer = registry.blob("application/vnd.oci.image.layer.v1.tar", vec![0; 1_024]);
        registry.image = registry.manifest("1", &[layer]);
        registry
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Signs the image and attaches the signature.
    pub(crate) fn sign(&self, key: &Key) {
        let payload = json!({
            "critical": {
                "identity": {"docker-reference": REPOSITORY},
                "image": {"docker-manifest-digest": self.image.to_oci()},
                "type": "cosign container image signature",
            },
            "optional": null,
        })
        .to_string();
        let signature = key.0.sign(&SystemRandom::new(), payload.as_bytes()).unwrap();
        let mut blob =
            self.blob("application/vnd.dev.cosign.simplesigning.v1+json", payload.into());
        blob["annotations"] =
            json!({"dev.cosignproject.cosign/signature": STANDARD.encode(signature)});
        self.manifest(&format!("sha256-{}.sig", self.image), &[blob]);
    }

    fn put(&self, path: &str, answer: Vec<u8>) {
        self.answers.lock().unwrap().insert(format!("/v2/{path}"), answer);
    }

    fn blob(&self, media_type: &str, bytes: Vec<u8>) -> Value {
        let (digest, size) = (Digest::of(&bytes), bytes.len());
        self.put(&format!("{REPOSITORY}/blobs/{}", digest.to_oci()), bytes);
        json!({"mediaType": media_type, "digest": digest.to_oci(), "size": size})
    }

    fn manifest(&self, tag: &str, layers: &[Value]) -> Digest {
        let config = json!({"architecture": "amd64", "os": "linux", "config": {},
            "rootfs": {"type": "layers", "diff_ids": []}});
        let config =
            self.blob("application/vnd.oci.image.config.v1+json", config.to_string().into());
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": config,
            "layers": layers,
        })
        .to_string();
        let digest = Digest::of(manifest.as_bytes());
        for reference in [tag.to_owned(), digest.to_oci()] {
            let path = format!("{REPOSITORY}/manifests/{reference}");
            self.put(&path, manifest.clone().into());
        }
        digest
    }
}

async fn answer(State(answers): State<Answers>, request: Request) -> Response {
    let known = answers.lock().unwrap().get(request.uri().path()).cloned();
    known.map_or_else(|| StatusCode::NOT_FOUND.into_response(), IntoResponse::into_response)
}
