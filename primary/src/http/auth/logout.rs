//! `DELETE /v1/auth`

use axum::extract::State;

use crate::App;
use crate::http::error::Result;
use crate::http::extract::Authenticated;

/// Log out
#[utoipa::path(delete, path = "/v1/auth", tag = "auth", responses((status = OK)))]
pub(super) async fn auth_delete(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
) -> Result<()> {
    app.identity.logout(&caller).await?;
    Ok(())
}
