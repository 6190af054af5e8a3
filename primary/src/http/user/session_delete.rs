//! `DELETE /v1/user/{fullname}/session/{id}`

use axum::extract::{Path, State};

use crate::App;
use crate::http::error::Result;
use crate::http::extract::Authenticated;
use crate::identity::UserError;

/// End a session of a user
#[utoipa::path(
    delete,
    path = "/v1/user/{fullname}/session/{id}",
    tag = "user",
    params(("fullname" = String, Path), ("id" = String, Path)),
    responses((status = OK)),
)]
pub(super) async fn user_session_delete(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    Path((fullname, id)): Path<(String, String)>,
) -> Result<()> {
    let id = id.parse().map_err(|_| UserError::MissingSession)?;
    app.identity.end_sessions(&caller, &fullname, Some(id)).await?;
    Ok(())
}
