//! `DELETE /v1/system/config/remote_repository/{nickname}`

use axum::extract::{Path, State};

use crate::App;
use crate::http::error::Result;
use crate::http::extract::Authenticated;
use crate::remote_repository;

/// Forget the repository that exports can go to
///
/// What was written there stays.
#[utoipa::path(
    delete,
    path = "/v1/system/config/remote_repository/{nickname}",
    tag = "system",
    params(("nickname" = String, Path, description = "`default`")),
    responses((status = OK)),
)]
pub(super) async fn remote_repository_delete(
    State(app): State<App>,
    caller: Authenticated,
    Path(nickname): Path<String>,
) -> Result<()> {
    remote_repository::delete(&app.database, &caller.actor(), &nickname).await?;
    Ok(())
}
