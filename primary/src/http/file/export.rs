//! What all exports have in common.

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use palisade_api::Code;
use palisade_api::rest::file::{RemoteExportOptions, SensorsExport};
use palisade_api::rest::remote_repository::RemoteExportData;
use palisade_identity::{Access, Caller, Permission};
use palisade_policy::sensor::Inspection;

use super::attachment;
use crate::App;
use crate::federation::rules::resource;
use crate::http::error::{ApiError, Result};
use crate::http::extract::require;
use crate::http::query::{Query, Scope};
use crate::remote_repository::{self, RemoteExportError};
use crate::store;

/// The answer to an export: the file `name` itself, or where it was put in the repository
/// that it is for.
pub(super) async fn answer(
    app: &App,
    caller: &Caller,
    remote: Option<&RemoteExportOptions>,
    (name, yaml): (&'static str, &str),
) -> Result<Response> {
    let Some(options) = remote else { return attachment::packed(name, yaml) };
    // Who may not see the repository does not write to it either, nor who is limited to a
    // part of the fleet: it has the files of all.
    require(caller, Permission::Config, Access::Read)?;
    if caller.rights.scope().is_some() {
        return Err(ApiError::access_denied(
            "Within an access scope nothing is written to the remote repository.",
        ));
    }
    let proxy = app.config.https_proxy.as_ref();
    let file = (name, yaml);
    let file_path =
        remote_repository::write(&app.database, &app.sealer, proxy, options, file).await?;
    Ok(Json(RemoteExportData { file_path }).into_response())
}

/// The sensors of one inspection that `body` names, as the file `file`.
pub(super) async fn sensors<I: Inspection>(
    app: &App,
    caller: &Caller,
    query: &Query,
    body: &SensorsExport,
    file: &'static str,
) -> Result<Response> {
    require_federal(app, query).await?;
    if body.names.is_empty() {
        return Err(ApiError::invalid_request("Nothing is named that is to be exported."));
    }
    let yaml = resource::export::sensors::<I>(&app.database, &body.names).await?;
    answer(app, caller, body.remote_export_options.as_ref(), (file, yaml.as_str())).await
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

impl From<RemoteExportError> for ApiError {
    fn from(error: RemoteExportError) -> Self {
        match error {
            RemoteExportError::Store(error) => error.into(),
            RemoteExportError::Seal(error) => Self::internal(error),
            other => Self::new(Code::RemoteExportFail, other.to_string()),
        }
    }
}
