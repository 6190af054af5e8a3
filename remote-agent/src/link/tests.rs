//! The link against a primary in the same process: real TLS, real gRPC, real
//! SQLite; what the primary says is the test's to choose.

mod primary;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use base64::Engine as _;
use bytes::Bytes;
use http::Request as HttpRequest;
use http_body_util::BodyExt as _;
use palisade_api::clock::{Clock as _, SystemClock};
use palisade_api::federation::answer_part::Body as Part;
use palisade_api::federation::down::Body as DownBody;
use palisade_api::federation::up::Body as UpBody;
use palisade_api::federation::{Bye, Call, Caller, EventsAck, RoleDomains, Welcome, bye};
use palisade_api::kind::LogId;
use palisade_api::rest::fed::RestInfo;
use palisade_api::sync::{Batch, Frame, Item as WireItem, frame};
use palisade_api::{Code, ObjectKind, Revision};
use palisade_controller::admission::Mode;
use palisade_controller::store::SpoolLimits;
use palisade_controller::{Controller, ControllerConfig, rest};
use palisade_identity::Role;
use palisade_sync::{Item, SetDigest};
use palisade_transport::authority::Authority;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use primary::{Running, TICKET, WITHIN, primary, running, server_certificate};

use super::{LinkConfig, LinkHandle, OwnPart};
use crate::enrol::{self, Applicant, Credential, EnrolError, RestAddress};

struct Agent {
    folder: TempDir,
    handle: Arc<LinkHandle>,
    controller: Controller,
    router: axum::Router,
    stop: CancellationToken,
}

fn applicant() -> Applicant {
    let rest = RestAddress { server: "staging.example".to_owned(), port: 10443 };
    Applicant {
        name: "staging".parse().unwrap(),
        rest,
        roles: Vec::new(),
        cluster_uid: String::new(),
        proxy: None,
        labels: palisade_policy::cluster::ClusterLabels::default(),
    }
}

async fn agent(primary: &Running) -> Agent {
    let folder = tempfile::tempdir().unwrap();
    let clock = SystemClock::shared();
    let applicant = applicant();
    let credential = Credential::read(&primary.token, None).unwrap();
    let identity = enrol::join(&credential, &applicant, &clock).await.unwrap().identity;
    identity.store(folder.path()).unwrap();
    let own = OwnPart {
        data_dir: folder.path().to_owned(),
        roles: Vec::new(),
        labels: palisade_policy::cluster::ClusterLabels::default(),
        cluster_uid: String::new(),
        proxy: None,
        clock: clock.clone(),
    };
    let handle = Arc::new(LinkHandle::new(own, applicant.rest, Some(identity)));
    let stop = CancellationToken::new();
    let controller = Controller::open(
        ControllerConfig {
            data_dir: folder.path().to_owned(),
            cluster_name: "staging".to_owned(),
            host_name: "node-1".to_owned(),
            admission_mode: Mode::Monitor,
            webhook: RestInfo::default(),
            bootstrap_password: Some("a password".into()),
            spool: SpoolLimits::default(),
            scan: None,
            is_secret: |_| false,
        },
        Arc::clone(&handle) as _,
        clock.clone(),
        &TaskTracker::new(),
        &stop,
    )
    .await
    .unwrap();
    let router = rest::router(controller.clone(), axum::Router::new());
    let config = LinkConfig {
        data_dir: folder.path().to_owned(),
        roles: vec!["controller".to_owned()],
        router: router.clone(),
        vulndb: None,
    };
    tokio::spawn(super::run(config, Arc::clone(&handle), controller.clone(), clock, stop.clone()));
    Agent { folder, handle, controller, router, stop }
}

impl Agent {
    async fn get(&self, path: &str) -> serde_json::Value {
        let mut request = HttpRequest::get(path).body(Body::empty()).unwrap();
        request.extensions_mut().insert(palisade_identity::Caller::forwarded("admin", Role::Admin));
        let response = self.router.clone().oneshot(request).await.unwrap();
        assert!(response.status().is_success(), "{path}: {}", response.status());
        let body = response.into_body().collect().await.unwrap().to_bytes();
        serde_json::from_slice(&body).unwrap()
    }
}

fn welcome() -> DownBody {
    DownBody::Welcome(Welcome { primary_name: "primary".to_owned(), ..Welcome::default() })
}

fn batch(base: u64, items: Vec<(ObjectKind, &str, &[u8])>) -> (DownBody, SetDigest) {
    let revision = base + 1;
    let items: Vec<Item> = items
        .into_iter()
        .map(|(kind, name, payload)| Item {
            kind: kind.number(),
            name: name.to_owned(),
            revision: Revision(revision),
            payload: Some(Bytes::copy_from_slice(payload)),
        })
        .collect();
    let digest = SetDigest::of(&items);
    let batch = Batch {
        log: LogId::Federation.number(),
        base,
        revision,
        items: items.into_iter().map(WireItem::from).collect(),
        partial: false,
    };
    (DownBody::Sync(Frame { body: Some(frame::Body::Batch(batch)) }), digest)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_obeys_reports_answers_and_forgets() {
    let mut primary = primary(TICKET).await;
    let agent = agent(&primary).await;
    let mut link = tokio::time::timeout(WITHIN, primary.opened.recv()).await.unwrap().unwrap();
    let UpBody::Hello(hello) = link.next().await else { panic!("not a hello") };
    assert_eq!(hello.positions.len(), LogId::ALL.len());
    assert_eq!((hello.rest_server.as_str(), hello.rest_port), ("staging.example", 10443));
    link.say(welcome()).await;

    // What comes down is acknowledged with its digest once it is stored; what
    // cannot be put in force is named, and the rest is in force.
    let registry = br#"{"name":"fed.shop","registry":"https://registry.shop/"}"#;
    let (frame, digest) = batch(
        0,
        vec![
            (ObjectKind::Registry, "fed.shop", registry),
            (ObjectKind::Registry, "fed.broken", b"not JSON"),
        ],
    );
    link.say(frame).await;
    let (ack, events) = link.ack_and_events().await;
    let position = ack.position.unwrap();
    assert_eq!((position.log, position.revision), (1, 1));
    assert_eq!(position.digest, digest.to_bytes().as_slice());
    assert_eq!(ack.errors.len(), 1);
    assert_eq!(ack.errors[0].name, "fed.broken");
    let registries = agent.get("/v1/scan/registry?scope=fed").await;
    assert_eq!(registries["summarys"][0]["name"], "fed.shop");
    assert_eq!(registries["summarys"].as_array().unwrap().len(), 1);

    // Events go up, that something was applied the first, and count as sent only when
    // acknowledged.
    assert_eq!((events.events.len(), events.events[0].seq), (1, 1));
    agent.controller.note_federation("Federation.Join", "joined").await;
    let UpBody::Events(events) = link.next().await else { panic!("not events") };
    assert_eq!((events.events.len(), events.events[0].seq), (1, 2));
    assert_eq!(agent.controller.store().events_usage().await.unwrap().rows, 2);
    link.say(DownBody::EventsAck(EventsAck { seq: 2 })).await;

    // A forwarded call is answered by the router, with the caller's role here.
    let call = |id, method: &str, path: &str, role: &str| {
        DownBody::Call(Call {
            id,
            method: method.to_owned(),
            path: path.to_owned(),
            caller: Some(Caller {
                name: "ann".to_owned(),
                primary_role: "fedAdmin".to_owned(),
                role: role.to_owned(),
                role_domains: match role {
                    "" => vec![RoleDomains {
                        role: "admin".to_owned(),
                        domains: vec!["shop".to_owned()],
                    }],
                    _ => Vec::new(),
                },
            }),
            deadline_ms: 10_000,
            has_body: method == "PATCH",
            ..Call::default()
        })
    };
    for (id, method, path, role, status) in [
        (1, "GET", "/v1/scan/registry", "reader", 200),
        (2, "PATCH", "/v1/admission/state", "reader", 403),
        (3, "PATCH", "/v1/admission/state", "admin", 200),
        (4, "DELETE", "/v1/scan/registry/fed.shop", "admin", 403),
        (5, "GET", "/healthz", "admin", 400),
        (6, "GET", "/v1/workload", "", 200),
        (7, "PATCH", "/v1/admission/state", "", 403),
    ] {
        link.say(call(id, method, path, role)).await;
        let parts = tokio::time::timeout(WITHIN, primary.answers.lock().await.recv()).await;
        let parts = parts.unwrap().unwrap();
        let [Part::Id(answered), Part::Head(head), ..] = parts.as_slice() else {
            panic!("{path}: {parts:?}")
        };
        assert_eq!((*answered, head.status), (id, status), "{method} {path} as {role}");
    }
    assert_eq!(agent.controller.admission().state().mode, Mode::Protect);
    let report = agent.handle_report("sha256:00").await;
    assert_eq!(report["of"], "sha256:00");

    // Removed: standalone, with nothing of the federation left.
    assert_eq!(agent.get("/v1/fed/member").await["fed_role"], "joint");
    let removed = Bye { reason: bye::Reason::Removed.into(), ..Bye::default() };
    link.say(DownBody::Bye(removed)).await;
    agent.is_standalone().await;
    assert!(!agent.folder.path().join("member.json").exists());
    assert_eq!(agent.controller.store().objects_all(1).await.unwrap(), []);
    primary.stop.cancel();
    agent.stop.cancel();
}

impl Agent {
    /// What `path` answers as soon as that is as it is to be.
    async fn eventually(
        &self,
        path: &str,
        good: impl Fn(&serde_json::Value) -> bool,
    ) -> serde_json::Value {
        tokio::time::timeout(WITHIN, async {
            loop {
                let answer = self.get(path).await;
                if good(&answer) {
                    return answer;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await
        .expect("in time")
    }

    /// Waits until the membership has ended.
    async fn is_standalone(&self) {
        tokio::time::timeout(WITHIN, async {
            while self.handle.identity().is_some() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await
        .expect("in time");
    }

    async fn handle_report(&self, digest: &str) -> serde_json::Value {
        use palisade_controller::federation::Federation as _;
        serde_json::from_slice(&self.handle.report(digest).await.unwrap()).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_link_comes_back_where_it_was_and_a_removed_member_notices_at_the_handshake() {
    let mut primary = primary(TICKET).await;
    let agent = agent(&primary).await;
    let mut link = primary.opened.recv().await.unwrap();
    assert!(matches!(link.next().await, UpBody::Hello(_)));
    link.say(welcome()).await;
    let (frame, _) = batch(0, vec![(ObjectKind::Registry, "fed.a", b"{}")]);
    link.say(frame).await;
    // That it was applied is told.
    link.ack_and_events().await;
    drop(link);

    let mut link = tokio::time::timeout(WITHIN, primary.opened.recv()).await.unwrap().unwrap();
    let UpBody::Hello(hello) = link.next().await else { panic!("not a hello") };
    let position = hello.positions.iter().find(|p| p.log == 1).unwrap();
    assert_eq!(position.revision, 1);
    // What happened meanwhile goes up after the number that the primary names.
    agent.controller.note_federation("one", "").await;
    agent.controller.note_federation("two", "").await;
    link.say(DownBody::Welcome(Welcome { events_seen: 2, ..Welcome::default() })).await;
    let UpBody::Events(events) = link.next().await else { panic!("not events") };
    assert_eq!(events.events.iter().map(|e| e.seq).collect::<Vec<_>>(), [3]);

    let identity = agent.handle.identity().unwrap();
    primary.members.extend(&[identity.membership().cluster_id]);
    drop(link);
    agent.is_standalone().await;
    let events = agent.controller.store().events_list("event", 0, 1).await.unwrap();
    assert_eq!(events[0].event.name, "Federation.Kick");
    agent.stop.cancel();
    primary.stop.cancel();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_that_does_not_know_the_authority_any_more_says_why_it_is_away() {
    let mut primary = primary(TICKET).await;
    let agent = agent(&primary).await;
    let mut link = primary.opened.recv().await.unwrap();
    assert!(matches!(link.next().await, UpBody::Hello(_)));
    link.say(welcome()).await;
    let reason = |member: &serde_json::Value| {
        member["master_cluster"]["status_reason"].as_str().unwrap_or_default().to_owned()
    };
    let member = agent
        .eventually("/v1/fed/member", |member| member["master_cluster"]["status"] == "connected");
    assert_eq!(reason(&member.await), "");

    let successor = server_certificate(&Authority::create(SystemClock.now()).unwrap());
    primary.shown.replace_all(std::slice::from_ref(&successor)).unwrap();
    drop(link);
    let member =
        agent.eventually("/v1/fed/member", |member| reason(member).contains("authority")).await;
    assert!(reason(&member).contains("join again with a new token"), "{member}");
    // Nor is anybody else believed who says that it was removed.
    assert_eq!(member["fed_role"], "joint");
    assert_eq!(member["master_cluster"]["status"], "disconnected");
    // The status tells it from the first failure on, the log tells it once.
    let told = async || {
        let events = agent.controller.store().events_list("event", 0, 50).await.unwrap();
        events.iter().filter(|stored| stored.event.name == "Federation.Link.Failed").count()
    };
    tokio::time::timeout(WITHIN, async {
        while told().await == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .expect("in time");

    primary.shown.replace_all(std::slice::from_ref(&primary.issued)).unwrap();
    let mut link = tokio::time::timeout(WITHIN, primary.opened.recv()).await.unwrap().unwrap();
    assert!(matches!(link.next().await, UpBody::Hello(_)));
    link.say(welcome()).await;
    let member = agent
        .eventually("/v1/fed/member", |member| member["master_cluster"]["status"] == "connected");
    assert_eq!(reason(&member.await), "");
    assert_eq!(told().await, 1);
    agent.stop.cancel();
    primary.stop.cancel();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_configuration_that_the_primary_does_not_keep_is_told() {
    let mut primary = running(TICKET, true).await;
    let agent = agent(&primary).await;
    let mut link = primary.opened.recv().await.unwrap();
    assert!(matches!(link.next().await, UpBody::Hello(_)));
    // It keeps none yet.
    let configuration = Some(Bytes::new());
    link.say(DownBody::Welcome(Welcome { configuration, ..Welcome::default() })).await;
    assert!(matches!(link.next().await, UpBody::Events(_)));
    let events = agent.controller.store().events_list("event", 0, 1).await.unwrap();
    assert_eq!(events[0].event.name, "Agent.Configuration.Refused");
    let detail = String::from_utf8_lossy(&events[0].event.detail);
    assert!(detail.contains("it is too large"), "{detail}");
    agent.stop.cancel();
    primary.stop.cancel();
}

#[tokio::test]
async fn a_refused_join_says_why_in_the_primarys_words() {
    let primary = primary("another ticket").await;
    let credential = Credential::read(&primary.token, None).unwrap();
    let error = enrol::join(&credential, &applicant(), &SystemClock::shared()).await;
    let Err(EnrolError::Refused { code, text, .. }) = error else { panic!("{error:?}") };
    assert_eq!((code, text.as_str()), (Some(Code::FedOperationFailed), "the token is used up"));
    primary.stop.cancel();
}

#[tokio::test]
async fn another_authority_at_the_address_is_refused() {
    let one = primary(TICKET).await;
    let other = primary(TICKET).await;
    let mut here = enrol::read_token(&one.token).unwrap();
    here.authority = enrol::read_token(&other.token).unwrap().authority;
    let json = serde_json::to_string(&here).unwrap();
    let token = base64::engine::general_purpose::STANDARD.encode(json).into();
    let credential = Credential::read(&token, None).unwrap();
    let error = enrol::join(&credential, &applicant(), &SystemClock::shared()).await.unwrap_err();
    assert!(error.to_string().contains("another authority"), "{error}");
    one.stop.cancel();
    other.stop.cancel();
}
