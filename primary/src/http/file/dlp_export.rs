//! `POST /v1/file/dlp`

use axum::extract::State;
use axum::response::Response;
use palisade_api::rest::file::SensorsExport;
use palisade_api::rest::remote_repository::RemoteExportData;
use palisade_policy::sensor::Dlp;

use super::export::sensors;
use crate::App;
use crate::http::error::Result;
use crate::http::extract::{Authenticated, JsonBody};
use crate::http::query::Query;

/// Export federated DLP sensors
#[utoipa::path(
    post,
    path = "/v1/file/dlp",
    tag = "file",
    params(("scope" = Option<String>, Query, description = "`fed`; without it the home cluster answers")),
    request_body = SensorsExport,
    responses((status = OK, content(
        (String = "application/yaml"),
        (RemoteExportData = "application/json")
    ))),
)]
pub(super) async fn file_dlp_export(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    query: Query,
    JsonBody(body): JsonBody<SensorsExport>,
) -> Result<Response> {
    sensors::<Dlp>(&app, &caller, &query, &body, "cfgFedDlpExport.yaml").await
}
