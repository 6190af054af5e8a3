//! `POST /v1/file/group`

use axum::extract::State;
use axum::response::Response;
use palisade_api::Code;
use palisade_api::rest::file::GroupExport;

use super::attachment;
use super::export::check;
use crate::App;
use crate::federation::rules::resource::export;
use crate::http::error::{ApiError, Result};
use crate::http::extract::JsonBody;
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
    responses((status = OK, body = String, content_type = "application/yaml")),
)]
pub(super) async fn file_group_export(
    State(app): State<App>,
    query: Query,
    JsonBody(body): JsonBody<GroupExport>,
) -> Result<Response> {
    check(&app, &query, body.remote_export_options.as_ref()).await?;
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
    attachment::packed("cfgFedGroupsExport.yaml", &yaml)
}
