//! `POST /v1/file/admission`

use axum::extract::State;
use axum::response::Response;
use palisade_api::rest::file::AdmissionRulesExport;

use super::attachment;
use super::export::check;
use crate::App;
use crate::federation::rules::resource::export;
use crate::http::error::{ApiError, Result};
use crate::http::extract::JsonBody;
use crate::http::query::Query;

/// Export federated admission rules
#[utoipa::path(
    post,
    path = "/v1/file/admission",
    tag = "file",
    params(("scope" = Option<String>, Query, description = "`fed`; without it the home cluster answers")),
    request_body = AdmissionRulesExport,
    responses((status = OK, body = String, content_type = "application/yaml")),
)]
pub(super) async fn file_admission_export(
    State(app): State<App>,
    query: Query,
    JsonBody(body): JsonBody<AdmissionRulesExport>,
) -> Result<Response> {
    check(&app, &query, body.remote_export_options.as_ref()).await?;
    if body.ids.is_empty() {
        return Err(ApiError::invalid_request("Nothing is named that is to be exported."));
    }
    let yaml = export::admission(&app.database, &body.ids).await?;
    attachment::packed("cfgFedAdmissionRulesExport.yaml", &yaml)
}
