//! `POST /v1/file/waf`

use axum::extract::State;
use axum::response::Response;
use palisade_api::rest::file::SensorsExport;
use palisade_policy::sensor::Waf;

use super::attachment;
use super::export::check;
use crate::App;
use crate::federation::rules::resource::export;
use crate::http::error::{ApiError, Result};
use crate::http::extract::JsonBody;
use crate::http::query::Query;

/// Export federated WAF sensors
#[utoipa::path(
    post,
    path = "/v1/file/waf",
    tag = "file",
    params(("scope" = Option<String>, Query, description = "`fed`")),
    request_body = SensorsExport,
    responses((status = OK, body = String, content_type = "application/yaml")),
)]
pub(super) async fn file_waf_export(
    State(app): State<App>,
    query: Query,
    JsonBody(body): JsonBody<SensorsExport>,
) -> Result<Response> {
    check(&app, &query, body.remote_export_options.as_ref()).await?;
    if body.names.is_empty() {
        return Err(ApiError::invalid_request("Nothing is named that is to be exported."));
    }
    let yaml = export::sensors::<Waf>(&app.database, &body.names).await?;
    attachment::packed("cfgFedWafExport.yaml", &yaml)
}
