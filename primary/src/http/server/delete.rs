//! `DELETE /v1/server/{name}`

use axum::extract::{Path, State};

use crate::App;
use crate::http::error::Result;
use crate::http::extract::Authenticated;
use crate::version::Expected;

/// Remove a directory
///
/// Its users go with it, and their sessions end.
#[utoipa::path(
    delete,
    path = "/v1/server/{name}",
    tag = "server",
    params(("name" = String, Path), Expected),
    responses((status = OK)),
)]
pub(super) async fn server_delete(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    Path(name): Path<String>,
    expected: Expected,
) -> Result<()> {
    app.identity.delete_directory(&caller, &name, &expected).await?;
    Ok(())
}
