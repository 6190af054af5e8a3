//! Decisions of the webhook's own router, in process: 1,000 federated rules
//! that are all evaluated, 10,000 verdicts, images that are admitted.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use bytes::Bytes;
use http_body_util::BodyExt;
use palisade_api::clock::SystemClock;
use palisade_api::kind::{LogId, ObjectKind};
use palisade_api::rest::fed::RestInfo;
use palisade_api::scan::{ImageName, Severity, Verdict, VerdictCve};
use palisade_api::{ClusterId, ClusterName, Epoch, Revision};
use palisade_controller::admission::{Mode, router};
use palisade_controller::federation::{
    Federation, FederationError, JoinWish, Membership, Pending, Standing,
};
use palisade_controller::store::SpoolLimits;
use palisade_controller::{Controller, ControllerConfig};
use palisade_sync::{Item, Position, Replacement, ReplicaStore, SetDigest};
use palisade_tests::ADMIN_PASSWORD;
use prost::Message;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;
use uuid::Uuid;

use crate::figures::{Figures, percentile};

const RULES: u32 = 1_000;
const VERDICTS: usize = 10_000;
const DECISIONS: usize = 20_000;

pub(crate) async fn measure(figures: &mut Figures) -> Result<()> {
    let dir = tempfile::tempdir()?;
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    let config = ControllerConfig {
        data_dir: dir.path().to_path_buf(),
        cluster_name: "measured".to_owned(),
        host_name: "node-1".to_owned(),
        admission_mode: Mode::Protect,
        webhook: RestInfo::default(),
        bootstrap_password: Some(ADMIN_PASSWORD.into()),
        spool: SpoolLimits::default(),
        scan: None,
        is_secret: |_| false,
    };
    let controller =
        Controller::open(config, Arc::new(Member), SystemClock::shared(), &tasks, &stop).await?;
    hold(&controller, LogId::Federation, (0..RULES).map(rule).collect()).await?;
    hold(&controller, LogId::Verdicts, (0..VERDICTS).map(verdict).collect()).await?;
    let webhook = router(controller);

    let refused = decide(&webhook, &review(usize::MAX)).await?;
    ensure!(refused["response"]["allowed"] == false, "the rules are not in force: {refused}");

    let mut samples = Vec::with_capacity(DECISIONS);
    for n in 0..DECISIONS {
        let review = review(n % VERDICTS);
        let begin = Instant::now();
        let answer = decide(&webhook, &review).await?;
        samples.push(begin.elapsed());
        ensure!(answer["response"]["allowed"] == true, "{answer}");
    }
    let p99 = percentile(&mut samples, 0.99);
    figures.add("admission_p99_us", p99.as_secs_f64() * 1e6, "us");

    figures.add("admission_per_s", throughput(&webhook).await?, "decisions/s");
    stop.cancel();
    tasks.close();
    tokio::time::timeout(Duration::from_secs(10), tasks.wait()).await?;
    Ok(())
}

/// Decisions a second with every core at work.
async fn throughput(webhook: &Router) -> Result<f64> {
    let workers = std::thread::available_parallelism()?.get();
    let begin = Instant::now();
    let deciding: Vec<_> = (0..workers)
        .map(|worker| {
            let webhook = webhook.clone();
            tokio::spawn(async move {
                for n in 0..DECISIONS / workers {
                    decide(&webhook, &review((n * workers + worker) % VERDICTS)).await?;
                }
                anyhow::Ok(())
            })
        })
        .collect();
    for worker in deciding {
        worker.await??;
    }
    Ok(DECISIONS as f64 / begin.elapsed().as_secs_f64())
}

async fn decide(webhook: &Router, review: &Bytes) -> Result<Value> {
    let request = Request::post("/v1/validate")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(review.clone()))?;
    let answer = webhook.clone().oneshot(request).await?;
    let body = answer.into_body().collect().await?.to_bytes();
    serde_json::from_slice(&body).with_context(|| String::from_utf8_lossy(&body).into_owned())
}

/// Puts a whole log in force, as a snapshot does.
async fn hold(
    controller: &Controller,
    log: LogId,
    items: Vec<(ObjectKind, String, Vec<u8>)>,
) -> Result<()> {
    let items: Vec<Item> = items
        .into_iter()
        .enumerate()
        .map(|(n, (kind, name, payload))| Item {
            kind: kind.number(),
            name,
            revision: Revision(n as u64 + 1),
            payload: Some(payload.into()),
        })
        .collect();
    let position = Position {
        epoch: Epoch(Uuid::from_u128(7)),
        revision: Revision(items.len() as u64),
        digest: SetDigest::of(&items),
    };
    let errors = controller.replica().replace(log, Replacement { position, items }).await?;
    ensure!(errors.is_empty(), "not put in force: {errors:?}");
    Ok(())
}

/// A deny rule of one of four kinds; only the last one meets one of the images.
fn rule(n: u32) -> (ObjectKind, String, Vec<u8>) {
    let id = 100_001 + n;
    let criterion = match n % 4 {
        _ if n == RULES - 1 => json!({ "name": "cveHighWithFixCount", "op": ">=", "value": "50" }),
        0 => json!({ "name": "image", "op": "containsAny", "value": format!("bad/{n}:*") }),
        1 => {
            json!({ "name": "cveNames", "op": "containsAny", "value": format!("CVE-1999-{n:04}") })
        }
        2 => json!({ "name": "labels", "op": "containsAny", "value": format!("team=nobody-{n}") }),
        _ => json!({ "name": "cveHighCount", "op": ">=", "value": "60" }),
    };
    let rule = json!({ "id": id, "category": "Kubernetes", "cfg_type": "federal",
        "rule_type": "deny", "criteria": [criterion], "containers": ["containers"] });
    (ObjectKind::AdmissionRule, id.to_string(), rule.to_string().into_bytes())
}

fn digest(n: usize) -> String {
    palisade_api::Digest::of(&n.to_le_bytes()).to_oci()
}

/// Twenty CVEs, as an image of some age has; the first image has many more.
fn verdict(n: usize) -> (ObjectKind, String, Vec<u8>) {
    let cves = (0..if n == 0 { 55 } else { 20 })
        .map(|cve| VerdictCve {
            name: format!("CVE-2024-{:04}", (n + cve) % 9_999),
            severity: if n == 0 || cve < 5 { Severity::High } else { Severity::Medium }.into(),
            score: if cve < 5 { 7.5 } else { 5.0 },
            fixed: true,
            published: 1_700_000_000,
        })
        .collect();
    let verdict = Verdict {
        image_digest: digest(n),
        image_id: digest(n),
        names: vec![ImageName {
            registry_name: "fed.measured".to_owned(),
            registry: "https://registry.measured/".to_owned(),
            repository: format!("shop/service-{n}"),
            tag: "v1".to_owned(),
        }],
        base_os: "debian:12".to_owned(),
        cves,
        ..Verdict::default()
    };
    (ObjectKind::Verdict, digest(n), verdict.encode_to_vec())
}

/// A pod of one scanned image; the one that is refused for `usize::MAX`.
fn review(n: usize) -> Bytes {
    // The first image is the refused one: the measured ones go round it.
    let image = if n == usize::MAX { 0 } else { n.max(1) };
    json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {
            "uid": "7c1f1f0a-0000-4000-8000-000000000007",
            "kind": { "group": "", "version": "v1", "kind": "Pod" },
            "resource": { "group": "", "version": "v1", "resource": "pods" },
            "name": "measured", "namespace": "shop", "operation": "CREATE", "dryRun": false,
            "userInfo": { "username": "barista", "groups": ["system:authenticated"] },
            "object": {
                "apiVersion": "v1", "kind": "Pod",
                "metadata": { "name": "measured", "namespace": "shop", "labels": { "team": "shop" } },
                "spec": { "containers": [{ "name": "service",
                    "image": format!("registry.measured/shop/service-{image}:v1") }] }
            },
            "oldObject": null
        }
    })
    .to_string()
    .into()
}

/// A member whose primary is never asked.
#[derive(Debug)]
struct Member;

impl Federation for Member {
    fn membership(&self) -> Option<Membership> {
        Some(Membership {
            cluster_id: ClusterId::from_uuid(Uuid::from_u128(1)),
            name: "measured".to_owned(),
            home: false,
            primary_id: ClusterId::from_uuid(Uuid::from_u128(2)),
            primary_name: "primary".to_owned(),
            primary_address: "127.0.0.1:1".to_owned(),
            standing: Standing::Disconnected,
            no_link_because: None,
            by_proxy: false,
        })
    }

    fn rest_address(&self) -> (String, u16) {
        ("127.0.0.1".to_owned(), 1)
    }

    fn set_rest_address(&self, _server: String, _port: u16) {}

    fn has_proxy(&self) -> bool {
        false
    }

    fn join(&self, _wish: JoinWish, _name: ClusterName) -> Pending<'_, Membership> {
        Box::pin(std::future::ready(Err(unreachable_primary())))
    }

    fn leave(&self, _force: bool) -> Pending<'_, ()> {
        Box::pin(std::future::ready(Err(unreachable_primary())))
    }

    fn report<'a>(&'a self, _image_digest: &'a str) -> Pending<'a, Bytes> {
        Box::pin(std::future::ready(Err(unreachable_primary())))
    }
}

fn unreachable_primary() -> FederationError {
    FederationError {
        code: palisade_api::Code::FedJointUnreachable,
        text: "the benchmark has no primary".to_owned(),
        of_token: false,
    }
}
