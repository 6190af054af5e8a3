//! What all exports have in common.

use axum::response::Response;
use palisade_api::Code;
use palisade_api::rest::file::{RemoteExportOptions, SensorsExport};
use palisade_policy::sensor::Inspection;

use super::attachment;
use crate::App;
use crate::federation::rules::resource;
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

/// The sensors of one inspection that `body` names, as the file `file`.
pub(super) async fn sensors<I: Inspection>(
    app: &App,
    query: &Query,
    body: &SensorsExport,
    file: &'static str,
) -> Result<Response> {
    check(app, query, body.remote_export_options.as_ref()).await?;
    if body.names.is_empty() {
        return Err(ApiError::invalid_request("Nothing is named that is to be exported."));
    }
    let yaml = resource::export::sensors::<I>(&app.database, &body.names).await?;
    attachment::packed(file, &yaml)
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
