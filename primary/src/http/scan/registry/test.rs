//! `POST /v1/scan/registry/{name}/test`

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode};
use palisade_api::Code;
use palisade_api::rest::scan::{RegistryConfig, RegistryConfigData, RegistryTestStepData};
use uuid::Uuid;

use super::TRANSACTION;
use crate::App;
use crate::http::error::{ApiError, Result};
use crate::http::extract::{FedAdmin, JsonBody};
use crate::registry::probe::Progress;

/// Test the settings of a registry
///
/// The first answer names the test in `X-Transaction-ID`. Sent again with
/// that header: 304 nothing new, 206 the steps so far, 200 all steps.
#[utoipa::path(
    post,
    path = "/v1/scan/registry/{name}/test",
    tag = "registry",
    params(
        ("name" = String, Path),
        ("X-Transaction-ID" = Option<String>, Header),
    ),
    request_body = RegistryConfigData,
    responses(
        (status = OK, body = RegistryTestStepData),
        (status = PARTIAL_CONTENT, body = RegistryTestStepData),
        (status = NOT_MODIFIED),
    ),
)]
pub(super) async fn scan_registry_test(
    State(app): State<App>,
    FedAdmin(_caller): FedAdmin,
    Path(name): Path<String>,
    headers: HeaderMap,
    JsonBody(data): JsonBody<Option<RegistryConfigData>>,
) -> Result<Response> {
    tested(&app, &name, &headers, data.map(|data| data.config)).await
}

/// Starts a test, or says how the one that the headers name goes on.
pub(in crate::http::scan) async fn tested(
    app: &App,
    name: &str,
    headers: &HeaderMap,
    config: Option<RegistryConfig>,
) -> Result<Response> {
    let id = if let Some(id) = headers.get(TRANSACTION) {
        id.to_str().ok().and_then(|id| id.parse().ok()).ok_or_else(gone)?
    } else {
        let config = config.ok_or_else(|| {
            ApiError::invalid_request("The settings to test are missing: send config.")
        })?;
        app.registries.probe(name, config, &app.shutdown).await?
    };
    let progress = match app.registries.probes.poll(id).await {
        Some(progress) => Some(progress),
        None => app.replicas.poll_registry_test(id).await,
    };
    let (status, steps) = match progress.ok_or_else(gone)? {
        Progress::Nothing => (StatusCode::NOT_MODIFIED, None),
        Progress::Steps(steps) => (StatusCode::PARTIAL_CONTENT, Some(steps)),
        Progress::Done(steps) => (StatusCode::OK, Some(steps)),
    };
    let mut response = match steps {
        Some(steps) => (status, Json(RegistryTestStepData { steps })).into_response(),
        None => status.into_response(),
    };
    response.headers_mut().insert(TRANSACTION, transaction(id)?);
    Ok(response)
}

fn transaction(id: Uuid) -> Result<HeaderValue> {
    HeaderValue::from_str(&id.to_string()).map_err(ApiError::internal)
}

fn gone() -> ApiError {
    ApiError::new(Code::PollJobNotFound, "The test is over: start it again.")
}
