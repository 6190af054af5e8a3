//! The webhook as an API server meets it: over TLS, with the authority that
//! the agent writes for it.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use palisade_api::clock::SystemClock;
use palisade_api::kind::LogId;
use palisade_api::rest::event::{category, name};
use palisade_api::rest::fed::RestInfo;
use palisade_api::scan::{ImageName, Severity, Verdict, VerdictCve};
use palisade_api::{ObjectKind, Revision};
use palisade_controller::admission::Mode;
use palisade_controller::store::SpoolLimits;
use palisade_controller::{Controller, ControllerConfig, admission};
use palisade_sync::{Change, Item, ReplicaStore as _};
use palisade_transport::identity::MemberIdentity;
use palisade_transport::server::{Limits, public_config, serve};
use prost::Message as _;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::enrol::RestAddress;
use crate::link::{LinkHandle, OwnPart};
use crate::tls::{CA_FILE, ListenerTls};

const DIGEST: &str = "sha256:1111111111111111111111111111111111111111111111111111111111111111";

struct Webhook {
    controller: Controller,
    client: reqwest::Client,
    address: SocketAddr,
    stop: CancellationToken,
    tasks: TaskTracker,
}

async fn webhook(folder: &TempDir) -> Webhook {
    palisade_transport::install_crypto_provider();
    let clock = SystemClock::shared();
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let tls = ListenerTls::open(None, folder.path(), names, clock.clone()).unwrap();
    // A member: a standalone cluster would drop what is federated.
    let identity = MemberIdentity::load(folder.path()).unwrap().or_else(|| Some(identity()));
    let own = OwnPart {
        data_dir: folder.path().to_owned(),
        roles: Vec::new(),
        labels: palisade_policy::cluster::ClusterLabels::default(),
        cluster_uid: String::new(),
        proxy: None,
        clock: clock.clone(),
    };
    let handle = LinkHandle::new(own, RestAddress::default(), identity);
    let config = ControllerConfig {
        data_dir: folder.path().to_owned(),
        cluster_name: "staging".to_owned(),
        host_name: "node-1".to_owned(),
        admission_mode: Mode::Protect,
        webhook: RestInfo::default(),
        bootstrap_password: Some("a password".into()),
        spool: SpoolLimits::default(),
        scan: None,
        is_secret: |_| false,
    };
    let controller =
        Controller::open(config, Arc::new(handle), clock, &tasks, &stop).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = public_config(tls.certificate()).unwrap();
    let router = admission::router(controller.clone());
    tasks.spawn(serve(listener, server, router, Limits::PUBLIC, stop.clone()));
    let authority = std::fs::read(folder.path().join(CA_FILE)).unwrap();
    let client = reqwest::Client::builder()
        .tls_certs_only([reqwest::Certificate::from_pem(&authority).unwrap()])
        .build()
        .unwrap();
    Webhook { controller, client, address, stop, tasks }
}

fn identity() -> MemberIdentity {
    use palisade_api::clock::Clock as _;
    use palisade_transport::authority::Authority;
    use palisade_transport::identity::{Membership, SigningRequest};
    let now = SystemClock.now();
    let authority = Authority::create(now).unwrap();
    let request = SigningRequest::generate().unwrap();
    let cluster_id = "0123456789abcdef0123456789abcdef".parse().unwrap();
    let week = chrono::TimeDelta::days(7);
    let issued = authority.sign_member(request.der(), cluster_id, now, week).unwrap();
    let membership = Membership {
        cluster_id,
        name: "staging".to_owned(),
        home: false,
        primary_id: cluster_id,
        primary_name: "primary".to_owned(),
        primary_address: "127.0.0.1:1".to_owned(),
        former_addresses: Vec::new(),
        announced_address: None,
        authorities: vec![authority.certificate().clone()],
    };
    request.certified(issued.chain, membership).unwrap()
}

impl Webhook {
    async fn post(&self, content_type: &str, path: &str, body: Vec<u8>) -> (StatusCode, Bytes) {
        let url = format!("https://localhost:{}{path}", self.address.port());
        let request = self.client.post(url).header("content-type", content_type).body(body);
        let response = request.send().await.unwrap();
        (response.status(), response.bytes().await.unwrap())
    }

    async fn review(&self, review: &Value) -> Value {
        let body = serde_json::to_vec(review).unwrap();
        let (status, body) = self.post("application/json", "/v1/validate?timeout=30s", body).await;
        assert_eq!(status, StatusCode::OK);
        serde_json::from_slice(&body).unwrap()
    }

    async fn apply(&self, log: LogId, base: u64, kind: ObjectKind, name: &str, payload: Vec<u8>) {
        let revision = Revision(base + 1);
        let item = Item {
            kind: kind.number(),
            name: name.to_owned(),
            revision,
            payload: Some(payload.into()),
        };
        let change = Change { base: Revision(base), revision, items: vec![item] };
        let applied = self.controller.replica().apply(log, vec![change]).await.unwrap();
        assert_eq!(applied.errors, [], "{name}");
    }

    async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.controller.store().close().await;
    }
}

fn deny_rule() -> Vec<u8> {
    let rule = json!({
        "id": 100_001, "category": "Kubernetes", "cfg_type": "federal", "rule_type": "deny",
        "criteria": [{"name": "cveHighWithFixCount", "op": ">=", "value": "2"}],
        "containers": ["containers", "init_containers", "ephemeral_containers"],
    });
    serde_json::to_vec(&rule).unwrap()
}

fn verdict() -> Vec<u8> {
    let cve = |name: &str| VerdictCve {
        name: name.to_owned(),
        severity: Severity::High.into(),
        score: 8.1,
        fixed: true,
        published: 1_700_000_000,
    };
    Verdict {
        image_digest: DIGEST.to_owned(),
        names: vec![ImageName {
            registry_name: "fed.shop".to_owned(),
            registry: "http://registry.shop:5000/".to_owned(),
            repository: "orders".to_owned(),
            tag: "v1".to_owned(),
        }],
        base_os: "debian:12".to_owned(),
        cves: vec![cve("CVE-2024-0001"), cve("CVE-2024-0002")],
        ..Verdict::default()
    }
    .encode_to_vec()
}

fn pod(image: &str, api_version: &str) -> Value {
    json!({
        "apiVersion": api_version,
        "kind": "AdmissionReview",
        "request": {
            "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
            "kind": {"group": "", "version": "v1", "kind": "Pod"},
            "resource": {"group": "", "version": "v1", "resource": "pods"},
            "name": "orders", "namespace": "shop", "operation": "CREATE",
            "userInfo": {"username": "alice", "groups": ["developers"]},
            "object": {
                "metadata": {"name": "orders"},
                "spec": {"containers": [{"name": "orders", "image": image}]},
            },
            "oldObject": null, "dryRun": false,
        },
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_denial_names_rule_and_cves_and_is_on_disk_before_the_answer() {
    let folder = tempfile::tempdir().unwrap();
    let webhook = webhook(&folder).await;
    webhook.apply(LogId::Federation, 0, ObjectKind::AdmissionRule, "100001", deny_rule()).await;
    webhook.apply(LogId::Verdicts, 0, ObjectKind::Verdict, DIGEST, verdict()).await;
    for api_version in ["admission.k8s.io/v1", "admission.k8s.io/v1beta1"] {
        let answer = webhook.review(&pod("registry.shop:5000/orders:v1", api_version)).await;
        assert_eq!(answer["apiVersion"], api_version);
        assert_eq!(answer["kind"], "AdmissionReview");
        assert_eq!(answer["response"]["uid"], "705ab4f5-6393-11e8-b7cc-42010a800002");
        assert_eq!(answer["response"]["allowed"], false);
        let message = answer["response"]["status"]["message"].as_str().unwrap();
        for part in ["100001", "CVE-2024-0001", "CVE-2024-0002"] {
            assert!(message.contains(part), "{part} is not in {message}");
        }
    }
    let audits = webhook.controller.store().events_list(category::AUDIT, 0, 10).await.unwrap();
    assert_eq!(audits.len(), 2);
    let audit: Value = serde_json::from_slice(&audits[0].event.detail).unwrap();
    assert_eq!(audit["name"], name::ADMISSION_DENIED);
    assert_eq!(audit["level"], "Critical");
    assert_eq!(audit["high_vul_cnt"], 2);
    assert_eq!(audit["registry"], "http://registry.shop:5000/");
    assert_eq!(
        (audit["workload_domain"].as_str(), audit["user"].as_str()),
        (Some("shop"), Some("alice"))
    );

    // Another tag was never scanned, and a rule about CVEs does not meet it.
    let answer = webhook.review(&pod("registry.shop:5000/orders:v2", "admission.k8s.io/v1")).await;
    assert_eq!(answer["response"]["allowed"], true);

    // In monitor mode the same is admitted and recorded.
    webhook.controller.admission().change(None, Some(Mode::Monitor)).await.unwrap();
    let answer = webhook.review(&pod("registry.shop:5000/orders:v1", "admission.k8s.io/v1")).await;
    assert_eq!(answer["response"]["allowed"], true);
    let audits = webhook.controller.store().events_list(category::AUDIT, 0, 1).await.unwrap();
    assert_eq!(audits[0].event.name, name::ADMISSION_VIOLATION);
    assert_eq!(webhook.controller.admission().stats().read(), [2, 2, 0, 0, 0]);

    // Off: everything is admitted.
    webhook.controller.admission().change(Some(false), None).await.unwrap();
    let answer = webhook.review(&pod("registry.shop:5000/orders:v1", "admission.k8s.io/v1")).await;
    assert_eq!(answer["response"]["allowed"], true);
    webhook.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_restart_it_decides_as_before_without_a_primary() {
    let folder = tempfile::tempdir().unwrap();
    let first = webhook(&folder).await;
    first.apply(LogId::Federation, 0, ObjectKind::AdmissionRule, "100001", deny_rule()).await;
    first.apply(LogId::Verdicts, 0, ObjectKind::Verdict, DIGEST, verdict()).await;
    first.stop().await;

    let again = webhook(&folder).await;
    let by_digest = format!("registry.shop:5000/orders@{DIGEST}");
    for image in ["registry.shop:5000/orders:v1", by_digest.as_str()] {
        let answer = again.review(&pod(image, "admission.k8s.io/v1")).await;
        assert_eq!(answer["response"]["allowed"], false, "{image}");
    }
    again.controller.federation_forget().await.unwrap();
    let answer = again.review(&pod("registry.shop:5000/orders:v1", "admission.k8s.io/v1")).await;
    assert_eq!(answer["response"]["allowed"], true);
    again.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_review_is_refused_with_its_status() {
    let folder = tempfile::tempdir().unwrap();
    let webhook = webhook(&folder).await;
    let review = serde_json::to_vec(&pod("a", "admission.k8s.io/v1")).unwrap();
    let other_version = serde_json::to_vec(&pod("a", "admission.k8s.io/v2")).unwrap();
    for (content_type, path, body, status) in [
        ("application/json", "/v1/validate", review.clone(), 200),
        ("application/json; charset=utf-8", "/v1/validate/abc", review.clone(), 200),
        ("text/plain", "/v1/validate", review.clone(), 415),
        ("application/json", "/v1/validate", b"{".to_vec(), 400),
        ("application/json", "/v1/validate", b"null".to_vec(), 400),
        ("application/json", "/v1/validate", other_version, 400),
        ("application/json", "/v1/validate", b"[".repeat(100_000), 400),
        ("application/json", "/v1/validate", vec![b' '; 9 << 20], 413),
        ("application/json", "/v1/other", review, 501),
    ] {
        let (answered, text) = webhook.post(content_type, path, body).await;
        assert_eq!(answered.as_u16(), status, "{content_type} {path}: {text:?}");
    }
    assert_eq!(webhook.controller.admission().stats().read()[2], 6);
    webhook.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recorded_requests_of_a_real_api_server_are_answered() {
    let recorded =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/fixtures/kubernetes/admission-review");
    let Ok(files) = std::fs::read_dir(recorded) else {
        eprintln!("skipped: ../shared/fixtures/kubernetes/admission-review is not there");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let webhook = webhook(&folder).await;
    let rule = json!({
        "id": 100_002, "category": "Kubernetes", "cfg_type": "federal", "rule_type": "deny",
        "criteria": [{"name": "runAsPrivileged", "op": "=", "value": "true"}],
    });
    let rule = serde_json::to_vec(&rule).unwrap();
    webhook.apply(LogId::Federation, 0, ObjectKind::AdmissionRule, "100002", rule).await;
    let mut denied = Vec::new();
    let mut answered = 0;
    for file in files {
        let path = file.unwrap().path();
        let review: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let answer = webhook.review(&review).await;
        assert_eq!(answer["apiVersion"], review["apiVersion"]);
        assert_eq!(answer["response"]["uid"], review["request"]["uid"]);
        if answer["response"]["allowed"] == false {
            denied.push(path.file_stem().unwrap().to_string_lossy().into_owned());
        }
        answered += 1;
    }
    assert!(answered > 40, "{answered}");
    denied.sort();
    // Those that start a privileged container; a privileged debug container is
    // of another kind than the rule is about, and deletions are let through.
    assert_eq!(
        denied,
        [
            "deployment-create",
            "deployment-update-image",
            "pod-create-by-replicaset-controller",
            "pod-create-privileged-hostpath-hostns",
            "replicaset-create-by-deployment-controller",
            "replicaset-update-by-deployment-controller",
        ]
    );
    webhook.stop().await;
}
