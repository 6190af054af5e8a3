//! `POST /v1/file/fed_config`

use axum::extract::State;
use axum::response::Response;
use palisade_api::rest::file::FedConfigExport;
use palisade_api::rest::remote_repository::RemoteExportData;

use super::export::answer;
use crate::App;
use crate::federation::FederationError;
use crate::federation::promotion::require_primary;
use crate::federation::rules::resource::export;
use crate::http::error::{ApiError, Result};
use crate::http::extract::{FedReader, JsonBody};

/// Export the federated webhooks
#[utoipa::path(
    post,
    path = "/v1/file/fed_config",
    tag = "file",
    request_body = FedConfigExport,
    responses((status = OK, content(
        (String = "application/yaml"),
        (RemoteExportData = "application/json")
    ))),
)]
pub(super) async fn file_fed_config_export(
    State(app): State<App>,
    FedReader(caller): FedReader,
    JsonBody(body): JsonBody<Option<FedConfigExport>>,
) -> Result<Response> {
    match require_primary(&mut *app.database.acquire().await?).await {
        Ok(_) => {}
        // NeuVector's clients are told that the request is wrong here.
        Err(error @ FederationError::NotPrimary) => {
            return Err(ApiError::invalid_request(error.to_string()));
        }
        Err(error) => return Err(error.into()),
    }
    let body = body.unwrap_or_default();
    let yaml = export::webhooks(&app.database).await?;
    let file = ("cfgFedConfigExport.yaml", yaml.as_str());
    answer(&app, &caller, body.remote_export_options.as_ref(), file).await
}
