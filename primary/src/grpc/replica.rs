//! `Replica`: what the other replicas of this primary ask.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use futures_util::{Stream, StreamExt as _, stream};
use http::{Method, Request, Response as HttpResponse, Uri};
use palisade_api::federation::answer_part::Body as Part;
use palisade_api::federation::{AnswerHead, AnswerPart, Call};
use palisade_api::replica::replica_server::{Replica, ReplicaServer};
use palisade_api::replica::{
    ClaimLinksRequest, ClaimLinksResponse, DeployRequest, DeployResponse, ForwardPart,
    ListLinksRequest, ListLinksResponse, RegistryTestProgress, RegistryTestRequest, forward_part,
};
use palisade_api::{ClusterId, Code};
use palisade_transport::server::PeerReplica;
use tonic::{Request as Asked, Response, Status, Streaming};
use uuid::Uuid;

use super::status;
use crate::App;
use crate::federation::forwarding::{self, ForwardError, cut, headers_to_wire};
use crate::federation::link_registry::LinkRegistry;
use crate::federation::replica::{
    answer_claims, deployed_to_wire, forward_status, link_to_wire, progress_to_wire,
};
use crate::registry::Registries;
use crate::registry::probe::Progress;

/// The largest message: a part of a body, or the claims after many members
/// connected at once.
const MOST_BYTES: usize = 4 << 20;
/// How long the first part of a call may take.
const FIRST_PART: Duration = Duration::from_secs(10);

#[derive(Clone, Debug)]
pub(super) struct ReplicaService {
    links: Arc<LinkRegistry>,
    registries: Arc<Registries>,
}

/// The service, ready to be mounted.
pub(super) fn service(app: &App) -> ReplicaServer<ReplicaService> {
    let (links, registries) = (Arc::clone(&app.links), Arc::clone(&app.registries));
    ReplicaServer::new(ReplicaService { links, registries }).max_decoding_message_size(MOST_BYTES)
}

/// Lets nobody in but replicas.
fn require_replica<T>(request: &Asked<T>) -> Result<(), Status> {
    match request.extensions().get::<PeerReplica>() {
        Some(PeerReplica(Some(_))) => Ok(()),
        _ => Err(status(Code::Unauthorized, "this call needs the certificate of a replica")),
    }
}

#[tonic::async_trait]
impl Replica for ReplicaService {
    type ForwardStream = Pin<Box<dyn Stream<Item = Result<AnswerPart, Status>> + Send>>;

    async fn list_links(
        &self,
        request: Asked<ListLinksRequest>,
    ) -> Result<Response<ListLinksResponse>, Status> {
        require_replica(&request)?;
        let links = self.links.statuses().into_iter();
        let links = links.map(|(cluster, status)| link_to_wire(cluster, status)).collect();
        Ok(Response::new(ListLinksResponse { links }))
    }

    async fn claim_links(
        &self,
        request: Asked<ClaimLinksRequest>,
    ) -> Result<Response<ClaimLinksResponse>, Status> {
        require_replica(&request)?;
        let cluster_ids = answer_claims(&self.links, &request.get_ref().claims).await;
        Ok(Response::new(ClaimLinksResponse { cluster_ids }))
    }

    async fn deploy(
        &self,
        request: Asked<DeployRequest>,
    ) -> Result<Response<DeployResponse>, Status> {
        require_replica(&request)?;
        let DeployRequest { cluster_ids, force } = request.into_inner();
        let clusters = cluster_ids.iter().filter_map(|id| ClusterId::from_bytes(id));
        let deployed: Vec<_> = clusters
            .filter_map(|cluster| Some((cluster, self.links.deploy(cluster, force)?)))
            .collect();
        Ok(Response::new(deployed_to_wire(&deployed)))
    }

    async fn forward(
        &self,
        request: Asked<Streaming<ForwardPart>>,
    ) -> Result<Response<Self::ForwardStream>, Status> {
        require_replica(&request)?;
        let mut parts = request.into_inner();
        let first = tokio::time::timeout(FIRST_PART, parts.message())
            .await
            .map_err(|_| Status::deadline_exceeded("no first part in time"))??;
        let malformed = || status(Code::InvalidRequest, "the first part is the call");
        let Some(ForwardPart { body: Some(forward_part::Body::Call(call)) }) = first else {
            return Err(malformed());
        };
        let cluster = ClusterId::from_bytes(&call.cluster_id).ok_or_else(malformed)?;
        let call = call.call.ok_or_else(malformed)?;
        if self.links.get(cluster).is_none() {
            return Err(forward_status(&ForwardError::Disconnected));
        }
        // The stream begins now, so that the other side sends the body.
        let answer = answer(Arc::clone(&self.links), cluster, call, parts);
        let answer = stream::once(answer).flat_map(|answer| match answer {
            Ok(response) => answer_parts(response).boxed(),
            Err(status) => stream::iter([Err(status)]).boxed(),
        });
        Ok(Response::new(Box::pin(answer)))
    }

    async fn poll_registry_test(
        &self,
        request: Asked<RegistryTestRequest>,
    ) -> Result<Response<RegistryTestProgress>, Status> {
        let id = test_id(&request)?;
        Ok(Response::new(progress_to_wire(self.registries.probes.poll(id).await)))
    }

    async fn stop_registry_test(
        &self,
        request: Asked<RegistryTestRequest>,
    ) -> Result<Response<RegistryTestProgress>, Status> {
        let id = test_id(&request)?;
        let stopped = self.registries.probes.cancel(id).then_some(Progress::Nothing);
        Ok(Response::new(progress_to_wire(stopped)))
    }
}

fn test_id(request: &Asked<RegistryTestRequest>) -> Result<Uuid, Status> {
    require_replica(request)?;
    let id = Uuid::from_slice(&request.get_ref().id);
    id.map_err(|_| status(Code::InvalidRequest, "the id of a test is malformed"))
}

async fn answer(
    links: Arc<LinkRegistry>,
    cluster: ClusterId,
    call: Call,
    parts: Streaming<ForwardPart>,
) -> Result<HttpResponse<Body>, Status> {
    let deadline = Duration::from_millis(call.deadline_ms.into());
    let caller = call.caller.clone();
    let caller = caller.ok_or_else(|| status(Code::InvalidRequest, "nobody calls"))?;
    let request = http_request(&call, parts)?;
    forwarding::call(&links, cluster, request, caller, deadline)
        .await
        .map_err(|error| forward_status(&error))
}

fn http_request(call: &Call, parts: Streaming<ForwardPart>) -> Result<Request<Body>, Status> {
    let malformed = |what: &str| status(Code::InvalidRequest, format!("the {what} is malformed"));
    let body = if call.has_body {
        Body::from_stream(parts.map(|part| match part?.body {
            Some(forward_part::Body::Chunk(chunk)) => Ok(chunk),
            _ => Err(status(Code::InvalidRequest, "a part that is no chunk")),
        }))
    } else {
        Body::empty()
    };
    let mut request = Request::new(body);
    *request.method_mut() =
        Method::from_bytes(call.method.as_bytes()).map_err(|_| malformed("method"))?;
    *request.uri_mut() = call.path.parse::<Uri>().map_err(|_| malformed("path"))?;
    for header in &call.headers {
        let name = http::HeaderName::from_bytes(header.name.as_bytes());
        let value = http::HeaderValue::from_bytes(&header.value);
        let (Ok(name), Ok(value)) = (name, value) else { return Err(malformed("header")) };
        request.headers_mut().append(name, value);
    }
    Ok(request)
}

fn answer_parts(
    response: HttpResponse<Body>,
) -> impl Stream<Item = Result<AnswerPart, Status>> + Send {
    let (head, body) = response.into_parts();
    let head =
        AnswerHead { status: head.status.as_u16().into(), headers: headers_to_wire(&head.headers) };
    let chunks = body.into_data_stream().flat_map(|chunk| {
        let parts = match chunk {
            Ok(chunk) => cut(chunk).map(|chunk| Ok(part(Part::Chunk(chunk)))).collect(),
            Err(error) => vec![Err(Status::aborted(error.to_string()))],
        };
        stream::iter(parts)
    });
    stream::once(async { Ok(part(Part::Head(head))) }).chain(chunks)
}

const fn part(body: Part) -> AnswerPart {
    AnswerPart { body: Some(body) }
}
