//! `POST /v1/file/waf`

use axum::extract::State;
use axum::response::Response;
use palisade_api::rest::file::SensorsExport;
use palisade_api::rest::remote_repository::RemoteExportData;
use palisade_policy::sensor::Waf;

use super::export::sensors;
use crate::App;
use crate::http::error::Result;
use crate::http::extract::{Authenticated, JsonBody};
use crate::http::query::Query;

/// Export federated WAF sensors
#[utoipa::path(
    post,
    path = "/v1/file/waf",
    tag = "file",
    params(("scope" = Option<String>, Query, description = "`fed`; without it the home cluster answers")),
    request_body = SensorsExport,
    responses((status = OK, content(
        (String = "application/yaml"),
        (RemoteExportData = "application/json")
    ))),
)]
pub(super) async fn file_waf_export(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    query: Query,
    JsonBody(body): JsonBody<SensorsExport>,
) -> Result<Response> {
    sensors::<Waf>(&app, &caller, &query, &body, "cfgFedWafExport.yaml").await
}
