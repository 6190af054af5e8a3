//! The link against a primary in the same process: real TLS, real gRPC, real
//! SQLite; what the primary says is the test's to choose.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use base64::Engine as _;
use bytes::Bytes;
use chrono::TimeDelta;
use futures_util::Stream;
use http::Request as HttpRequest;
use http_body_util::BodyExt as _;
use palisade_api::clock::{Clock as _, SharedClock, SystemClock};
use palisade_api::federation::answer_part::Body as Part;
use palisade_api::federation::down::Body as DownBody;
use palisade_api::federation::enrol_server::{Enrol, EnrolServer};
use palisade_api::federation::link_server::{Link, LinkServer};
use palisade_api::federation::up::Body as UpBody;
use palisade_api::federation::{
    AnswerPart, Bye, Call, CallPart, Caller, ConfigurationPart, Down, EventBatch, EventsAck,
    FetchConfigurationRequest, FetchReportRequest, FetchVulndbRequest, IntroduceRequest,
    IntroduceResponse, JoinRequest, JoinResponse, LeaveRequest, LeaveResponse, RenewRequest,
    RenewResponse, ReportPart, StoreConfigurationResponse, Up, VulndbPart, Welcome, bye,
};
use palisade_api::kind::LogId;
use palisade_api::rest::fed::RestInfo;
use palisade_api::sync::{Ack, Batch, Frame, Item as WireItem, frame};
use palisade_api::{CODE_METADATA, ClusterId, Code, ObjectKind, Revision};
use palisade_controller::admission::Mode;
use palisade_controller::store::SpoolLimits;
use palisade_controller::{Controller, ControllerConfig, rest};
use palisade_identity::Role;
use palisade_sync::{Item, SetDigest};
use palisade_transport::authority::Authority;
use palisade_transport::server::{
    Limits, ListenerCertificate, RemovedMembers, TrustedAuthorities, federation_config, serve,
};
use secrecy::SecretString;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::{Request, Response, Status, Streaming};
use tower::ServiceExt as _;

use super::{LinkConfig, LinkHandle, OwnPart};
use crate::enrol::{self, Applicant, Credential, EnrolError, RestAddress};

const TICKET: &str = "the ticket";
const WITHIN: Duration = Duration::from_secs(20);

type Downs = Pin<Box<dyn Stream<Item = Result<Down, Status>> + Send>>;
type Calls = Pin<Box<dyn Stream<Item = Result<CallPart, Status>> + Send>>;
type Reports = Pin<Box<dyn Stream<Item = Result<ReportPart, Status>> + Send>>;

/// What the agent sends, and where to send to it.
struct Opened {
    up: mpsc::Receiver<UpBody>,
    down: mpsc::Sender<Result<Down, Status>>,
}

impl Opened {
    async fn next(&mut self) -> UpBody {
        tokio::time::timeout(WITHIN, self.up.recv()).await.expect("in time").expect("a message")
    }

    /// What follows on a batch: its ack and the event of it, in either order.
    async fn ack_and_events(&mut self) -> (Ack, EventBatch) {
        match (self.next().await, self.next().await) {
            (UpBody::Ack(ack), UpBody::Events(events))
            | (UpBody::Events(events), UpBody::Ack(ack)) => (ack, events),
            others => panic!("{others:?}"),
        }
    }

    async fn say(&self, body: DownBody) {
        self.down.send(Ok(Down { body: Some(body) })).await.expect("the agent listens");
    }
}

struct Primary {
    authority: Authority,
    opened: mpsc::Sender<Opened>,
    answers: mpsc::Sender<Vec<Part>>,
    clock: SharedClock,
}

#[tonic::async_trait]
impl Enrol for Primary {
    async fn join(&self, request: Request<JoinRequest>) -> Result<Response<JoinResponse>, Status> {
        let request = request.into_inner();
        if request.ticket != TICKET {
            let mut status = Status::permission_denied("the token is used up");
            let code = Code::FedOperationFailed.number().to_string();
            status.metadata_mut().insert(CODE_METADATA, code.parse().unwrap());
            return Err(status);
        }
        let cluster = ClusterId::from_uuid(uuid::Uuid::from_u128(7));
        let issued = self
            .authority
            .sign_member(&request.signing_request, cluster, self.clock.now(), TimeDelta::days(7))
            .unwrap();
        Ok(Response::new(JoinResponse {
            cluster_id: cluster.to_string(),
            certificate_chain: issued.chain.iter().map(|c| Bytes::copy_from_slice(c)).collect(),
            authority: Bytes::copy_from_slice(self.authority.certificate()),
            primary_id: ClusterId::from_uuid(uuid::Uuid::from_u128(1)).to_string(),
            primary_name: "primary".to_owned(),
            home: false,
            ..JoinResponse::default()
        }))
    }

    async fn introduce(
        &self,
        _: Request<IntroduceRequest>,
    ) -> Result<Response<IntroduceResponse>, Status> {
        Err(Status::unimplemented("not in this test"))
    }

    async fn renew(&self, _: Request<RenewRequest>) -> Result<Response<RenewResponse>, Status> {
        Err(Status::unimplemented("not in this test"))
    }

    async fn leave(&self, _: Request<LeaveRequest>) -> Result<Response<LeaveResponse>, Status> {
        Ok(Response::new(LeaveResponse {}))
    }
}

#[tonic::async_trait]
impl Link for Primary {
    type OpenStream = Downs;
    type AnswerStream = Calls;
    type FetchReportStream = Reports;
    type FetchVulndbStream = tokio_stream::Empty<Result<VulndbPart, Status>>;
    type FetchConfigurationStream = tokio_stream::Empty<Result<ConfigurationPart, Status>>;

    async fn open(&self, request: Request<Streaming<Up>>) -> Result<Response<Downs>, Status> {
        let (up_sender, up) = mpsc::channel(64);
        let (down, down_queue) = mpsc::channel(64);
        let mut messages = request.into_inner();
        tokio::spawn(async move {
            while let Ok(Some(message)) = messages.message().await {
                if up_sender.send(message.body.unwrap()).await.is_err() {
                    return;
                }
            }
        });
        self.opened.send(Opened { up, down }).await.unwrap();
        Ok(Response::new(Box::pin(ReceiverStream::new(down_queue))))
    }

    async fn answer(
        &self,
        request: Request<Streaming<AnswerPart>>,
    ) -> Result<Response<Calls>, Status> {
        let mut parts = request.into_inner();
        let answers = self.answers.clone();
        let (sender, queue) = mpsc::channel(4);
        tokio::spawn(async move {
            let mut all = Vec::new();
            // The body that the test's POST carries.
            let _ = sender.send(Ok(CallPart { chunk: "{\"state\":".into() })).await;
            let _ = sender.send(Ok(CallPart { chunk: "{\"mode\":\"protect\"}}".into() })).await;
            let _ = sender.send(Ok(CallPart { chunk: Bytes::new() })).await;
            while let Ok(Some(part)) = parts.message().await {
                all.push(part.body.unwrap());
            }
            answers.send(all).await.unwrap();
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(queue))))
    }

    async fn fetch_report(
        &self,
        request: Request<FetchReportRequest>,
    ) -> Result<Response<Reports>, Status> {
        let json =
            format!("{{\"vulnerabilities\":[],\"of\":{:?}}}", request.into_inner().image_digest);
        let compressed = zstd::encode_all(json.as_bytes(), 1).unwrap();
        let parts: Vec<_> = compressed
            .chunks(7)
            .map(|chunk| Ok(ReportPart { chunk: Bytes::copy_from_slice(chunk) }))
            .collect();
        Ok(Response::new(Box::pin(tokio_stream::iter(parts))))
    }

    async fn fetch_vulndb(
        &self,
        _: Request<FetchVulndbRequest>,
    ) -> Result<Response<Self::FetchVulndbStream>, Status> {
        Err(Status::unimplemented("not in this test"))
    }

    async fn store_configuration(
        &self,
        _: Request<Streaming<ConfigurationPart>>,
    ) -> Result<Response<StoreConfigurationResponse>, Status> {
        Err(Status::unimplemented("not in this test"))
    }

    async fn fetch_configuration(
        &self,
        _: Request<FetchConfigurationRequest>,
    ) -> Result<Response<Self::FetchConfigurationStream>, Status> {
        Err(Status::unimplemented("not in this test"))
    }
}

struct Running {
    token: SecretString,
    opened: mpsc::Receiver<Opened>,
    answers: Mutex<mpsc::Receiver<Vec<Part>>>,
    members: Arc<RemovedMembers>,
    stop: CancellationToken,
}

async fn primary(ticket: &str) -> Running {
    let clock = SystemClock::shared();
    let authority = Authority::create(clock.now()).unwrap();
    let names = ["localhost".to_owned()];
    let certificate =
        authority.issue_server(&names, SystemClock.now(), TimeDelta::days(1)).unwrap();
    let members = Arc::new(RemovedMembers::default());
    let tls = federation_config(
        TrustedAuthorities::new(std::slice::from_ref(authority.certificate())).unwrap(),
        ListenerCertificate::issued(&certificate).unwrap(),
        Arc::clone(&members) as _,
    )
    .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let json = serde_json::json!({
        "s": "127.0.0.1", "p": listener.local_addr().unwrap().port(), "t": ticket,
        "f": authority.fingerprint(),
    });
    let token = base64::engine::general_purpose::STANDARD.encode(json.to_string()).into();
    let (opened_sender, opened) = mpsc::channel(4);
    let (answers_sender, answers) = mpsc::channel(4);
    let primary =
        Arc::new(Primary { authority, opened: opened_sender, answers: answers_sender, clock });
    let routes = tonic::service::Routes::new(EnrolServer::from_arc(Arc::clone(&primary)))
        .add_service(LinkServer::from_arc(primary))
        .into_axum_router();
    let stop = CancellationToken::new();
    tokio::spawn(serve(listener, tls, routes, Limits::FEDERATION, stop.clone()));
    Running { token, opened, answers: Mutex::new(answers), members, stop }
}

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
    assert!(matches!(link.next().await, UpBody::Ack(_)));
    // That it was applied is told.
    assert!(matches!(link.next().await, UpBody::Events(_)));
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
