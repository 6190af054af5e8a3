//! `DELETE /v1/user/{fullname}/session`

use axum::extract::{Path, State};

use crate::App;
use crate::http::error::Result;
use crate::http::extract::Authenticated;

/// End all sessions of a user
#[utoipa::path(
    delete,
    path = "/v1/user/{fullname}/session",
    tag = "user",
    params(("fullname" = String, Path)),
    responses((status = OK)),
)]
pub(super) async fn user_session_delete_all(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    Path(fullname): Path<String>,
) -> Result<()> {
    app.identity.end_sessions(&caller, &fullname, None).await?;
    Ok(())
}
