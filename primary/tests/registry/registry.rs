//! A registry that counts what it is asked for, with images that can be signed.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, Method, StatusCode, header};
use palisade_api::Digest;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

/// The repository that is there from the beginning, with the tag `1`.
pub(crate) const REPOSITORY: &str = "shop/api";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// What stands before the point of a P-256 key in a certificate.
const P256_HEAD: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

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

#[derive(Default)]
struct Shelf {
    blobs: HashMap<String, Vec<u8>>,
    /// By repository and reference.
    manifests: HashMap<(String, String), Vec<u8>>,
    tags: BTreeMap<String, BTreeSet<String>>,
    /// Tags whose manifests are told by that digest.
    by_sha512: BTreeSet<(String, String)>,
    /// What is answered to paths with such an end, and to which methods.
    refused: Vec<(Option<Method>, String, StatusCode)>,
    /// The end of paths that are not answered before it is cancelled.
    held: Option<(String, CancellationToken)>,
    /// The end of a path whose next answer comes late, when it is cancelled.
    late: Option<(String, CancellationToken)>,
    /// What was asked for since it was forgotten last.
    asked: Vec<(Method, String)>,
}

pub(crate) struct Registry {
    address: SocketAddr,
    shelf: Arc<Mutex<Shelf>>,
    image: Digest,
}

impl Registry {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shelf = Arc::<Mutex<Shelf>>::default();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shelf));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let mut registry = Self { address, shelf, image: Digest::of(b"") };
        registry.image = registry.push(REPOSITORY, "1", &[("openssl", "3.0.9-1")]);
        registry
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Pushes an image of Debian 12 with these packages.
    pub(crate) fn push(&self, repository: &str, tag: &str, packages: &[(&str, &str)]) -> Digest {
        let package = |(name, version): &(&str, &str)| {
            let installed = "Status: install ok installed\nArchitecture: amd64";
            format!("Package: {name}\n{installed}\nVersion: {version}\n")
        };
        let status = packages.iter().map(package).collect::<Vec<_>>().join("\n");
        let release = "ID=debian\nVERSION_ID=\"12\"\n";
        let layer =
            archive(&[("etc/os-release", release), ("var/lib/dpkg/status", status.as_str())]);
        self.push_layer(repository, tag, layer)
    }

    /// Pushes an image whose only layer is no archive.
    pub(crate) fn push_broken(&self, repository: &str, tag: &str) -> Digest {
        self.push_layer(repository, tag, b"no archive".repeat(100))
    }

    /// Pushes what is no image.
    pub(crate) fn push_chart(&self, repository: &str, tag: &str) -> Digest {
        let config =
            self.blob("application/vnd.cncf.helm.config.v1+json", b"{\"name\":\"shop\"}".into());
        let chart = self.blob("application/vnd.cncf.helm.chart.content.v1.tar+gzip", Vec::new());
        self.push_manifest(repository, tag, &config, &[chart])
    }

    /// The same image, named by SHA-512 like its parts; gives its digest.
    pub(crate) fn name_by_sha512(&self, repository: &str, tag: &str) -> Digest {
        let long = Digest::Sha512([0; 64]);
        self.with(|shelf| {
            let key = (repository.to_owned(), tag.to_owned());
            let mut manifest = String::from_utf8(shelf.manifests[&key].clone()).unwrap();
            for (digest, blob) in shelf.blobs.clone() {
                let renamed = long.same_of(&blob).to_oci();
                manifest = manifest.replace(&digest, &renamed);
                shelf.blobs.insert(renamed, blob);
            }
            let digest = long.same_of(manifest.as_bytes());
            for reference in [tag.to_owned(), digest.to_oci()] {
                shelf.manifests.insert((repository.to_owned(), reference), manifest.clone().into());
            }
            shelf.by_sha512.insert((repository.to_owned(), tag.to_owned()));
            digest
        })
    }

    fn push_layer(&self, repository: &str, tag: &str, layer: Vec<u8>) -> Digest {
        let layer = self.blob("application/vnd.oci.image.layer.v1.tar", layer);
        let config = self.config();
        self.push_manifest(repository, tag, &config, &[layer])
    }

    fn push_manifest(
        &self,
        repository: &str,
        tag: &str,
        config: &Value,
        layers: &[Value],
    ) -> Digest {
        let digest = self.manifest(repository, tag, config, layers);
        self.with(|shelf| {
            shelf.tags.entry(repository.to_owned()).or_default().insert(tag.to_owned());
        });
        digest
    }

    /// Removes a tag.
    pub(crate) fn remove(&self, repository: &str, tag: &str) {
        self.with(|shelf| {
            shelf.tags.entry(repository.to_owned()).or_default().remove(tag);
            shelf.manifests.remove(&(repository.to_owned(), tag.to_owned()));
        });
    }

    /// Answers paths that end so with a status, from now on; with 429 for an hour, as it says.
    pub(crate) fn refuse(&self, end: &str, status: u16) {
        let status = StatusCode::from_u16(status).unwrap();
        self.with(|shelf| shelf.refused.push((None, end.to_owned(), status)));
    }

    /// Answers HEAD with a status, from now on.
    pub(crate) fn refuse_heads(&self, status: u16) {
        let status = StatusCode::from_u16(status).unwrap();
        self.with(|shelf| shelf.refused.push((Some(Method::HEAD), String::new(), status)));
    }

    /// Refuses nothing any more.
    pub(crate) fn refuse_nothing(&self) {
        self.with(|shelf| shelf.refused.clear());
    }

    /// Keeps who asks for paths that end so waiting, until what is given is cancelled.
    pub(crate) fn hold(&self, end: &str) -> CancellationToken {
        let answers = CancellationToken::new();
        self.with(|shelf| shelf.held = Some((end.to_owned(), answers.clone())));
        answers
    }

    /// Keeps the answer to who asks next for a path that ends so, as it is then, until what is given
    /// is cancelled.
    pub(crate) fn answer_late(&self, end: &str) -> CancellationToken {
        let answers = CancellationToken::new();
        self.with(|shelf| shelf.late = Some((end.to_owned(), answers.clone())));
        answers
    }

    /// Forgets what was asked for.
    pub(crate) fn forget(&self) {
        self.with(|shelf| shelf.asked.clear());
    }

    /// What was asked for since, as far as it is of this kind: `blobs`,
    /// `manifests`.
    pub(crate) fn asked(&self, kind: &str) -> Vec<(Method, String)> {
        let kind = format!("/{kind}/");
        self.with(|shelf| {
            shelf.asked.iter().filter(|(_, path)| path.contains(&kind)).cloned().collect()
        })
    }

    /// How many requests there were since.
    pub(crate) fn asked_at_all(&self) -> usize {
        self.with(|shelf| shelf.asked.len())
    }

    /// Signs the first image and attaches the signature.
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
        let config = self.config();
        self.manifest(REPOSITORY, &format!("sha256-{}.sig", self.image), &config, &[blob]);
    }

    fn with<T>(&self, work: impl FnOnce(&mut Shelf) -> T) -> T {
        work(&mut self.shelf.lock().unwrap())
    }

    fn blob(&self, media_type: &str, bytes: Vec<u8>) -> Value {
        let (digest, size) = (Digest::of(&bytes), bytes.len());
        self.with(|shelf| shelf.blobs.insert(digest.to_oci(), bytes));
        json!({"mediaType": media_type, "digest": digest.to_oci(), "size": size})
    }

    /// The configuration of an image of one layer.
    fn config(&self) -> Value {
        let config = json!({"architecture": "amd64", "os": "linux", "config": {},
            "rootfs": {"type": "layers", "diff_ids": []},
            "history": [{"created_by": "COPY"}]});
        self.blob("application/vnd.oci.image.config.v1+json", config.to_string().into())
    }

    fn manifest(&self, repository: &str, tag: &str, config: &Value, layers: &[Value]) -> Digest {
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": config,
            "layers": layers,
        })
        .to_string();
        let digest = Digest::of(manifest.as_bytes());
        self.with(|shelf| {
            for reference in [tag.to_owned(), digest.to_oci()] {
                shelf.manifests.insert((repository.to_owned(), reference), manifest.clone().into());
            }
        });
        digest
    }
}

fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, path, content.as_bytes()).unwrap();
    }
    archive.into_inner().unwrap()
}

async fn answer(State(shelf): State<Arc<Mutex<Shelf>>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let (held, late) = {
        let mut shelf = shelf.lock().unwrap();
        shelf.asked.push((request.method().clone(), path.clone()));
        let held = shelf.held.clone().filter(|(end, _)| path.ends_with(end));
        (held, shelf.late.take_if(|(end, _)| path.ends_with(&**end)))
    };
    if let Some((_, answers)) = held {
        answers.cancelled().await;
    }
    let answer = answer_now(&shelf.lock().unwrap(), &request, &path);
    if let Some((_, answers)) = late {
        answers.cancelled().await;
    }
    answer
}

fn answer_now(shelf: &Shelf, request: &Request, path: &str) -> Response {
    let refused = shelf.refused.iter().find(|(method, end, _)| {
        path.ends_with(end) && method.as_ref().is_none_or(|method| method == request.method())
    });
    if let Some((.., status)) = refused {
        let mut answer = status.into_response();
        if *status == StatusCode::TOO_MANY_REQUESTS {
            answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("3600"));
        }
        return answer;
    }
    let rest = path.trim_start_matches("/v2/");
    if rest.is_empty() {
        return "{}".into_response();
    }
    if rest == "_catalog" {
        let repositories: Vec<&String> = shelf.tags.keys().collect();
        return json!({"repositories": repositories}).to_string().into_response();
    }
    if let Some(repository) = rest.strip_suffix("/tags/list") {
        let tags = shelf.tags.get(repository);
        return json!({"name": repository, "tags": tags}).to_string().into_response();
    }
    if let Some((repository, reference)) = rest.split_once("/manifests/") {
        let key = (repository.to_owned(), reference.to_owned());
        if let Some(manifest) = shelf.manifests.get(&key) {
            let like = match Digest::from_oci(reference) {
                Ok(asked) => asked,
                Err(_) if shelf.by_sha512.contains(&key) => Digest::Sha512([0; 64]),
                Err(_) => Digest::of(b""),
            };
            let digest = like.same_of(manifest).to_oci();
            let headers =
                [(header::CONTENT_TYPE.as_str(), MANIFEST), ("docker-content-digest", &digest)];
            return (headers, manifest.clone()).into_response();
        }
    }
    if let Some((_, digest)) = rest.split_once("/blobs/")
        && let Some(blob) = shelf.blobs.get(digest)
    {
        return blob.clone().into_response();
    }
    StatusCode::NOT_FOUND.into_response()
}
