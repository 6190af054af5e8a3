//! What happens around every request: an id in logs and answer, a deadline,
//! metrics.

use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderName, HeaderValue};
use palisade_api::Code;
use tracing::Instrument as _;
use uuid::Uuid;

use super::error::ApiError;

/// Time until the head of an answer; its body may take longer.
const DEADLINE: Duration = Duration::from_mins(2);
/// Header that names the request, for finding it in the log.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Runs the request in a span of its own and counts it.
pub(super) async fn observe(request: Request, next: Next) -> Response {
    let id = Uuid::new_v4().simple().to_string();
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned());
    let span = tracing::info_span!("request", %id, %method, path = request.uri().path());
    let started = Instant::now();

    let mut response = async {
        match tokio::time::timeout(DEADLINE, next.run(request)).await {
            Ok(response) => response,
            Err(_) => ApiError::of(Code::ClusterTimeout).into_response(),
        }
    }
    .instrument(span.clone())
    .await;

    let elapsed = started.elapsed();
    let status = response.status().as_u16();
    span.in_scope(|| {
        tracing::debug!(status, milliseconds = elapsed.as_secs_f64() * 1_000.0, "answered");
    });
    let labels =
        [("method", method.as_str().to_owned()), ("route", route), ("status", status.to_string())];
    metrics::counter!("palisade_http_requests_total", &labels).increment(1);
    metrics::histogram!("palisade_http_request_seconds", &labels).record(elapsed.as_secs_f64());
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}
