//! A registry that serves what it is told to, and the layers to put in it.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;
use palisade_api::Digest;
use palisade_scanner::source::Source;
use palisade_scanner::source::registry::{RegistryAccess, RegistryClient};
use palisade_scanner::{Inventory, LayerCache, Limits, ScanError, scan};
use serde_json::{Value, json};
use tar::{EntryType, Header};

/// An answer to a path.
#[derive(Clone)]
pub(crate) enum Answer {
    Bytes(Bytes),
    /// The head, then the block so many times.
    Repeating {
        head: Bytes,
        block: Bytes,
        times: u64,
    },
    /// So many bytes are announced, then the connection ends after those given.
    CutOff {
        given: Bytes,
        announced: usize,
    },
    /// A manifest that the registry calls by this digest.
    Manifest {
        digest: Digest,
        bytes: Bytes,
    },
    Status(StatusCode),
}

#[derive(Clone, Default)]
struct Served {
    answers: Arc<Mutex<HashMap<String, Answer>>>,
    /// Requests seen, and the password that is wanted.
    requests: Arc<Mutex<Vec<String>>>,
    token: Option<&'static str>,
}

pub(crate) struct Registry {
    address: SocketAddr,
    served: Served,
}

impl Registry {
    pub(crate) async fn start() -> Self {
        Self::serve(Served::default()).await
    }

    /// A registry that wants the bearer token `token`, which its realm gives
    /// to who logs in as `user` with `password`.
    pub(crate) async fn with_token(token: &'static str) -> Self {
        Self::serve(Served { token: Some(token), ..Served::default() }).await
    }

    async fn serve(served: Served) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(answer).with_state((served.clone(), address));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, served }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    pub(crate) fn client(&self) -> RegistryClient {
        RegistryClient::new(RegistryAccess::new(&self.url()).unwrap()).unwrap()
    }

    pub(crate) fn put(&self, path: &str, answer: Answer) {
        self.served.answers.lock().unwrap().insert(format!("/v2/{path}"), answer);
    }

    /// What was put there.
    pub(crate) fn bytes(&self, path: &str) -> Bytes {
        let answers = self.served.answers.lock().unwrap();
        match &answers[&format!("/v2/{path}")] {
            Answer::Bytes(bytes) => bytes.clone(),
            _ => panic!("there are no bytes at {path}"),
        }
    }

    pub(crate) fn put_blob(&self, repository: &str, digest: Digest, answer: Answer) {
        self.put(&format!("{repository}/blobs/{}", digest.to_oci()), answer);
    }

    /// Puts a manifest under its digest and `tag`.
    pub(crate) fn put_manifest(
        &self,
        repository: &str,
        tag: &str,
        manifest: &Value,
    ) -> (Digest, usize) {
        let bytes = Bytes::from(manifest.to_string());
        let digest = Digest::of(&bytes);
        for reference in [tag.to_owned(), digest.to_oci()] {
            self.put(&format!("{repository}/manifests/{reference}"), Answer::Bytes(bytes.clone()));
        }
        (digest, bytes.len())
    }

    /// Puts an image of whole layers and gives the digest of its manifest.
    pub(crate) fn put_image(&self, repository: &str, tag: &str, layers: &[Bytes]) -> Digest {
        let layers: Vec<Value> = layers
            .iter()
            .map(|layer| {
                let digest = Digest::of(layer);
                self.put_blob(repository, digest, Answer::Bytes(layer.clone()));
                descriptor("application/vnd.oci.image.layer.v1.tar+gzip", digest, layer.len())
            })
            .collect();
        let manifest = self.manifest(repository, &layers);
        self.put_manifest(repository, tag, &manifest).0
    }

    /// A manifest of `layers` with a configuration, which is put.
    pub(crate) fn manifest(&self, repository: &str, layers: &[Value]) -> Value {
        let config = Bytes::from(
            json!({
                "architecture": "amd64", "os": "linux", "author": "the shop",
                "created": "2024-01-01T00:00:00Z",
                "config": {"User": "1000:1000", "Env": ["PATH=/bin"], "Labels": {"team": "orders"}},
                "history": [
                    {"created_by": "COPY base /"},
                    {"created_by": "USER 1000", "empty_layer": true},
                    {"created_by": "RUN true"},
                ],
                "rootfs": {"type": "layers", "diff_ids": []},
            })
            .to_string(),
        );
        let digest = Digest::of(&config);
        self.put_blob(repository, digest, Answer::Bytes(config.clone()));
        json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": descriptor("application/vnd.oci.image.config.v1+json", digest, config.len()),
            "layers": layers,
        })
    }

    pub(crate) async fn scan(&self, repository: &str, tag: &str) -> Result<Inventory, ScanError> {
        self.scan_within(repository, tag, &Limits::default()).await
    }

    pub(crate) async fn scan_within(
        &self,
        repository: &str,
        tag: &str,
        limits: &Limits,
    ) -> Result<Inventory, ScanError> {
        let source = Source::Registry(self.client().image(repository, tag)?);
        scan::inventory(&source, limits, &LayerCache::default()).await
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.served.requests.lock().unwrap().clone()
    }
}

pub(crate) fn descriptor(media_type: &str, digest: Digest, size: usize) -> Value {
    json!({"mediaType": media_type, "digest": digest.to_oci(), "size": size})
}

async fn answer(
    State((served, address)): State<(Served, SocketAddr)>,
    request: Request,
) -> Response {
    let path = request.uri().path().to_owned();
    served.requests.lock().unwrap().push(request.uri().to_string());
    let sent = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if let Some(token) = served.token {
        if path == "/token" {
            // user:password
            return if sent == "Basic dXNlcjpwYXNzd29yZA==" {
                json!({ "token": token }).to_string().into_response()
            } else {
                StatusCode::UNAUTHORIZED.into_response()
            };
        }
        if sent != format!("Bearer {token}") {
            let challenge = format!("Bearer realm=\"http://{address}/token\",service=\"shop\"");
            let challenge = HeaderValue::from_str(&challenge).unwrap();
            return (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, challenge)])
                .into_response();
        }
    }
    let known = served.answers.lock().unwrap().get(&path).cloned();
    match known {
        Some(Answer::Bytes(bytes)) => bytes.into_response(),
        Some(Answer::Manifest { digest, bytes }) => {
            let kind = "application/vnd.oci.image.manifest.v1+json".to_owned();
            let named = [("docker-content-digest", digest.to_oci()), ("content-type", kind)];
            (named, bytes).into_response()
        }
        Some(Answer::Status(status)) => status.into_response(),
        Some(Answer::Repeating { head, block, times }) => {
            let blocks = (0..=times).map(move |n| {
                Ok::<_, std::io::Error>(if n == 0 { head.clone() } else { block.clone() })
            });
            Body::from_stream(futures_util::stream::iter(blocks)).into_response()
        }
        Some(Answer::CutOff { given, announced }) => {
            let end = futures_util::stream::once(async {
                // What was given is sent first.
                tokio::task::yield_now().await;
                Err(std::io::Error::other("cut off"))
            });
            let given = futures_util::stream::iter([Ok(given)]);
            let mut response = Body::from_stream(given.chain(end)).into_response();
            response.headers_mut().insert(header::CONTENT_LENGTH, announced.into());
            response
        }
        None if path == "/v2/" => StatusCode::OK.into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Builds the archive of a layer.
#[derive(Default)]
pub(crate) struct Layer(Vec<u8>);

impl Layer {
    pub(crate) fn file(self, path: &str, content: &str) -> Self {
        self.entry(EntryType::Regular, path, "", content.as_bytes())
    }

    pub(crate) fn folder(self, path: &str) -> Self {
        self.entry(EntryType::Directory, path, "", &[])
    }

    pub(crate) fn link(self, path: &str, target: &str) -> Self {
        self.entry(EntryType::Symlink, path, target, &[])
    }

    pub(crate) fn hard_link(self, path: &str, target: &str) -> Self {
        self.entry(EntryType::Link, path, target, &[])
    }

    pub(crate) fn entry(
        self,
        kind: EntryType,
        path: impl AsRef<[u8]>,
        link: &str,
        content: &[u8],
    ) -> Self {
        let size = content.len() as u64;
        let mut layer = self.header(kind, path, link, size);
        layer.0.extend_from_slice(content);
        layer.0.resize(layer.0.len().next_multiple_of(512), 0);
        layer
    }

    /// A header alone, with names that no honest tool writes.
    pub(crate) fn header(
        mut self,
        kind: EntryType,
        path: impl AsRef<[u8]>,
        link: &str,
        size: u64,
    ) -> Self {
        let path = path.as_ref();
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(size);
        header.set_mode(0o644);
        let bytes = header.as_mut_bytes();
        bytes[..path.len()].copy_from_slice(path);
        bytes[157..157 + link.len()].copy_from_slice(link.as_bytes());
        header.set_cksum();
        self.0.extend_from_slice(header.as_bytes());
        self
    }

    /// Gives the last entry, which has no content, these permission bits.
    pub(crate) fn mode(mut self, mode: u32) -> Self {
        let at = self.0.len() - 512;
        let mut header = Header::new_gnu();
        header.as_mut_bytes().copy_from_slice(&self.0[at..]);
        header.set_mode(mode);
        header.set_cksum();
        self.0[at..].copy_from_slice(header.as_bytes());
        self
    }

    /// The archive with its end.
    pub(crate) fn tar(&self) -> Bytes {
        let mut bytes = self.0.clone();
        bytes.resize(bytes.len() + 1024, 0);
        bytes.into()
    }

    /// What was written so far, without an end.
    pub(crate) fn open(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn gzip(&self) -> Bytes {
        gzip(&self.tar())
    }
}

pub(crate) fn gzip(bytes: &[u8]) -> Bytes {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap().into()
}

pub(crate) const OS_RELEASE: &str = "ID=debian\nVERSION_ID=\"12\"\n";

/// A status file with packages `name version source`.
pub(crate) fn status(packages: &[(&str, &str, &str)]) -> String {
    let mut text = String::new();
    for (name, version, source) in packages {
        write!(text, "Package: {name}\nStatus: install ok installed\n").unwrap();
        write!(text, "Source: {source}\nVersion: {version}\n\n").unwrap();
    }
    text
}

pub(crate) fn debian(packages: &[(&str, &str, &str)]) -> Layer {
    Layer::default()
        .file("etc/os-release", OS_RELEASE)
        .file("var/lib/dpkg/status", &status(packages))
}

/// Names of the packages found.
pub(crate) fn names(inventory: &Inventory) -> Vec<&str> {
    inventory.packages.iter().map(|layered| layered.package.name.as_str()).collect()
}
