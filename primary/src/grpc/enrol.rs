//! `Enrol`: joining, renewing certificates, leaving.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use palisade_api::federation::enrol_server::Enrol;
use palisade_api::federation::{
    IntroduceRequest, IntroduceResponse, JoinRequest, JoinResponse, LeaveRequest, LeaveResponse,
    RenewRequest, RenewResponse, RevokedRequest, RevokedResponse,
};
use palisade_api::protocol::Protocols;
use palisade_api::rest::fed::RestInfo;
use palisade_api::{ClusterId, Code, Digest};
use palisade_transport::authority::IssuedCertificate;
use palisade_transport::server::{PeerAddress, PeerCluster};
use tokio::sync::{Semaphore, SemaphorePermit};
use tonic::{Request, Response, Status};

use super::link::shortened;
use super::status;
use crate::App;
use crate::federation::FederationError;
use crate::federation::event::{self, Refusal, Refused};
use crate::federation::introduction;
use crate::federation::joining::{self, JoinCall};
use crate::federation::membership::{self, Ending};
use crate::store;
use crate::store::audit::Actor;
use crate::store::member_kind::MemberKind;

/// Clusters that join at once; they would wait for the same rows anyway, and
/// each that waits here holds no connection to the database.
const JOINS_AT_ONCE: usize = 4;
/// How long a cluster waits for its turn.
const MOST_WAIT: Duration = Duration::from_secs(30);

#[derive(Clone, Debug)]
pub(super) struct EnrolService {
    app: App,
    turns: Arc<Semaphore>,
}

impl EnrolService {
    pub(super) fn new(app: App) -> Self {
        Self { app, turns: Arc::new(Semaphore::new(JOINS_AT_ONCE)) }
    }

    /// A turn among those that join.
    async fn turn(&self) -> Result<SemaphorePermit<'_>, Status> {
        tokio::time::timeout(MOST_WAIT, self.turns.acquire())
            .await
            .map_err(|_| status(Code::ClusterTimeout, "too many clusters join at once; try again"))?
            .map_err(|_| status(Code::ServerError, Code::ServerError.text()))
    }

    /// Records that a cluster was not let in, where that is for what it came with.
    async fn refused(&self, name: &str, source: &str, error: FederationError) -> Status {
        if error.is_of_applicant() {
            let why = error.client_text();
            let whom = Refused::Cluster(name);
            let refusal = Refusal { whom, address: source, why: &why };
            event::refused(&self.app.database, self.app.clock.now(), refusal).await;
        }
        error.into()
    }
}

/// The member that calls, by its certificate.
pub(super) fn peer<T>(request: &Request<T>) -> Result<ClusterId, Status> {
    match request.extensions().get::<PeerCluster>() {
        Some(PeerCluster(Some(cluster))) => Ok(*cluster),
        _ => Err(status(Code::Unauthorized, "this call needs the certificate of a member")),
    }
}

pub(super) fn source<T>(request: &Request<T>) -> String {
    let address = request.extensions().get::<PeerAddress>();
    address.map(|peer| peer.0.ip().to_string()).unwrap_or_default()
}

/// A time that makes no sense becomes the epoch, which no clock check passes.
fn time(milliseconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(milliseconds).unwrap_or_default()
}

fn wire(certificate: &IssuedCertificate) -> Vec<bytes::Bytes> {
    certificate.chain.iter().map(|one| bytes::Bytes::copy_from_slice(one)).collect()
}

/// The authority that signed, as the end of the chain.
fn issuer(certificate: &IssuedCertificate) -> bytes::Bytes {
    let authority = certificate.chain.last();
    authority.map(|one| bytes::Bytes::copy_from_slice(one)).unwrap_or_default()
}

#[tonic::async_trait]
impl Enrol for EnrolService {
    async fn introduce(
        &self,
        request: Request<IntroduceRequest>,
    ) -> Result<Response<IntroduceResponse>, Status> {
        let source = source(&request);
        let IntroduceRequest { ticket_digest, nonce } = request.into_inner();
        let _turn = self.turn().await?;
        let proofs = match introduction::prove(&self.app, &ticket_digest, &nonce).await {
            Ok(proofs) => proofs,
            Err(error) => return Err(self.refused("", &source, error).await),
        };
        let proofs = proofs.into_iter().map(bytes::Bytes::from).collect();
        Ok(Response::new(IntroduceResponse { proofs }))
    }

    async fn join(&self, request: Request<JoinRequest>) -> Result<Response<JoinResponse>, Status> {
        let source = source(&request);
        let request = request.into_inner();
        let call = JoinCall {
            ticket: request.ticket.into(),
            signing_request: request.signing_request.to_vec(),
            name: request.name,
            version: shortened(&request.version, 64),
            protocols: Protocols::from_wire(request.protocol.as_ref()),
            sent_at: time(request.sent_at_ms),
            kube_system_uid: shortened(&request.kube_system_uid, 64),
            rest: reachable(shortened(&request.rest_server, 256), request.rest_port),
            scanner: request.roles == ["scanner"],
            labels: request.labels.into_iter().take(1_000).collect(),
            source,
        };
        let _turn = self.turn().await?;
        let joined = match joining::join(&self.app, &call).await {
            Ok(joined) => joined,
            Err(error) => {
                let name = shortened(&call.name, 64);
                return Err(self.refused(&name, &call.source, error).await);
            }
        };
        Ok(Response::new(JoinResponse {
            cluster_id: joined.cluster_id.to_string(),
            certificate_chain: wire(&joined.certificate),
            authority: issuer(&joined.certificate),
            primary_id: joined.primary_id.to_string(),
            primary_name: joined.primary_name,
            home: joined.kind == MemberKind::Home,
            authorities: self.app.trust.authorities().to_wire(),
            rejoined: joined.rejoined,
        }))
    }

    async fn renew(
        &self,
        request: Request<RenewRequest>,
    ) -> Result<Response<RenewResponse>, Status> {
        let cluster = peer(&request)?;
        let request = request.into_inner();
        let sent_at = time(request.sent_at_ms);
        let certificate =
            membership::renew(&self.app, cluster, &request.signing_request, sent_at).await?;
        tracing::info!(%cluster, until = %certificate.validity.not_after, "renewed a certificate");
        Ok(Response::new(RenewResponse {
            certificate_chain: wire(&certificate),
            authority: issuer(&certificate),
            authorities: self.app.trust.authorities().to_wire(),
        }))
    }

    async fn leave(
        &self,
        request: Request<LeaveRequest>,
    ) -> Result<Response<LeaveResponse>, Status> {
        let cluster = peer(&request)?;
        let actor = Actor::new(cluster.to_string(), source(&request));
        let ending = if request.get_ref().belated { Ending::LeftBefore } else { Ending::Left };
        membership::remove(&self.app, &actor, cluster, ending).await?;
        Ok(Response::new(LeaveResponse {}))
    }

    async fn revoked(
        &self,
        request: Request<RevokedRequest>,
    ) -> Result<Response<RevokedResponse>, Status> {
        let fingerprint = Digest::try_from(&request.get_ref().authority[..])
            .map_err(|_| status(Code::InvalidRequest, "an authority is named by its SHA-256"))?;
        let _turn = self.turn().await?;
        let list = async {
            let mut conn = self.app.database.acquire().await?;
            store::authority::revoked(&mut conn, fingerprint).await
        };
        let list = list.await.map_err(FederationError::from)?.unwrap_or_default();
        Ok(Response::new(RevokedResponse { list: list.into() }))
    }
}

/// What a cluster says of where it is reached; nothing where that makes no
/// sense, for it is only shown.
fn reachable(server: String, port: u32) -> RestInfo {
    let info = RestInfo { server, port };
    if info.is_valid() { info } else { RestInfo::default() }
}
