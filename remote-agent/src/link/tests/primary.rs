//! The primary of these tests: its TLS and gRPC are those of the real one; what it
//! says is each test's to choose.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use base64::Engine as _;
use bytes::Bytes;
use chrono::TimeDelta;
use futures_util::Stream;
use palisade_api::clock::{Clock as _, SharedClock, SystemClock};
use palisade_api::federation::answer_part::Body as Part;
use palisade_api::federation::down::Body as DownBody;
use palisade_api::federation::enrol_server::{Enrol, EnrolServer};
use palisade_api::federation::link_server::{Link, LinkServer};
use palisade_api::federation::up::Body as UpBody;
use palisade_api::federation::{
    AnswerPart, CallPart, ConfigurationPart, Down, EventBatch, FetchConfigurationRequest,
    FetchReportRequest, FetchVulndbRequest, IntroduceRequest, IntroduceResponse, JoinRequest,
    JoinResponse, LeaveRequest, LeaveResponse, RenewRequest, RenewResponse, ReportPart,
    RevokedRequest, RevokedResponse, StoreConfigurationResponse, Up, VulndbPart,
};
use palisade_api::sync::Ack;
use palisade_api::{CODE_METADATA, ClusterId, Code};
use palisade_transport::authority::{Authority, ServerCertificate};
use palisade_transport::server::{
    Limits, ListenerCertificate, RemovedMembers, TrustedAuthorities, federation_config, serve,
};
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};

pub(super) const TICKET: &str = "the ticket";
pub(super) const WITHIN: Duration = Duration::from_mins(1);

type Downs = Pin<Box<dyn Stream<Item = Result<Down, Status>> + Send>>;
type Calls = Pin<Box<dyn Stream<Item = Result<CallPart, Status>> + Send>>;
type Reports = Pin<Box<dyn Stream<Item = Result<ReportPart, Status>> + Send>>;

/// What the agent sends, and where to send to it.
pub(super) struct Opened {
    pub(super) up: mpsc::Receiver<UpBody>,
    pub(super) down: mpsc::Sender<Result<Down, Status>>,
}

impl Opened {
    pub(super) async fn next(&mut self) -> UpBody {
        tokio::time::timeout(WITHIN, self.up.recv()).await.expect("in time").expect("a message")
    }

    /// What follows on a batch: its ack and the event of it, in either order.
    pub(super) async fn ack_and_events(&mut self) -> (Ack, EventBatch) {
        match (self.next().await, self.next().await) {
            (UpBody::Ack(ack), UpBody::Events(events))
            | (UpBody::Events(events), UpBody::Ack(ack)) => (ack, events),
            others => panic!("{others:?}"),
        }
    }

    pub(super) async fn say(&self, body: DownBody) {
        self.down.send(Ok(Down { body: Some(body) })).await.expect("the agent listens");
    }
}

struct Primary {
    authority: Authority,
    /// Serial number of the member's certificate.
    serial: OnceLock<String>,
    opened: mpsc::Sender<Opened>,
    answers: mpsc::Sender<Vec<Part>>,
    clock: SharedClock,
    /// Whether it takes no configuration, or knows of none.
    refuses_configurations: bool,
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
        self.serial.get_or_init(|| issued.serial.clone());
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

    /// A list that names the member, of an authority that is not the member's.
    async fn revoked(
        &self,
        _: Request<RevokedRequest>,
    ) -> Result<Response<RevokedResponse>, Status> {
        let serials: Vec<String> = self.serial.get().cloned().into_iter().collect();
        let now = self.clock.now();
        let list = Authority::create(now).unwrap().revoke(&serials, now).unwrap();
        Ok(Response::new(RevokedResponse { list: list.into() }))
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
        if self.refuses_configurations {
            return Err(Status::invalid_argument("it is too large"));
        }
        Err(Status::unimplemented("not in this test"))
    }

    async fn fetch_configuration(
        &self,
        _: Request<FetchConfigurationRequest>,
    ) -> Result<Response<Self::FetchConfigurationStream>, Status> {
        Err(Status::unimplemented("not in this test"))
    }
}

/// A primary that listens.
pub(super) struct Running {
    pub(super) token: SecretString,
    pub(super) opened: mpsc::Receiver<Opened>,
    pub(super) answers: Mutex<mpsc::Receiver<Vec<Part>>>,
    pub(super) members: Arc<RemovedMembers>,
    /// What it shows, and what that was at first.
    pub(super) shown: ListenerCertificate,
    pub(super) issued: ServerCertificate,
    pub(super) stop: CancellationToken,
}

pub(super) async fn primary(ticket: &str) -> Running {
    running(ticket, false).await
}

pub(super) async fn running(ticket: &str, refuses_configurations: bool) -> Running {
    let clock = SystemClock::shared();
    let authority = Authority::create(clock.now()).unwrap();
    let issued = server_certificate(&authority);
    let shown = ListenerCertificate::issued(&issued).unwrap();
    let members = Arc::new(RemovedMembers::default());
    let tls = federation_config(
        TrustedAuthorities::new(std::slice::from_ref(authority.certificate())).unwrap(),
        shown.clone(),
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
    let primary = Arc::new(Primary {
        authority,
        serial: OnceLock::new(),
        opened: opened_sender,
        answers: answers_sender,
        clock,
        refuses_configurations,
    });
    let routes = tonic::service::Routes::new(EnrolServer::from_arc(Arc::clone(&primary)))
        .add_service(LinkServer::from_arc(primary))
        .into_axum_router();
    let stop = CancellationToken::new();
    tokio::spawn(serve(listener, tls, routes, Limits::FEDERATION, stop.clone()));
    Running { token, opened, answers: Mutex::new(answers), members, shown, issued, stop }
}

pub(super) fn server_certificate(authority: &Authority) -> ServerCertificate {
    let names = ["localhost".to_owned()];
    authority.issue_server(&names, SystemClock.now(), TimeDelta::days(1)).unwrap()
}
