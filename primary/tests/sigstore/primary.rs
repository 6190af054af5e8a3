//! A primary in this process that scans, and a client of its REST API.

use std::process::Command;
use std::sync::Arc;

use axum::body::Body;
use chrono::Utc;
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use palisade_api::clock::ManualClock;
use palisade_primary::App;
use palisade_primary::config::{Config, ConfigArgs};
use palisade_primary::http::router;
use palisade_primary::shutdown::Shutdown;
use palisade_primary::store::{Opened, migrate};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt as _;

const PASSWORD: &str = "correct horse battery";

pub(crate) struct Primary {
    pub(crate) app: App,
    opened: Opened,
    token: String,
    _dir: TempDir,
}

impl Primary {
    /// A primary that is head of a federation.
    pub(crate) async fn start() -> Self {
        palisade_transport::install_crypto_provider();
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
        let fixed = json!({"status": "resolved", "fixed_version": "3.0.11-1"});
        let tracker =
            json!({"openssl": {"CVE-2023-5363": {"releases": {"bookworm": fixed}}}}).to_string();
        std::fs::write(path("tracker.json"), tracker).unwrap();
        let built = Command::new(env!("CARGO_BIN_EXE_palisade-primary"))
            .args(["vulndb", "build", "--source", &format!("debian={}", path("tracker.json"))])
            .args(["--out", &path("vulndb")])
            .output()
            .unwrap();
        assert!(built.status.success(), "{built:?}");
        let args = ConfigArgs {
            data_dir: Some(path("data")),
            federation_address: Some("127.0.0.1:1".to_owned()),
            vulndb: Some(path("vulndb")),
            ..ConfigArgs::default()
        };
        let mut config = Config::read(&args).unwrap();
        config.postgres_fsync = false;
        config.bootstrap_password = Some(PASSWORD.into());
        let opened = Opened::serving(&config).await.unwrap();
        migrate::run(&opened.database).await.unwrap();
        let database = opened.database.clone();
        let clock = ManualClock::new(Utc::now());
        let app = App::open(Arc::new(config), database, clock, Shutdown::new()).await.unwrap();
        app.registries.start(&app.shutdown);
        let mut primary = Self { app, opened, token: String::new(), _dir: dir };
        primary.sign_in().await;
        primary.ok("POST", "/v1/fed/promote", &json!({"name": "shop"})).await;
        // The promotion ends all sessions.
        primary.token.clear();
        primary.sign_in().await;
        primary
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
        let mut request = Request::builder().method(method).uri(path);
        if !self.token.is_empty() {
            request = request.header("X-Auth-Token", &self.token);
        }
        let request = request.body(body).unwrap();
        let answer = router(self.app.clone()).oneshot(request).await.unwrap();
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
