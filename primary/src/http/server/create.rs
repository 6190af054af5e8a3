//! `POST /v1/server`

use axum::extract::State;
use palisade_api::rest::server::ServerConfigData;

use super::config::{created, name_by_id};
use crate::App;
use crate::http::error::Result;
use crate::http::extract::{Authenticated, JsonBody};
use crate::version::Version;

/// Add a directory
///
/// LDAP and Active Directory, SAML, or OpenID Connect; any number of each. A
/// directory gives nobody more than its creator has.
#[utoipa::path(
    post,
    path = "/v1/server",
    tag = "server",
    request_body = ServerConfigData,
    responses((
        status = OK,
        headers(("ETag" = String, description = "The version that was made, for `If-Match`")),
    )),
)]
pub(super) async fn server_create(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    JsonBody(ServerConfigData { mut config }): JsonBody<ServerConfigData>,
) -> Result<Version> {
    name_by_id(&app, &mut config).await?;
    let name = config.name.clone();
    Ok(app.identity.create_directory(&caller, &name, created(config)?).await?)
}
