//! `POST /v1/file/group/config`

use axum::extract::{Request, State};
use axum::response::Response;
use palisade_api::rest::file::ImportTaskData;
use palisade_policy::edit::resource::File;

use super::import::import;
use crate::App;
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
