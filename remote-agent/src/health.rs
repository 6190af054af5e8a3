//! `/healthz`, `/readyz` and `/metrics`, for orchestrators and Prometheus.

use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use http::{StatusCode, header};
use palisade_controller::Controller;

use crate::telemetry;

pub(crate) fn router(controller: Controller) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(controller)
}

/// The same for an agent that only scans: it holds nothing that could be
/// unready.
pub(crate) fn worker_router() -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(|| async { "ready\n" }))
        .route("/metrics", get(metrics))
}

async fn healthz() -> &'static str {
    "ok\n"
}

/// The database answers. Whether the primary does is not asked: what was
/// applied is in force without it.
async fn readyz(State(controller): State<Controller>) -> (StatusCode, &'static str) {
    match controller.store().check().await {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n")
        }
    }
}

async fn metrics() -> impl IntoResponse {
    let handle = telemetry::metrics();
    handle.run_upkeep();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], handle.render())
}
