//! A primary in this process that scans, and a client of its REST API.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use chrono::Utc;
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use palisade_api::clock::ManualClock;
use palisade_primary::App;
use palisade_primary::config::{Config, ConfigArgs};
use palisade_primary::http::router;
use palisade_primary::shutdown::Shutdown;
use palisade_primary::store::Opened;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt as _;

use crate::prepared;

const PASSWORD: &str = "correct horse battery";

pub(crate) struct Primary {
    pub(crate) app: App,
    pub(crate) clock: Arc<ManualClock>,
    opened: Opened,
    token: String,
    dir: TempDir,
}

impl Primary {
    /// A primary that is head of a federation.
    pub(crate) async fn start() -> Self {
        palisade_transport::install_crypto_provider();
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
        build_database(dir.path(), &["CVE-2023-5363"]);
        let args = ConfigArgs {
            data_dir: Some(path("data")),
            federation_address: Some("127.0.0.1:1".to_owned()),
            vulndb: Some(path("vulndb")),
            ..ConfigArgs::default()
        };
        let mut config = Config::read(None, &args).unwrap();
        config.postgres_fsync = false;
        config.bootstrap_password = Some(PASSWORD.into());
        prepared::put_into(&config.data_dir).await;
        let opened = Opened::serving(&config).await.unwrap();
        prepared::renew_ids(&opened.database).await;
        let database = opened.database.clone();
        let clock = ManualClock::new(Utc::now());
        let app = App::open(Arc::new(config), database, clock.clone(), Shutdown::new());
        let app = app.await.unwrap();
        app.registries.start(&app.shutdown);
        let mut primary = Self { app, clock, opened, token: String::new(), dir };
        primary.sign_in().await;
        primary.ok("POST", "/v1/fed/promote", &json!({"name": "shop"})).await;
        // The promotion ends all sessions.
        primary.token.clear();
        primary.sign_in().await;
        primary
    }

    /// Replaces the vulnerability database: these are what openssl has before
    /// 3.0.11.
    pub(crate) fn replace_database(&self, names: &[&str]) {
        build_database(self.dir.path(), names);
    }

    /// Adds the registry `fed.shop`, with further settings.
    pub(crate) async fn add_registry(&self, url: &str, settings: &Value) {
        let mut config = json!({"name": "fed.shop", "registry_type": "Docker Registry",
            "registry": url, "filters": ["*"], "cfg_type": "federal"});
        for (name, value) in settings.as_object().unwrap() {
            config[name] = value.clone();
        }
        self.ok("POST", "/v1/scan/registry", &json!({"config": config})).await;
    }

    /// Scans `fed.shop` and waits until so many images are finished and
    /// nothing is left to do.
    pub(crate) async fn scan(&self, images: usize) {
        self.ok("POST", "/v1/scan/registry/fed.shop/scan", &Value::Null).await;
        self.settled(images).await;
    }

    /// Waits until `fed.shop` has so many finished images and nothing is left
    /// to do.
    pub(crate) async fn settled(&self, images: usize) {
        until(&format!("{images} images are finished"), || async {
            let answer = self.get("/v1/scan/registry/fed.shop").await;
            let summary = &answer["summary"];
            (summary["status"] == "idle" && summary["scanned"] == images).then_some(())
        })
        .await;
    }

    /// The names of what was found in the first image that the query gives.
    pub(crate) async fn found(&self, query: &str) -> Vec<String> {
        self.found_if_there(query).await.unwrap_or_default()
    }

    /// The same; none where there is no image, or it is gone as soon as it was
    /// listed.
    pub(crate) async fn found_if_there(&self, query: &str) -> Option<Vec<String>> {
        let images = self.get(&format!("/v1/scan/registry/fed.shop/images?{query}")).await;
        let id = images["images"][0]["image_id"].as_str()?;
        let path = format!("/v1/scan/registry/fed.shop/image/{id}");
        let (status, report) = self.call("GET", &path, &Value::Null).await;
        if status == StatusCode::NOT_FOUND {
            return None;
        }
        assert_eq!(status, StatusCode::OK, "{path}: {report}");
        let found = report["report"]["vulnerabilities"].as_array().unwrap().iter();
        let mut names: Vec<String> =
            found.map(|one| one["name"].as_str().unwrap().to_owned()).collect();
        names.sort();
        Some(names)
    }

    /// Signs in again, after a time that ended the session.
    pub(crate) async fn sign_in_anew(&mut self) {
        self.token.clear();
        self.sign_in().await;
    }

    async fn sign_in(&mut self) {
        let login = json!({"password": {"username": "admin", "password": PASSWORD}});
        let answer = self.ok("POST", "/v1/auth", &login).await;
        answer["token"]["token"].as_str().unwrap().clone_into(&mut self.token);
    }

    pub(crate) async fn stop(self) {
        self.app.shutdown.request();
        assert!(self.app.shutdown.drained(std::time::Duration::from_secs(20)).await);
        self.opened.close().await;
    }

    pub(crate) async fn call(&self, method: &str, path: &str, body: &Value) -> (StatusCode, Value) {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let mut request = Request::builder().method(method).uri(path).header("Host", "primary");
        if !self.token.is_empty() {
            request = request.header("X-Auth-Token", &self.token);
        }
        let request = request.body(body).unwrap();
        let answer = router(self.app.clone()).unwrap().oneshot(request).await.unwrap();
        let status = answer.status();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        let value =
            if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
        (status, value)
    }

    pub(crate) async fn ok(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, answer) = self.call(method, path, body).await;
        assert_eq!(status, StatusCode::OK, "{method} {path}: {answer}");
        answer
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.ok("GET", path, &Value::Null).await
    }

    /// Status and code of what must be refused.
    pub(crate) async fn refused(&self, method: &str, path: &str, body: Value) -> (u16, u64) {
        let (status, answer) = self.call(method, path, &body).await;
        (status.as_u16(), answer["code"].as_u64().unwrap_or_else(|| panic!("{path}: {answer}")))
    }
}

/// Waits until `look` gives something.
pub(crate) async fn until<T, F: Future<Output = Option<T>>>(what: &str, look: impl Fn() -> F) -> T {
    for _ in 0..600 {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("waited in vain: {what}");
}

/// Builds the database that tells of these in openssl before 3.0.11.
fn build_database(dir: &Path, names: &[&str]) {
    let fixed = json!({"status": "resolved", "fixed_version": "3.0.11-1"});
    let of_openssl: serde_json::Map<String, Value> = names
        .iter()
        .map(|name| ((*name).to_owned(), json!({"releases": {"bookworm": fixed}})))
        .collect();
    let tracker = dir.join("tracker.json");
    std::fs::write(&tracker, json!({"openssl": of_openssl}).to_string()).unwrap();
    let built = Command::new(env!("CARGO_BIN_EXE_palisade-primary"))
        .args(["vulndb", "build", "--source", &format!("debian={}", tracker.display())])
        .arg("--out")
        .arg(dir.join("vulndb"))
        .output()
        .unwrap();
    assert!(built.status.success(), "{built:?}");
}
