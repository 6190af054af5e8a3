//! `POST /v1/file/fed_config`

use axum::extract::State;
use axum::response::Response;
use palisade_api::rest::file::FedConfigExport;

use super::attachment;
use super::export::check_remote;
use crate::App;
use crate::federation::rules::resource::export;
use crate::http::error::Result;
use crate::http::extract::{FedReader, JsonBody};

/// Export the federated webhooks
#[utoipa::path(
    post,
    path = "/v1/file/fed_config",
    tag = "file",
    request_body = FedConfigExport,
    responses((status = OK, body = String, content_type = "application/yaml")),
)]
pub(super) async fn file_fed_config_export(
    State(app): State<App>,
    _: FedReader,
    JsonBody(body): JsonBody<Option<FedConfigExport>>,
) -> Result<Response> {
    let body = body.unwrap_or_default();
    check_remote(body.remote_export_options.as_ref())?;
    let yaml = export::webhooks(&app.database).await?;
    attachment::packed("cfgFedConfigExport.yaml", &yaml)
}
