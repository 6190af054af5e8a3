//! REST calls that the primary forwards: answered by the controller's own
//! router, without a socket, over a stream that this side opens.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri};
use palisade_api::Code;
use palisade_api::federation::answer_part::Body as Part;
use palisade_api::federation::link_client::LinkClient;
use palisade_api::federation::{self, AnswerHead, AnswerPart, Call, Header, RoleDomains};
use palisade_api::rest::error::ErrorBody;
use palisade_identity::{Caller, Namespace, Role, RoleName, Roles};
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
    let (parts, sent) = parts();
    let (body_sender, body) = mpsc::channel::<Result<Bytes, std::io::Error>>(QUEUE);
    let has_body = call.has_body;
    if parts.send(Part::Id(call.id)).await.is_none() {
        return Err(tonic::Status::internal("the queue of an answer is closed"));
    }
    let produce = async move {
        let body = if has_body {
            Body::from_stream(ReceiverStream::new(body))
        } else {
            drop(body);
            Body::empty()
        };
        produce(call, body, router, parts).await
    };
    let carry = async move {
        let mut body_sender = Some(body_sender);
        let mut link = LinkClient::new(channel);
        let mut down = link.answer(sent).await?.into_inner();
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
        _ = produce => match tokio::time::timeout(FLUSH, carry).await {
            Ok(outcome) => outcome,
            Err(_) => Err(tonic::Status::deadline_exceeded("the answer is not read")),
        },
        // The primary ends the stream once it has read the answer, or wants it
        // no more: whoever still works on it is dropped.
        outcome = &mut carry => outcome,
    }
}

/// Takes the parts of one answer.
struct Parts {
    queue: mpsc::Sender<AnswerPart>,
    whole: Arc<AtomicBool>,
}

/// The parts of an answer, and the same as they are sent. One that is not finished,
/// whoever gave it up, ends with a part that holds nothing, which no version takes: to
/// just end would pass half an answer for a whole.
fn parts() -> (Parts, impl Stream<Item = AnswerPart> + Send + 'static) {
    let (queue, sent) = mpsc::channel(QUEUE);
    let whole = Arc::new(AtomicBool::new(false));
    let finished = Arc::clone(&whole);
    let end = async move { (!finished.load(Ordering::Acquire)).then(AnswerPart::default) };
    let end = stream::once(end).filter_map(std::future::ready);
    (Parts { queue, whole }, ReceiverStream::new(sent).chain(end))
}

impl Parts {
    /// Sends a part; none where nobody takes it any more.
    async fn send(&self, body: Part) -> Option<()> {
        self.queue.send(AnswerPart { body: Some(body) }).await.ok()
    }

    /// Ends an answer that is whole.
    fn finish(self) {
        self.whole.store(true, Ordering::Release);
    }
}

/// Sends the router's answer; none where it was not sent to its end.
async fn produce(call: Call, body: Body, router: Router, parts: Parts) -> Option<()> {
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
    parts.send(Part::Head(head)).await?;
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let mut chunk = match chunk {
            Ok(chunk) => chunk,
            Err(error) => {
                debug!(%error, "the answer broke off");
                return None;
            }
        };
        while !chunk.is_empty() {
            let part = chunk.split_to(CHUNK.min(chunk.len()));
            parts.send(Part::Chunk(part)).await?;
        }
    }
    parts.finish();
    Some(())
}

/// The request as the router takes it, with who calls.
fn request(call: Call, body: Body) -> Result<Request<Body>, &'static str> {
    let caller = call.caller.ok_or("the call does not say who calls")?;
    let caller = local(&caller)?;
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
    request.extensions_mut().insert(caller);
    Ok(request)
}

/// Who calls, with roles of this cluster's own: a primary cannot give itself more. One
/// that names no namespaces without a role in the whole was cut short on its way.
fn local(caller: &federation::Caller) -> Result<Caller, &'static str> {
    let unknown = "the caller's role does not exist here";
    let role = |name: &str| match name {
        "admin" => Ok(Role::Admin),
        "reader" => Ok(Role::Reader),
        _ => Err(unknown),
    };
    let name = format!("{} (primary cluster)", caller.name);
    if caller.role_domains.is_empty() {
        return Ok(Caller::forwarded(&name, role(&caller.role)?));
    }
    let mut domains: BTreeMap<RoleName, BTreeSet<Namespace>> = BTreeMap::new();
    for RoleDomains { role: named, domains: own } in &caller.role_domains {
        let of_role = domains.entry(role(named)?.into()).or_default();
        for namespace in own {
            of_role.insert(namespace.parse::<Namespace>().map_err(|_| unknown)?);
        }
    }
    // However many: the primary bounds them where they are given.
    match Roles::new(RoleName::NONE, domains) {
        Ok(roles) if caller.role.is_empty() && !roles.is_nothing() => {
            Ok(Caller::forwarded_within(&name, &roles))
        }
        _ => Err(unknown),
    }
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

#[cfg(test)]
mod tests {
    use futures_util::stream::BoxStream;

    use super::*;

    /// What a router does after a head and two pieces.
    #[derive(Clone, Copy, PartialEq)]
    enum Then {
        Ends,
        Breaks,
        Stalls,
    }

    /// What is sent after these; one that stalls is given up.
    async fn sent_last(then: Then) -> Vec<AnswerPart> {
        let router = Router::new().fallback(move || async move {
            let rest: BoxStream<'static, std::io::Result<Bytes>> = match then {
                Then::Ends => stream::empty().boxed(),
                Then::Breaks => stream::iter([Err(std::io::Error::other("gone"))]).boxed(),
                Then::Stalls => stream::pending().boxed(),
            };
            let pieces = ["one", "two"].map(|piece| Ok(Bytes::from_static(piece.as_bytes())));
            Body::from_stream(stream::iter(pieces).chain(rest))
        });
        let caller = federation::Caller { role: "reader".to_owned(), ..Default::default() };
        let call = Call {
            method: "GET".to_owned(),
            path: "/v1/group".to_owned(),
            caller: Some(caller),
            ..Call::default()
        };
        let (parts, sent) = parts();
        let mut sent = sent.boxed();
        let producing = tokio::spawn(produce(call, Body::empty(), router, parts));
        let begun: Vec<AnswerPart> = sent.by_ref().take(3).collect().await;
        assert!(begun.iter().all(|part| part.body.is_some()), "{begun:?}");
        if then == Then::Stalls {
            producing.abort();
        }
        sent.collect().await
    }

    #[tokio::test]
    async fn half_an_answer_is_never_sent_as_a_whole_one() {
        assert!(sent_last(Then::Ends).await.is_empty());
        for then in [Then::Breaks, Then::Stalls] {
            assert_eq!(sent_last(then).await, [AnswerPart::default()]);
        }
    }

    #[test]
    fn a_caller_has_a_role_in_the_whole_or_in_some_namespaces() {
        type Domains<'a> = &'a [(&'a str, &'a [&'a str])];
        let said = |role: &str, domains: Domains<'_>| {
            let of = |(role, names): &(&str, &[&str])| RoleDomains {
                role: (*role).to_owned(),
                domains: names.iter().map(|name| (*name).to_owned()).collect(),
            };
            local(&federation::Caller {
                name: "ann".to_owned(),
                primary_role: "fedAdmin".to_owned(),
                role: role.to_owned(),
                role_domains: domains.iter().map(of).collect(),
            })
        };
        let whole = said("reader", &[]).unwrap();
        assert!(!whole.rights.are_of_namespaces());
        assert_eq!(whole.fullname, "ann (primary cluster)");
        let limited = said("", &[("admin", &["shop"]), ("reader", &["team-*"])]).unwrap();
        assert!(limited.rights.are_of_namespaces() && !limited.is_administrator());
        let many: Vec<String> = (0..2_000).map(|n| format!("n{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(said("", &[("reader", many.as_slice())]).unwrap().rights.are_of_namespaces());
        let refused: &[(&str, Domains<'_>)] = &[
            ("", &[]),
            ("fedAdmin", &[]),
            ("admin", &[("reader", &["shop"])]),
            ("", &[("", &["shop"])]),
            ("", &[("fedAdmin", &["shop"])]),
            ("", &[("admin", &[])]),
            ("", &[("admin", &["a b"])]),
            ("", &[("admin", &["shop"]), ("reader", &["shop"])]),
        ];
        for (role, domains) in refused {
            assert!(said(role, domains).is_err(), "{role} {domains:?}");
        }
    }
}
