//! Answers of forwarded calls.

use std::time::Duration;

use palisade_api::federation::{AnswerPart, CallPart, answer_part};
use palisade_api::{ClusterId, Code};
use tonic::{Status, Streaming};

use super::Messages;
use crate::App;
use crate::federation::forwarding::{begin_answer, call_parts};
use crate::grpc::status;

/// How long an agent may take to say which call it answers.
const FIRST_PART: Duration = Duration::from_secs(10);

/// Hands an agent's answer to the call that waits for it.
pub(super) async fn answer(
    app: &App,
    cluster: ClusterId,
    mut parts: Streaming<AnswerPart>,
) -> Result<Messages<CallPart>, Status> {
    let first = tokio::time::timeout(FIRST_PART, parts.message())
        .await
        .map_err(|_| Status::deadline_exceeded("no first part in time"))??;
    let Some(AnswerPart { body: Some(answer_part::Body::Id(id)) }) = first else {
        return Err(status(Code::InvalidRequest, "the first part of an answer names the call"));
    };
    let answering = app.links.get(cluster).and_then(|link| begin_answer(&link, id, parts));
    let answering =
        answering.ok_or_else(|| status(Code::ObjectNotFound, "nobody waits for the answer"))?;
    Ok(Box::pin(call_parts(answering)))
}
