//! `/healthz`, `/readyz` and `/metrics`, for orchestrators and Prometheus, and what
//! clients of the REST API ask instead.

use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use http::{StatusCode, header};
use metrics::gauge;

use super::ApiRouter;
use crate::http::endpoint::routes;
use crate::{App, telemetry};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(render_metrics))
}

/// The part of it that stands in the REST API.
pub(super) fn api() -> ApiRouter {
    ApiRouter::new().routes(routes!(fed_healthcheck))
}

/// The process lives.
async fn healthz() -> &'static str {
    "ok\n"
}

/// The database answers and the primary is not stopping. Listeners only open
/// after the migrations, so an answer at all means that those are done.
async fn readyz(State(app): State<App>) -> (StatusCode, &'static str) {
    if app.shutdown.token().is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
    }
    match app.database.ping().await {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the database is unavailable\n")
        }
    }
}

/// Tell whether the primary serves the federation
///
/// Like `/readyz`: 503 while it stops, or the database does not answer.
#[utoipa::path(
    get,
    path = "/v1/fed/healthcheck",
    tag = "federation",
    responses(
        (status = OK, content_type = "text/plain", body = String),
        (status = SERVICE_UNAVAILABLE, content_type = "text/plain", body = String),
    ),
)]
async fn fed_healthcheck(app: State<App>) -> (StatusCode, &'static str) {
    readyz(app).await
}

async fn render_metrics(State(app): State<App>) -> impl IntoResponse {
    let (open, idle) = app.database.connections();
    gauge!("palisade_database_connections", "state" => "open").set(open);
    gauge!("palisade_database_connections", "state" => "idle").set(idle as f64);
    let handle = telemetry::metrics();
    handle.run_upkeep();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], handle.render())
}
