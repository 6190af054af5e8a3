//! `/healthz`, `/readyz` and `/metrics`, for orchestrators and Prometheus.

use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use http::{StatusCode, header};
use metrics::gauge;

use crate::{App, telemetry};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(render_metrics))
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

async fn render_metrics(State(app): State<App>) -> impl IntoResponse {
    let (open, idle) = app.database.connections();
    gauge!("palisade_database_connections", "state" => "open").set(open);
    gauge!("palisade_database_connections", "state" => "idle").set(idle as f64);
    let handle = telemetry::metrics();
    handle.run_upkeep();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], handle.render())
}
