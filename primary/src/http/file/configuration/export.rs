//! `GET /v1/file/config`

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use chrono::SecondsFormat;
use palisade_api::Code;
use palisade_api::rest::configuration_file::{ConfigurationFile, Section};

use super::{client, content, of_primary};
use crate::App;
use crate::http::error::{ApiError, Result};
use crate::http::extract::Authenticated;
use crate::http::query::Query;
use crate::store;

/// Export the configuration
///
/// As a form with the part `configuration`, a file to be imported again: what is
/// federated, accepted vulnerabilities, settings, directories and custom roles, as far as
/// the caller may read them. Users and secrets are no part of it.
#[utoipa::path(
    get,
    path = "/v1/file/config",
    tag = "file",
    params(
        ("section" = Option<String>, Query,
            description = "`policy`, `config`, `user`, with commas between; all where it is left out"),
        ("raw" = Option<bool>, Query, description = "The file alone, without a form"),
        ("scope" = Option<String>, Query, description = "`local`: the home cluster answers"),
    ),
    responses((status = OK, content((String = "multipart/form-data"), (String = "application/gzip")))),
)]
pub(super) async fn file_config_export(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    query: Query,
) -> Result<Response> {
    of_primary(&query)?;
    let sections = Section::asked_for(query.get("section")).map_err(|word| {
        ApiError::invalid_request(format!(
            "There is no section {word:?}: there are policy, config and user."
        ))
    })?;
    let federation = store::federation::get(&mut *app.database.acquire().await?).await?;
    let is_primary = federation.promoted_at.is_some();
    let file = ConfigurationFile {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        created_at: app.clock.now().to_rfc3339_opts(SecondsFormat::Secs, true),
        entries: content::read(&app, &client(&app, &caller)?, &sections, is_primary).await?,
        sections,
        role: if is_primary { "master" } else { "" }.to_owned(),
    };
    let answer = file.answer(query.flag("raw"));
    let answer = answer.map_err(|error| ApiError::of(Code::FailExport).caused_by(error))?;
    Ok(answer.map(Body::from))
}
