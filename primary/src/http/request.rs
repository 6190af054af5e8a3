//! What happens around every request: an id in logs and answer, a deadline,
//! metrics.

use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderName, HeaderValue, StatusCode};
use palisade_api::Code;
use palisade_transport::server::names_host;
use tracing::Instrument as _;
use uuid::Uuid;

use super::error::ApiError;
use super::in_process::InProcess;

/// Time until the head of an answer; its body may take longer. A database that
/// accepts statements but does not answer costs a client no more than this.
const DEADLINE: Duration = Duration::from_secs(25);
/// The same for calls that wait for others by their nature.
const WAITING_DEADLINE: Duration = Duration::from_secs(150);
/// Route of requests that match none, in metrics.
const UNMATCHED: &str = "unmatched";
/// Header that names the request, for finding it in the log.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Runs the request in a span of its own and counts it.
pub(super) async fn observe(request: Request, next: Next) -> Response {
    let id = Uuid::new_v4().simple().to_string();
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| UNMATCHED.to_owned(), |path| path.as_str().to_owned());
    let span = tracing::info_span!("request", %id, %method, path = request.uri().path());
    let started = Instant::now();

    let mut response = async {
        // What this process asks itself is for nobody else.
        let is_own = request.extensions().get::<InProcess>().is_some();
        if !is_own && !names_host(&request) {
            return ApiError::invalid_request("HTTP/1.1 wants one header Host.").into_response();
        }
        match tokio::time::timeout(deadline(&route), next.run(request)).await {
            Ok(response) => response,
            Err(_) => late().into_response(),
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

/// Members and registries answer in their own time: paths that no route
/// matches go to the home cluster.
fn deadline(route: &str) -> Duration {
    let waits = route == UNMATCHED
        || route.starts_with("/v1/fed/cluster/")
        || route.starts_with("/v1/scan/registry/") && route.ends_with("/test")
        || route == "/v1/scan/repository";
    if waits { WAITING_DEADLINE } else { DEADLINE }
}

fn late() -> ApiError {
    ApiError::new(
        Code::ClusterTimeout,
        "There was no answer in time; the database may not respond. Whether a change took effect \
         is not known: look before trying again.",
    )
    .with_status(StatusCode::SERVICE_UNAVAILABLE)
}
