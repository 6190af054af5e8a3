//! REST calls that the primary forwards: answered by the controller's own
//! router, without a socket, over a stream that this side opens.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use futures_util::StreamExt as _;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri};
use palisade_api::Code;
use palisade_api::federation::answer_part::Body as Part;
use palisade_api::federation::link_client::LinkClient;
use palisade_api::federation::{AnswerHead, AnswerPart, Call, Header};
use palisade_api::rest::error::ErrorBody;
use palisade_identity::{Caller, Role};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;
use tower::ServiceExt as _;
use tracing::debug;

/// Parts of an answer that wait for the connection.
const QUEUE: usize = 4;
/// Answers are cut into parts of this size.
const CHUNK: usize = 16 * 1024;
/// The deadline of a call that names none, and the longest that one may name.
const DEADLINE: Duration = Duration::from_mins(5);
/// How long the primary may take to read the end of an answer.
const FLUSH: Duration = Duration::from_secs(10);

/// Answers `call`, until it is done, cancelled or too late.
pub(crate) async fn answer(
    call: Call,
    router: Router,
    channel: Channel,
    cancelled: CancellationToken,
) {
    let id = call.id;
    let _under_way = UnderWay::begin();
    let deadline = match call.deadline_ms {
        0 => DEADLINE,
        ms => Duration::from_millis(ms.into()).min(DEADLINE),
    };
    tokio::select! {
        () = cancelled.cancelled() => debug!(id, "the call was cancelled"),
        outcome = tokio::time::timeout(deadline, exchange(call, router, channel)) => match outcome {
            Err(_) => debug!(id, "the call took too long"),
            Ok(Err(status)) => debug!(id, %status, "the answer could not be sent"),
            Ok(Ok(())) => {}
        },
    }
}

/// A call that counts in the metrics for as long as it lives.
struct UnderWay;

impl UnderWay {
    fn begin() -> Self {
        metrics::gauge!("palisade_agent_calls_under_way").increment(1.0);
        Self
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        metrics::gauge!("palisade_agent_calls_under_way").decrement(1.0);
    }
}

/// Both directions at once: the router may want the body before it answers.
async fn exchange(call: Call, router: Router, channel: Channel) -> Result<(), tonic::Status> {
    let (parts, queue) = mpsc::channel(QUEUE);
    let (body_sender, body) = mpsc::channel::<Result<Bytes, std::io::Error>>(QUEUE);
    let has_body = call.has_body;
    let first = AnswerPart { body: Some(Part::Id(call.id)) };
    if parts.try_send(first).is_err() {
        return Err(tonic::Status::internal("the queue of an answer is closed"));
    }
    let produce = async move {
        let body = if has_body {
            Body::from_stream(ReceiverStream::new(body))
        } else {
            drop(body);
            Body::empty()
        };
        produce(call, body, router, &parts).await;
    };
    let carry = async move {
        let mut body_sender = Some(body_sender);
        let mut link = LinkClient::new(channel);
        let mut down = link.answer(ReceiverStream::new(queue)).await?.into_inner();
        while let Some(part) = down.message().await? {
            // An empty part ends the body; the stream itself stays open, as its
            // end could end the other direction.
            let ended = part.chunk.is_empty();
            if let Some(sender) = &body_sender
                && (ended || sender.send(Ok(part.chunk)).await.is_err())
            {
                body_sender = None;
            }
        }
        Ok(())
    };
    tokio::pin!(carry);
    tokio::select! {
        () = produce => match tokio::time::timeout(FLUSH, carry).await {
            Ok(outcome) => outcome,
            Err(_) => Err(tonic::Status::deadline_exceeded("the answer is not read")),
        },
        // The primary ends the stream once it has read the answer, or wants it
        // no more: whoever still works on it is dropped.
        outcome = &mut carry => outcome,
    }
}

async fn produce(call: Call, body: Body, router: Router, parts: &mpsc::Sender<AnswerPart>) {
    let response = match request(call, body) {
        Ok(request) => match router.oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        },
        Err(text) => refusal(text),
    };
    let (head, body) = response.into_parts();
    let head = AnswerHead {
        status: head.status.as_u16().into(),
        headers: head
            .headers
            .iter()
            .map(|(name, value)| Header {
                name: name.as_str().to_owned(),
                value: Bytes::copy_from_slice(value.as_bytes()),
            })
            .collect(),
    };
    if send(parts, Part::Head(head)).await.is_err() {
        return;
    }
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let mut chunk = match chunk {
            Ok(chunk) => chunk,
            Err(error) => {
                debug!(%error, "the answer broke off");
                return;
            }
        };
        while !chunk.is_empty() {
            let part = chunk.split_to(CHUNK.min(chunk.len()));
            if send(parts, Part::Chunk(part)).await.is_err() {
                return;
            }
        }
    }
}

async fn send(
    parts: &mpsc::Sender<AnswerPart>,
    body: Part,
) -> Result<(), mpsc::error::SendError<AnswerPart>> {
    parts.send(AnswerPart { body: Some(body) }).await
}

/// The request as the router takes it, with who calls. The caller's role is
/// one of this cluster's own: a primary cannot give itself more.
fn request(call: Call, body: Body) -> Result<Request<Body>, &'static str> {
    let caller = call.caller.ok_or("the call does not say who calls")?;
    let role = match caller.role.as_str() {
        "admin" => Role::Admin,
        "reader" => Role::Reader,
        _ => return Err("the caller's role does not exist here"),
    };
    let method = Method::from_bytes(call.method.as_bytes()).map_err(|_| "no such method")?;
    let uri: Uri = call.path.parse().map_err(|_| "not a path")?;
    if !call.path.starts_with("/v1/") && !call.path.starts_with("/v2/") {
        return Err("only the REST API can be called");
    }
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    for header in &call.headers {
        let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(header.name.as_bytes()),
            HeaderValue::from_bytes(&header.value),
        ) else {
            continue;
        };
        // Who calls is said by the primary, not by a token of another cluster.
        if name != "x-auth-token" && name != "x-auth-apikey" && name != http::header::HOST {
            request.headers_mut().append(name, value);
        }
    }
    let name = format!("{} (primary cluster)", caller.name);
    request.extensions_mut().insert(Caller::forwarded(&name, role));
    Ok(request)
}

fn refusal(text: &'static str) -> Response<Body> {
    let body = serde_json::to_vec(&ErrorBody::new(Code::InvalidRequest, text)).unwrap_or_default();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
        .headers_mut()
        .insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
