//! `POST /v1/file/group/config`, and GET for how the last import stands

use axum::Json;
use axum::extract::{Request, State};
use axum::response::Response;
use palisade_api::rest::file::ImportTaskData;
use palisade_policy::edit::resource::File;

use super::import::import;
use crate::App;
use crate::federation::import_task;
use crate::http::error::Result;
use crate::http::extract::FedAdmin;

/// Import federated groups
///
/// Answered with 206 and an id; the same call with the id in
/// `X-Transaction-ID` and an empty body is answered with 206 until the import
/// is done, then with 200.
#[utoipa::path(
    post,
    path = "/v1/file/group/config",
    tag = "file",
    params(
        ("scope" = Option<String>, Query, description = "`fed`; without it the home cluster answers"),
        ("X-Transaction-ID" = Option<String>, Header, description = "Id of the import"),
    ),
    request_body(content = String, content_type = "application/yaml"),
    responses(
        (status = OK, body = ImportTaskData),
        (status = PARTIAL_CONTENT, body = ImportTaskData),
    ),
)]
pub(super) async fn file_group_import(
    State(app): State<App>,
    FedAdmin(caller): FedAdmin,
    request: Request,
) -> Result<Response> {
    import(app, caller, File::Groups, request).await
}

/// Show how far the import is that runs, or how the last one ended
///
/// Of any kind of file: one import runs at a time.
#[utoipa::path(
    get,
    path = "/v1/file/group/config",
    tag = "file",
    params(("scope" = Option<String>, Query, description = "`fed`; without it the home cluster answers")),
    responses((status = OK, body = ImportTaskData)),
)]
pub(super) async fn file_group_import_get(State(app): State<App>) -> Result<Json<ImportTaskData>> {
    let last = import_task::get(&app.database, app.clock.now()).await?;
    let data = last.map(|task| task.to_rest()).unwrap_or_default();
    Ok(Json(ImportTaskData { data }))
}
