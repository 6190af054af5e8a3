//! Calls to members that are linked to another replica.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::{Request, Response};
use palisade_api::ClusterId;
use palisade_api::federation::answer_part::Body as Part;
use palisade_api::federation::{AnswerPart, Call, Caller};
use palisade_api::replica::{ForwardCall, ForwardPart, forward_part};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout, timeout_at};
use tonic::Streaming;

use super::peer::{Client, Peer};
use super::{Replicas, wire};
use crate::federation::forwarding::{ForwardError, call_message, cut, response};

/// How long a replica may take to say whether it has the member.
const ACCEPT: Duration = Duration::from_secs(5);

/// Calls `cluster` through the replica that it is linked to.
pub(super) async fn call(
    replicas: &Replicas,
    cluster: ClusterId,
    request: Request<Body>,
    caller: Caller,
    deadline: Duration,
) -> Result<Response<Body>, ForwardError> {
    let until = Instant::now() + deadline;
    let (head, body) = request.into_parts();
    let has_body = !http_body::Body::is_end_stream(&body);
    let message = call_message(0, &head, has_body, caller, deadline);
    let mut accepted = accepted(replicas, cluster, &message).await;
    if accepted.is_none() {
        // One that started a moment ago may have it.
        replicas.refresh_or_warn().await;
        accepted = self::accepted(replicas, cluster, &message).await;
    }
    let Accepted { mut parts, body: wanted } = accepted.ok_or(ForwardError::Disconnected)?;
    if has_body {
        // Who wants no body has ended the stream, which the answer tells.
        drop(wanted.send(body));
    }
    match timeout_at(until, parts.message()).await.map_err(|_| ForwardError::TimedOut)? {
        Ok(Some(AnswerPart { body: Some(Part::Head(head)) })) => response(head, parts, None, until),
        Ok(_) => Err(ForwardError::Broken("it did not begin with a head".to_owned())),
        Err(status) => Err(wire::forward_error(&status)),
    }
}

/// A replica has the member, and waits for the body.
struct Accepted {
    parts: Streaming<AnswerPart>,
    body: oneshot::Sender<Body>,
}

/// The first of the others that has the member.
async fn accepted(replicas: &Replicas, cluster: ClusterId, message: &Call) -> Option<Accepted> {
    for peer in replicas.peers_for(cluster) {
        // A connection that was closed meanwhile shows with the first call.
        for _ in 0..2 {
            match ask(&peer, replicas, cluster, message).await {
                Outcome::Accepted(accepted) => {
                    replicas.found_at(cluster, peer.id());
                    return Some(*accepted);
                }
                Outcome::Elsewhere => break,
                Outcome::Again => {}
            }
        }
    }
    None
}

enum Outcome {
    Accepted(Box<Accepted>),
    Elsewhere,
    Again,
}

async fn ask(peer: &Peer, replicas: &Replicas, cluster: ClusterId, message: &Call) -> Outcome {
    let Client { mut client, number } = match peer.client(replicas).await {
        Ok(client) => client,
        Err(error) => {
            tracing::warn!(replica = %peer.id(), %error, "cannot ask another replica");
            return Outcome::Elsewhere;
        }
    };
    let (body, given) = oneshot::channel();
    let call = ForwardCall { cluster_id: wire::id(cluster), call: Some(message.clone()) };
    let first = ForwardPart { body: Some(forward_part::Body::Call(call)) };
    let rest = stream::once(given).filter_map(|body| async { body.ok() }).flat_map(body_parts);
    let sending = stream::once(async { first }).chain(rest);
    match timeout(ACCEPT, client.forward(sending)).await {
        Ok(Ok(answer)) => {
            Outcome::Accepted(Box::new(Accepted { parts: answer.into_inner(), body }))
        }
        Ok(Err(status)) if peer.lost(number, &status).await => Outcome::Again,
        // It says that it has not; or it is silent, which others need not be.
        Ok(Err(_)) | Err(_) => Outcome::Elsewhere,
    }
}

/// The body in parts. Where it breaks off, the last part holds nothing, which no
/// version takes: to just end would pass half a body for a whole, and as long as
/// this does not end the other side keeps the call, though its answer is not wanted.
fn body_parts(body: Body) -> impl futures_util::Stream<Item = ForwardPart> + Send {
    let parts = stream::unfold(Some(body.into_data_stream()), |body| async move {
        let mut body = body?;
        Some(match body.next().await? {
            Ok(chunk) => (cut(chunk).map(chunk_part).collect::<Vec<_>>(), Some(body)),
            Err(_) => (vec![ForwardPart { body: None }], None),
        })
    });
    parts.flat_map(stream::iter)
}

const fn chunk_part(chunk: Bytes) -> ForwardPart {
    ForwardPart { body: Some(forward_part::Body::Chunk(chunk)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_that_breaks_off_ends_with_a_part_that_holds_nothing() {
        let whole =
            || ["one", "two"].into_iter().map(|piece| Ok(Bytes::from_static(piece.as_bytes())));
        assert_eq!(lengths(whole().collect()).await, [Some(3), Some(3)]);
        let broken = || Err::<Bytes, _>(std::io::Error::other("gone"));
        let cut_short = whole().chain([broken(), broken()]);
        assert_eq!(lengths(cut_short.collect()).await, [Some(3), Some(3), None]);
    }

    /// The lengths of the parts; none for one that holds nothing.
    async fn lengths(pieces: Vec<std::io::Result<Bytes>>) -> Vec<Option<usize>> {
        let length = |part: ForwardPart| match part.body? {
            forward_part::Body::Chunk(chunk) => Some(chunk.len()),
            forward_part::Body::Call(_) => None,
        };
        body_parts(Body::from_stream(stream::iter(pieces))).map(length).collect().await
    }
}
