//! `POST /v1/file/response/rule`

use axum::extract::State;
use axum::response::Response;
use palisade_api::rest::file::ResponseRulesExport;
use palisade_api::rest::remote_repository::RemoteExportData;

use super::export::{answer, require_federal};
use crate::App;
use crate::federation::rules::resource::export;
use crate::http::error::{ApiError, Result};
use crate::http::extract::{Authenticated, JsonBody};
use crate::http::query::Query;

/// Export federated response rules
///
/// Those that are about no group; the others are exported with their group.
#[utoipa::path(
    post,
    path = "/v1/file/response/rule",
    tag = "file",
    params(("scope" = Option<String>, Query, description = "`fed`; without it the home cluster answers")),
    request_body = ResponseRulesExport,
    responses((status = OK, content(
        (String = "application/yaml"),
        (RemoteExportData = "application/json")
    ))),
)]
pub(super) async fn file_response_rule_export(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    query: Query,
    JsonBody(body): JsonBody<ResponseRulesExport>,
) -> Result<Response> {
    require_federal(&app, &query).await?;
    if body.ids.is_empty() {
        return Err(ApiError::invalid_request("Nothing is named that is to be exported."));
    }
    let yaml = export::response(&app.database, &body.ids).await?;
    let file = ("cfgFedResponseRulesExport.yaml", yaml.as_str());
    answer(&app, &caller, body.remote_export_options.as_ref(), file).await
}
