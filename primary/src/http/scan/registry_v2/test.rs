//! `POST /v2/scan/registry/{name}/test`

use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use palisade_api::rest::scan::{RegistryConfigDataV2, RegistryTestStepData};

use crate::App;
use crate::http::error::Result;
use crate::http::extract::{FedAdmin, JsonBody};
use crate::http::scan::registry::test::tested;

/// Test the settings of a registry
///
/// The first answer names the test in `X-Transaction-ID`. Sent again with
/// that header: 304 nothing new, 206 the steps so far, 200 all steps.
#[utoipa::path(
    post,
    path = "/v2/scan/registry/{name}/test",
    tag = "registry",
    params(
        ("name" = String, Path),
        ("X-Transaction-ID" = Option<String>, Header),
    ),
    request_body = RegistryConfigDataV2,
    responses(
        (status = OK, body = RegistryTestStepData),
        (status = PARTIAL_CONTENT, body = RegistryTestStepData),
        (status = NOT_MODIFIED),
    ),
)]
pub(super) async fn scan_registry_test_v2(
    State(app): State<App>,
    FedAdmin(_caller): FedAdmin,
    Path(name): Path<String>,
    headers: HeaderMap,
    JsonBody(data): JsonBody<Option<RegistryConfigDataV2>>,
) -> Result<Response> {
    tested(&app, &name, &headers, data.map(|data| data.config.into())).await
}
