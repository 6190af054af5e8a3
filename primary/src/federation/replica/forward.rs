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

fn body_parts(body: Body) -> impl futures_util::Stream<Item = ForwardPart> + Send {
    body.into_data_stream()
        .then(|chunk| async {
            match chunk {
                Ok(chunk) => chunk,
                // The client went away: its call is dropped, and with it this
                // stream. To end it here would pass half a body for a whole.
                Err(_) => std::future::pending::<Bytes>().await,
            }
        })
        .flat_map(|chunk| stream::iter(cut(chunk)))
        .map(|chunk| ForwardPart { body: Some(forward_part::Body::Chunk(chunk)) })
}
