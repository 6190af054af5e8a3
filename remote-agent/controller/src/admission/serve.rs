//! The webhook over HTTP.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use axum::routing::{any, post};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::Deserialize;
use tracing::{debug, warn};

use super::decide::{Decided, decide};
use super::record;
use super::review::{Answer, Review};
use super::stats::Outcome;
use crate::Controller;

/// An API server sends objects of at most 3 MiB, the old and the new one.
const MOST_BODY_BYTES: usize = 8 << 20;
/// The time for an answer where the API server names none.
const DEADLINE: Duration = Duration::from_secs(10);
/// The longest time that an API server waits.
const LONGEST: Duration = Duration::from_secs(30);
/// What is kept of the time for the way back.
const MARGIN: Duration = Duration::from_millis(500);

/// The routes of the webhook: `/v1/validate`, and anything below it. Other
/// paths answer 501, as clients expect of a webhook that is not there.
pub fn router(controller: Controller) -> Router {
    Router::new()
        .route("/v1/validate", post(validate))
        .route("/v1/validate/{*any}", post(validate))
        .fallback(any(|| async { (StatusCode::NOT_IMPLEMENTED, "disabled\n") }))
        .with_state(controller)
}

#[derive(Deserialize)]
struct Asked {
    timeout: Option<String>,
}

/// A fault of the request itself.
type Fault = (StatusCode, String);

async fn validate(
    State(controller): State<Controller>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response<Body>, Fault> {
    let stats = controller.admission().stats();
    let _processing = stats.begin();
    let started = std::time::Instant::now();
    let deadline = deadline(asked.timeout.as_deref());
    let outcome =
        tokio::time::timeout(deadline, answer(&controller, &headers, body)).await.unwrap_or_else(
            |_| Err((StatusCode::GATEWAY_TIMEOUT, "the decision took too long\n".to_owned())),
        );
    metrics::histogram!("palisade_agent_admission_seconds").record(started.elapsed().as_secs_f64());
    match outcome {
        Ok((outcome, answer)) => {
            stats.count(outcome);
            let mut response = Response::new(Body::from(answer));
            response
                .headers_mut()
                .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            Ok(response)
        }
        Err(fault) => {
            stats.count(Outcome::Erroneous);
            debug!(status = %fault.0, text = fault.1, "an admission request was not understood");
            Err(fault)
        }
    }
}

async fn answer(
    controller: &Controller,
    headers: &HeaderMap,
    body: Body,
) -> Result<(Outcome, Vec<u8>), Fault> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_json = content_type
        .and_then(|text| text.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
    if !is_json {
        let text = "the content type must be application/json\n";
        return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, text.to_owned()));
    }
    let body = Limited::new(body, MOST_BODY_BYTES).collect().await.map_err(|error| {
        if error.is::<LengthLimitError>() {
            let text = format!("the body is larger than {MOST_BODY_BYTES} bytes\n");
            (StatusCode::PAYLOAD_TOO_LARGE, text)
        } else {
            (StatusCode::BAD_REQUEST, "the body broke off\n".to_owned())
        }
    })?;
    let (api_version, request) = Review::read(&body.to_bytes())
        .map_err(|error| (StatusCode::BAD_REQUEST, format!("{error}\n")))?;
    let uid = request.uid.clone();
    let decided = decide(controller, &request);
    let (outcome, answer) = match decided {
        Decided::Ignored => (Outcome::Ignored, Answer::allowed(api_version, uid)),
        Decided::Allowed(violation) => {
            if let Some(audit) = violation {
                record::store(controller, &audit).await;
            }
            (Outcome::Allowed, Answer::allowed(api_version, uid))
        }
        Decided::Denied(audit) => {
            record::store(controller, &audit).await;
            (Outcome::Denied, Answer::denied(api_version, uid, audit.message))
        }
    };
    let json = serde_json::to_vec(&answer).map_err(|error| {
        warn!(%error, "an admission answer could not be written");
        (StatusCode::INTERNAL_SERVER_ERROR, "the answer could not be written\n".to_owned())
    })?;
    Ok((outcome, json))
}

/// The time that the API server gives (`10s`, `1m`, `1m30s`, `500ms`), less the way back.
fn deadline(asked: Option<&str>) -> Duration {
    asked
        .and_then(parse_duration)
        .unwrap_or(DEADLINE)
        .min(LONGEST)
        .saturating_sub(MARGIN)
        .max(MARGIN)
}

fn parse_duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u32 = rest.get(..digits)?.parse().ok()?;
        let tail = rest.get(digits..)?;
        let unit_end = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let unit = match tail.get(..unit_end)? {
            "ms" => Duration::from_millis(1),
            "s" => Duration::from_secs(1),
            "m" => Duration::from_mins(1),
            _ => return None,
        };
        total += unit.checked_mul(number)?;
        rest = tail.get(unit_end..)?;
    }
    (total > Duration::ZERO).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_that_an_api_server_names_is_understood() {
        for (text, ms) in [("10s", 9_500), ("1m30s", 29_500), ("700ms", 500), ("nonsense", 9_500)] {
            assert_eq!(deadline(Some(text)), Duration::from_millis(ms), "{text}");
        }
        assert_eq!(deadline(None), Duration::from_millis(9_500));
    }
}
