//! The federation listener: gRPC for agents, the health check for installers,
//! and for everything else the answer of a REST server.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use palisade_api::Code;
use palisade_api::federation::enrol_server::EnrolServer;
use palisade_api::rest::error::ErrorBody;
use palisade_transport::server::{self, Limits};
use tokio::net::TcpListener;
use tonic::Status;
use tonic::service::Routes;

use super::enrol::EnrolService;
use super::{link, replica, scan};
use crate::App;
use crate::federation::{FederationError, Result};
use crate::store;

/// Largest request of `Enrol`.
const MOST_BYTES: usize = 64 * 1024;

/// Starts to serve the federation on `listener` until shutdown.
pub fn serve(app: &App, listener: TcpListener) -> Result<()> {
    let trust = &app.trust;
    let tls = server::federation_config(
        trust.trusted.clone(),
        trust.federation_certificate.clone(),
        trust.removed.clone(),
    )
    .map_err(FederationError::ListenerTls)?;
    let routes = router(app.clone());
    let stop = app.shutdown.token().clone();
    app.shutdown.spawn("federation-listener", async move {
        server::serve(listener, tls, routes, Limits::FEDERATION, stop).await;
    });
    Ok(())
}

fn router(app: App) -> Router {
    let enrol =
        EnrolServer::new(EnrolService::new(app.clone())).max_decoding_message_size(MOST_BYTES);
    let link = link::service(app.clone());
    let scan = scan::service(app.clone());
    let replica = replica::service(&app);
    let rest = Router::new()
        .route(link::stream::PATH, post(link::stream::serve))
        .route("/v1/fed/healthcheck", get(healthcheck))
        .with_state(app);
    let routes = Routes::new(enrol).add_service(link).add_service(scan).add_service(replica);
    routes.into_axum_router().reset_fallback().merge(rest).fallback(not_found)
}

/// 200 without a body on a primary, 503 elsewhere.
async fn healthcheck(State(app): State<App>) -> StatusCode {
    let promoted = async {
        let mut conn = app.database.acquire().await?;
        Ok::<_, store::StoreError>(store::federation::get(&mut conn).await?.promoted_at.is_some())
    };
    match promoted.await {
        Ok(true) => StatusCode::OK,
        Ok(false) => StatusCode::SERVICE_UNAVAILABLE,
        Err(error) => {
            tracing::warn!(%error, "cannot tell whether this is a primary");
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}

/// A newer agent may call what this primary does not know; installers tell the
/// two ports apart by the answer to a wrong path.
async fn not_found(headers: HeaderMap) -> Response {
    let content_type = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    if content_type.is_some_and(|value| value.starts_with(b"application/grpc")) {
        return Status::unimplemented("this primary does not know the method").into_http();
    }
    let code = Code::NotFound;
    (code.http(), Json(ErrorBody::new(code, code.text()))).into_response()
}
