//! `DELETE /v1/user/{fullname}`

use axum::extract::{Path, State};

use crate::App;
use crate::http::error::Result;
use crate::http::extract::Authenticated;
use crate::version::Expected;

/// Remove a user and end its sessions
#[utoipa::path(
    delete,
    path = "/v1/user/{fullname}",
    tag = "user",
    params(("fullname" = String, Path), Expected),
    responses((status = OK)),
)]
pub(super) async fn user_delete(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    Path(fullname): Path<String>,
    expected: Expected,
) -> Result<()> {
    app.identity.delete_user(&caller, &fullname, &expected).await?;
    Ok(())
}
