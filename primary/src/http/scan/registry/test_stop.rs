//! `DELETE /v1/scan/registry/{name}/test`

use axum::extract::{Path, State};
use http::HeaderMap;
use palisade_api::Code;

use super::TRANSACTION;
use crate::App;
use crate::http::error::{ApiError, Result};
use crate::http::extract::FedAdmin;

/// Stop the test of a registry
#[utoipa::path(
    delete,
    path = "/v1/scan/registry/{name}/test",
    tag = "registry",
    params(("name" = String, Path), ("X-Transaction-ID" = String, Header)),
    responses((status = OK)),
)]
pub(super) async fn scan_registry_test_stop(
    State(app): State<App>,
    FedAdmin(_caller): FedAdmin,
    Path(_name): Path<String>,
    headers: HeaderMap,
) -> Result<()> {
    let id = headers.get(TRANSACTION).and_then(|id| id.to_str().ok()?.parse().ok());
    if let Some(id) = id
        && (app.registries.probes.cancel(id) || app.replicas.stop_registry_test(id).await)
    {
        return Ok(());
    }
    Err(ApiError::new(Code::PollJobNotFound, "There is no such test."))
}
