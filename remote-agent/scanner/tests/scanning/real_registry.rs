//! The `docker-registry` of Debian, which is the distribution project's own,
//! with both of its ways of asking who one is.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use palisade_api::Digest;
use palisade_scanner::source::Source;
use palisade_scanner::source::registry::{Filter, RegistryAccess, RegistryClient, RegistryError};
use palisade_scanner::{LayerCache, Limits, ScanError, scan};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use secrecy::SecretString;
use serde_json::json;
use tempfile::TempDir;
use tokio::net::TcpSocket;

use crate::fixture::{debian, descriptor, names};
use crate::wire::{Reply, Wire};

struct Registry {
    url: String,
    process: Child,
    _dir: TempDir,
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

impl Registry {
    /// A registry with the section `auth` in its configuration; none when it
    /// is not installed. `files` are put beside the configuration, whose
    /// folder `DIR` stands for.
    async fn start(auth: &str, files: &[(&str, &str)]) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        for (name, content) in files {
            std::fs::write(dir.path().join(name), content).unwrap();
        }
        // Taken without listening, so that nobody else gets it before the registry does.
        let taken = TcpSocket::new_v4().unwrap();
        taken.set_reuseaddr(true).unwrap();
        taken.bind(([127, 0, 0, 1], 0).into()).unwrap();
        let address = taken.local_addr().unwrap();
        let config = format!(
            "version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: DIR/blobs\n\
             http:\n  addr: {address}\n  secret: tests\nauth:\n{auth}"
        )
        .replace("DIR", dir.path().to_str().unwrap());
        let file = dir.path().join("config.yml");
        std::fs::write(&file, config).unwrap();
        let started = Command::new("docker-registry")
            .arg("serve")
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(process) = started else {
            eprintln!("skipped: docker-registry is not installed");
            return None;
        };
        let registry = Self { url: format!("http://{address}/"), process, _dir: dir };
        for _ in 0..1_200 {
            match registry.client(None).ping().await {
                Err(RegistryError::Connect { .. }) => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                _ => return Some(registry),
            }
        }
        panic!("docker-registry does not answer");
    }

    fn client(&self, password: Option<&str>) -> RegistryClient {
        let mut access = RegistryAccess::new(&self.url).unwrap();
        access.patience.tries = 1;
        if let Some(password) = password {
            access = access.with_credentials("user", SecretString::from(password));
        }
        RegistryClient::new(access).unwrap()
    }

    /// Pushes an image with one package; each request carries what
    /// `authorization` gives.
    async fn push(&self, repository: &str, tag: &str, authorization: &str) {
        self.push_named(Digest::of(b""), repository, tag, authorization).await;
    }

    /// The same, whose layer and configuration are named by digests such as `like`.
    async fn push_named(&self, like: Digest, repository: &str, tag: &str, authorization: &str) {
        // Somebody else may have been first.
        rustls::crypto::ring::default_provider().install_default().ok();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let put = async |blob: &[u8]| {
            let url = format!("{}v2/{repository}/blobs/uploads/", self.url);
            let started =
                http.post(url).header("authorization", authorization).send().await.unwrap();
            assert_eq!(started.status(), 202);
            let location = started.headers()["location"].to_str().unwrap();
            let joint = if location.contains('?') { '&' } else { '?' };
            let url = format!("{location}{joint}digest={}", like.same_of(blob).to_oci());
            let done = http
                .put(url)
                .header("authorization", authorization)
                .body(blob.to_vec())
                .send()
                .await
                .unwrap();
            assert_eq!(done.status(), 201);
        };
        let layer = debian(&[("libssl3", "3.0.9-1", "openssl")]).gzip();
        let config = json!({"os": "linux", "architecture": "amd64"}).to_string();
        put(&layer).await;
        put(config.as_bytes()).await;
        let kind = "application/vnd.oci.image.manifest.v1+json";
        let manifest = json!({
            "schemaVersion": 2, "mediaType": kind,
            "config": descriptor("application/vnd.oci.image.config.v1+json",
                like.same_of(config.as_bytes()), config.len()),
            "layers": [descriptor("application/vnd.oci.image.layer.v1.tar+gzip",
                like.same_of(&layer), layer.len())],
        });
        let done = http
            .put(format!("{}v2/{repository}/manifests/{tag}", self.url))
            .header("authorization", authorization)
            .header("content-type", kind)
            .body(manifest.to_string())
            .send()
            .await
            .unwrap();
        assert_eq!(done.status(), 201, "{}", done.text().await.unwrap());
    }
}

async fn scanned(client: &RegistryClient) -> Result<Vec<String>, ScanError> {
    let image = client.image("shop/orders", "v1")?;
    let resolved = image.resolve(&Limits::default()).await?;
    let cache = LayerCache::default();
    let inventory = scan::inventory(&Source::Registry(image), &Limits::default(), &cache).await?;
    assert_eq!(inventory.digest, Some(resolved.digest));
    Ok(names(&inventory).into_iter().map(str::to_owned).collect())
}

async fn is_closed_to_all_but(registry: &Registry, password: &str) {
    let client = registry.client(Some(password));
    assert_eq!(scanned(&client).await.unwrap(), ["libssl3"]);
    let all = [Filter::parse("*").unwrap()];
    assert_eq!(client.repositories(&all, 10).await.unwrap(), ["shop/orders"]);
    assert_eq!(client.tags("shop/orders", 10).await.unwrap()[0].name, "v1");
    for wrong in [None, Some("wrong")] {
        let error = scanned(&registry.client(wrong)).await.unwrap_err();
        assert_eq!(error.outcome().text(), "authentication error", "{error}");
        assert!(!error.to_string().contains("wrong"), "{error}");
    }
}

#[tokio::test]
async fn with_a_password() {
    // The hash of `U*U`, from the tests of bcrypt's first implementation.
    let users = "user:$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW\n";
    let auth = "  htpasswd:\n    realm: shop\n    path: DIR/users\n";
    let Some(registry) = Registry::start(auth, &[("users", users)]).await else { return };
    let basic = format!("Basic {}", STANDARD.encode("user:U*U"));
    registry.push("shop/orders", "v1", &basic).await;
    is_closed_to_all_but(&registry, "U*U").await;
    // It knows blobs by SHA-512 too, and manifests that name such, but no such manifests.
    registry.push_named(Digest::Sha512([0; 64]), "shop/orders", "v1", &basic).await;
    assert_eq!(scanned(&registry.client(Some("U*U"))).await.unwrap(), ["libssl3"]);
}

/// Gives tokens as the distribution project specifies them.
struct TokenServer {
    certificate: rcgen::Certificate,
    key: Vec<u8>,
}

impl TokenServer {
    fn new() -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(vec!["tokens.shop".to_owned()]).unwrap();
        Self { certificate: params.self_signed(&key).unwrap(), key: key.serialize_der() }
    }

    /// A token for what stands in a scope: `repository:NAME:ACTIONS`.
    fn token(&self, scope: &str) -> String {
        let access: Vec<_> = scope
            .split(' ')
            .filter_map(|scope| {
                let (kind, rest) = scope.split_once(':')?;
                let (name, actions) = rest.rsplit_once(':')?;
                let actions: Vec<&str> = actions.split(',').collect();
                Some(json!({"type": kind, "name": name, "actions": actions}))
            })
            .collect();
        let header = json!({"typ": "JWT", "alg": "ES256",
            "x5c": [STANDARD.encode(self.certificate.der())]});
        let now =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        let claims = json!({"iss": "shop", "sub": "user", "aud": "registry.shop", "jti": "1",
            "nbf": now - 60, "iat": now - 60, "exp": now + 300, "access": access});
        let text = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header.to_string()),
            URL_SAFE_NO_PAD.encode(claims.to_string())
        );
        let random = SystemRandom::new();
        let key =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &self.key, &random).unwrap();
        let signature = key.sign(&random, text.as_bytes()).unwrap();
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

#[tokio::test]
async fn with_tokens() {
    let tokens = TokenServer::new();
    let certificate = tokens.certificate.pem();
    let push = format!("Bearer {}", tokens.token("repository:shop/orders:pull,push"));
    let server = Wire::start(move |asked| {
        if asked.header("authorization") != format!("Basic {}", STANDARD.encode("user:secret")) {
            return Reply::status(401);
        }
        let query = asked.target.split_once('?').unwrap().1;
        let scope = url::form_urlencoded::parse(query.as_bytes())
            .find(|(name, _)| name == "scope")
            .map(|(_, scope)| scope.into_owned());
        Reply::json(&json!({"token": tokens.token(&scope.unwrap_or_default())}))
    })
    .await;
    let auth = format!(
        "  token:\n    realm: {}token\n    service: registry.shop\n    issuer: shop\n    \
         rootcertbundle: DIR/certificate.pem\n",
        server.url()
    );
    let files = [("certificate.pem", certificate.as_str())];
    let Some(registry) = Registry::start(&auth, &files).await else { return };
    registry.push("shop/orders", "v1", &push).await;
    is_closed_to_all_but(&registry, "secret").await;
}
