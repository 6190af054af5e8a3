//! `GET /v1/token_auth_server/{server}/metadata`

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse as _, Response};
use http::header;

use super::{login_address, logout_address, origin};
use crate::App;
use crate::http::error::Result;

/// Describe us to a provider of SAML
///
/// Metadata of the portal, as XML, for whoever sets the provider up: the
/// addresses for logins and logouts, and our certificate.
#[utoipa::path(
    get,
    path = "/v1/token_auth_server/{server}/metadata",
    tag = "auth",
    params(("server" = String, Path)),
    responses((status = OK, body = String, content_type = "application/samlmetadata+xml")),
)]
pub(super) async fn token_auth_server_metadata_get(
    State(app): State<App>,
    Path(server): Path<String>,
    request: Request,
) -> Result<Response> {
    let origin = origin(&request)?;
    let (login, logout) = (login_address(&origin, &server), logout_address(&origin, &server));
    let metadata = app.identity.saml_metadata(&server, &login, &logout).await?;
    Ok(([(header::CONTENT_TYPE, "application/samlmetadata+xml")], metadata).into_response())
}
