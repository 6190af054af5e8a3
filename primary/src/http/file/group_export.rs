//! `POST /v1/file/group`, and GET with a body

use axum::extract::State;
use axum::response::Response;
use palisade_api::Code;
use palisade_api::rest::file::GroupExport;
use palisade_api::rest::remote_repository::RemoteExportData;

use super::export::{answer, require_federal};
use crate::App;
use crate::federation::rules::resource::export;
use crate::http::error::{ApiError, Result};
use crate::http::extract::{Authenticated, JsonBody};
use crate::http::query::Query;

/// Export federated groups
///
/// With the rules that name them and what belongs to them.
#[utoipa::path(
    post,
    path = "/v1/file/group",
    tag = "file",
    params(("scope" = Option<String>, Query, description = "`fed`; without it the home cluster answers")),
    request_body = GroupExport,
    responses((status = OK, content(
        (String = "application/yaml"),
        (RemoteExportData = "application/json")
    ))),
)]
pub(super) async fn file_group_export(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    query: Query,
    JsonBody(body): JsonBody<GroupExport>,
) -> Result<Response> {
    require_federal(&app, &query).await?;
    if body.use_name_referral {
        return Err(ApiError::new(
            Code::OpNotAllowed,
            "Groups are exported with the rules that name them, not apart.",
        ));
    }
    if body.groups.is_empty() {
        return Err(ApiError::invalid_request("Nothing is named that is to be exported."));
    }
    let yaml = export::groups(&app.database, &body.groups).await?;
    let file = ("cfgFedGroupsExport.yaml", yaml.as_str());
    answer(&app, &caller, body.remote_export_options.as_ref(), file).await
}

/// Export federated groups
///
/// As POST does; some clients send a GET with a body.
#[utoipa::path(
    get,
    path = "/v1/file/group",
    tag = "file",
    params(("scope" = Option<String>, Query, description = "`fed`; without it the home cluster answers")),
    responses((status = OK, content(
        (String = "application/yaml"),
        (RemoteExportData = "application/json")
    ))),
)]
pub(super) async fn file_group_export_get(
    state: State<App>,
    caller: Authenticated,
    query: Query,
    body: JsonBody<GroupExport>,
) -> Result<Response> {
    file_group_export(state, caller, query, body).await
}
