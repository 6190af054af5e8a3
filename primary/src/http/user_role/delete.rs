//! `DELETE /v1/user_role/{name}`

use axum::extract::{Path, State};

use crate::App;
use crate::http::error::Result;
use crate::http::extract::Authenticated;
use crate::identity::UserRoleError;
use crate::version::Expected;

/// Remove a custom role that nobody holds
#[utoipa::path(
    delete,
    path = "/v1/user_role/{name}",
    tag = "user_role",
    params(("name" = String, Path), Expected),
    responses((status = OK)),
)]
pub(super) async fn user_role_delete(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    Path(name): Path<String>,
    expected: Expected,
) -> Result<()> {
    let name = name.parse().map_err(UserRoleError::from)?;
    app.identity.delete_user_role(&caller, &name, &expected).await?;
    Ok(())
}
