//! REST calls to members: they ride the link down, and the agent streams the
//! answer of its own router back beside it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::StreamExt as _;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, header};
use palisade_api::federation::answer_part::Body as Part;
use palisade_api::federation::{
    AnswerHead, AnswerPart, Call, CallCancel, CallPart, Caller, Header, down,
};
use palisade_api::{ClusterId, Code};
use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tonic::Streaming;

use super::link_registry::LinkRegistry;
use super::lock;
use super::member_link::MemberLink;

/// Calls under way to one member. Its agent answers as many at once.
pub const MAX_CALLS: usize = 64;

/// Calls that wait for a place among those under way.
pub const MAX_WAITING: usize = 1_024;

/// Parts of a request body are cut at this size.
const CHUNK: usize = 16 * 1024;

/// Headers that belong to one connection, or to the caller's session here.
const NOT_FORWARDED: [HeaderName; 9] = [
    header::CONNECTION,
    header::HOST,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::TE,
    header::TRAILER,
    header::AUTHORIZATION,
    header::COOKIE,
    header::ACCEPT_ENCODING,
];

/// A call that was not answered.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ForwardError {
    /// The member has no link to this primary.
    #[error("the cluster is not connected to the primary now: try again when it is")]
    Disconnected,
    /// As many calls as are allowed are under way and wait.
    #[error("too many calls to the cluster are under way: try again later")]
    Busy,
    /// The caller has roles in some namespaces, of which the member's agent does not know.
    #[error(
        "the cluster's agent is too old to keep a call to some namespaces: upgrade it, or ask \
         for a role that reaches the whole cluster"
    )]
    TooOld,
    /// No answer in time.
    #[error("the cluster did not answer in time")]
    TimedOut,
    /// The link broke, or the agent answered nonsense.
    #[error("the answer of the cluster broke off: {0}")]
    Broken(String),
}

impl ForwardError {
    /// The code of the REST API.
    pub const fn code(&self) -> Code {
        match self {
            Self::TooOld => Code::JointUpgradeRequired,
            Self::Disconnected | Self::Busy | Self::TimedOut | Self::Broken(_) => {
                Code::RemoteRequestFail
            }
        }
    }
}

/// A call whose answer has not begun.
#[derive(Debug)]
pub struct PendingCall {
    body: Body,
    answer: oneshot::Sender<Streaming<AnswerPart>>,
    done: CancellationToken,
}

/// What the agent is sent when it begins to answer.
#[derive(Debug)]
pub(crate) struct Answering {
    /// The request's body.
    pub(crate) body: Body,
    /// Cancelled when the answer was read, or is wanted no more.
    pub(crate) done: CancellationToken,
}

/// Calls `cluster`. `path` begins with `/v1/` or `/v2/` and may have a query.
/// Dropping the answer, or this future, cancels the call.
pub async fn call(
    links: &LinkRegistry,
    cluster: ClusterId,
    request: Request<Body>,
    caller: Caller,
    deadline: Duration,
) -> Result<Response<Body>, ForwardError> {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let link = links.get(cluster).ok_or(ForwardError::Disconnected)?;
    if !caller.role_domains.is_empty() && !link.keeps_namespaces {
        return Err(ForwardError::TooOld);
    }
    let until = Instant::now() + deadline;
    let place = place(&link, until).await?;
    let id = NEXT.fetch_add(1, Ordering::Relaxed);
    let (head, body) = request.into_parts();
    let has_body = !http_body::Body::is_end_stream(&body);
    let left = until.saturating_duration_since(Instant::now());
    let message = call_message(id, &head, has_body, caller, left);
    let (answer, answered) = oneshot::channel();
    let done = CancellationToken::new();
    lock(&link.calls).insert(id, PendingCall { body, answer, done: done.clone() });
    let mut under_way = UnderWay { link, id, done, finished: false, _place: place };
    let answered = async {
        // Many calls at once fill the lane for a moment.
        if !under_way.link.send(down::Body::Call(message)).await {
            return Err(ForwardError::Disconnected);
        }
        tokio::select! {
            parts = answered => parts.map_err(|_| broken("the call was given up")),
            () = under_way.link.stop.cancelled() => Err(ForwardError::Disconnected),
        }
    };
    let mut parts = timeout_at(until, answered).await.map_err(|_| ForwardError::TimedOut)??;
    let first = timeout_at(until, parts.message()).await.map_err(|_| ForwardError::TimedOut)?;
    let answer_head = match first {
        Ok(Some(AnswerPart { body: Some(Part::Head(head)) })) => head,
        Ok(Some(AnswerPart { body: None })) => return Err(broken("the cluster gave it up")),
        Ok(Some(_)) => return Err(broken("it did not begin with a head")),
        Ok(None) => {
            under_way.finished = true;
            return Err(broken("it was empty"));
        }
        Err(status) => return Err(broken(status.message())),
    };
    response(answer_head, parts, Some(under_way), until)
}

/// The call as the member is told of it.
pub(super) fn call_message(
    id: u64,
    head: &http::request::Parts,
    has_body: bool,
    caller: Caller,
    deadline: Duration,
) -> Call {
    Call {
        id,
        method: head.method.as_str().to_owned(),
        path: head.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
        headers: headers_to_wire(&head.headers),
        deadline_ms: u32::try_from(deadline.as_millis()).unwrap_or(u32::MAX),
        caller: Some(caller),
        has_body,
    }
}

/// Waits for a place among the calls under way: in turn, bounded in number and
/// time, so that a burst of calls is answered and not refused.
async fn place(link: &MemberLink, until: Instant) -> Result<Place, ForwardError> {
    let queue = Arc::clone(&link.call_queue).try_acquire_owned().map_err(|_| ForwardError::Busy)?;
    let turn = async {
        tokio::select! {
            // The semaphore is never closed.
            place = Arc::clone(&link.call_places).acquire_owned() => {
                place.map_err(|_| ForwardError::Busy)
            }
            () = link.stop.cancelled() => Err(ForwardError::Disconnected),
        }
    };
    let turn = timeout_at(until, turn).await.map_err(|_| ForwardError::TimedOut)??;
    Ok(Place { _turn: turn, _queue: queue })
}

/// A place among the calls under way.
struct Place {
    _turn: OwnedSemaphorePermit,
    _queue: OwnedSemaphorePermit,
}

/// Takes the call that an agent begins to answer.
pub(crate) fn begin_answer(
    link: &MemberLink,
    id: u64,
    parts: Streaming<AnswerPart>,
) -> Option<Answering> {
    let PendingCall { body, answer, done } = lock(&link.calls).remove(&id)?;
    answer.send(parts).ok()?;
    Some(Answering { body, done })
}

/// The parts that an agent is sent: the body of the request, an empty part that
/// ends it, and then nothing until the answer was read, as the end of this
/// stream would end the other.
pub(crate) fn call_parts(
    answering: Answering,
) -> impl futures_util::Stream<Item = Result<CallPart, tonic::Status>> + Send {
    let Answering { body, done } = answering;
    let parts = body.into_data_stream().flat_map(|chunk| {
        let chunks = match chunk {
            Ok(chunk) => cut(chunk).map(|chunk| Ok(CallPart { chunk })).collect(),
            Err(error) => vec![Err(tonic::Status::aborted(error.to_string()))],
        };
        futures_util::stream::iter(chunks)
    });
    let last = futures_util::stream::iter([Ok(CallPart::default())]);
    let end = futures_util::stream::once(done.cancelled_owned()).filter_map(|()| async { None });
    parts.chain(last).chain(end)
}

/// Parts of at most 16 KiB.
pub(crate) fn cut(mut chunk: Bytes) -> impl Iterator<Item = Bytes> {
    std::iter::from_fn(move || (!chunk.is_empty()).then(|| chunk.split_to(CHUNK.min(chunk.len()))))
}

fn broken(text: impl Into<String>) -> ForwardError {
    ForwardError::Broken(text.into())
}

/// Cancels the call on the other side when nobody waits for it any more.
pub(super) struct UnderWay {
    link: Arc<MemberLink>,
    id: u64,
    done: CancellationToken,
    finished: bool,
    _place: Place,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let never_answered = lock(&self.link.calls).remove(&self.id).is_some();
        self.done.cancel();
        if never_answered || !self.finished {
            // Where the lane is full this is lost: the agent finds out by the
            // end of the stream that it answers on, or when it opens it.
            self.link.try_send(down::Body::CallCancel(CallCancel { id: self.id }));
        }
    }
}

/// The answer whose head has come. `under_way` lives as long as its body.
pub(super) fn response(
    head: AnswerHead,
    parts: Streaming<AnswerPart>,
    under_way: Option<UnderWay>,
    until: Instant,
) -> Result<Response<Body>, ForwardError> {
    let status = u16::try_from(head.status)
        .ok()
        .and_then(|status| StatusCode::from_u16(status).ok())
        .ok_or_else(|| broken("its status is none"))?;
    let chunks = futures_util::stream::unfold(Some((parts, under_way)), move |state| async move {
        let (mut parts, mut under_way) = state?;
        let part = match timeout_at(until, parts.message()).await {
            Err(_) => Err(ForwardError::TimedOut),
            Ok(Err(status)) => Err(broken(status.message())),
            Ok(Ok(None)) => {
                if let Some(under_way) = &mut under_way {
                    under_way.finished = true;
                }
                return None;
            }
            Ok(Ok(Some(AnswerPart { body: Some(Part::Chunk(chunk)) }))) => Ok(chunk),
            Ok(Ok(Some(AnswerPart { body: None }))) => Err(broken("the cluster gave it up")),
            Ok(Ok(Some(_))) => Err(broken("a part that is no chunk")),
        };
        let next = part.is_ok().then_some((parts, under_way));
        Some((part, next))
    });
    // Compression asks again after the end.
    let mut response = Response::new(Body::from_stream(chunks.fuse()));
    *response.status_mut() = status;
    for Header { name, value } in head.headers {
        let name = HeaderName::from_bytes(name.as_bytes());
        let value = HeaderValue::from_bytes(&value);
        if let (Ok(name), Ok(value)) = (name, value)
            && !NOT_FORWARDED.contains(&name)
        {
            response.headers_mut().append(name, value);
        }
    }
    Ok(response)
}

/// The headers that another cluster or replica is told.
pub(crate) fn headers_to_wire(headers: &HeaderMap) -> Vec<Header> {
    headers
        .iter()
        .filter(|(name, _)| !NOT_FORWARDED.contains(name) && !name.as_str().starts_with("x-auth-"))
        .map(|(name, value)| Header {
            name: name.as_str().to_owned(),
            value: Bytes::copy_from_slice(value.as_bytes()),
        })
        .collect()
}
