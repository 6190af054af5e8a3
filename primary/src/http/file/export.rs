//! What all exports have in common.

use palisade_api::Code;
use palisade_api::rest::file::RemoteExportOptions;

use crate::App;
use crate::http::error::{ApiError, Result};
use crate::http::query::{Query, Scope};
use crate::store;

/// Refuses exports of what is not federated, or where there is no federation,
/// and those that are to go into a repository, of which none can be configured.
pub(super) async fn check(
    app: &App,
    query: &Query,
    remote: Option<&RemoteExportOptions>,
) -> Result<()> {
    require_federal(app, query).await?;
    check_remote(remote)
}

/// Refuses files that are about a cluster, and those of a federation that is
/// not.
pub(super) async fn require_federal(app: &App, query: &Query) -> Result<()> {
    if query.scope()? != Some(Scope::Fed) {
        return Err(ApiError::new(
            Code::OpNotAllowed,
            "Without scope=fed a file is about a cluster, and the primary has no home cluster.",
        ));
    }
    let federation = store::federation::get(&mut *app.database.acquire().await?).await?;
    if federation.promoted_at.is_none() {
        return Err(ApiError::access_denied(
            "Only the primary of a federation has federated files.",
        ));
    }
    Ok(())
}

/// Refuses exports that are to go into a repository.
pub(super) fn check_remote(remote: Option<&RemoteExportOptions>) -> Result<()> {
    match remote {
        Some(_) => {
            Err(ApiError::new(Code::RemoteExportFail, "No remote repository is configured."))
        }
        None => Ok(()),
    }
}
