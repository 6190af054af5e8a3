//! `GET /v1/token_auth_server/{server}/slo`

use axum::Json;
use axum::extract::{Path, Request, State};
use palisade_api::rest::server::{
    TokenAuthServerRedirect, TokenAuthServersRedirectData, TokenRedirect,
};

use super::OIDC;
use crate::App;
use crate::http::error::Result;
use crate::http::extract::{Authenticated, MAX_BODY_BYTES, from_json, read_body};
use crate::http::query::Query;
use crate::identity::SsoError;

/// Begin a logout at the provider
///
/// Answers with the address that the browser goes to; the provider sends it
/// back to `redirect_endpoint`, from the body or the query. The session here is
/// ended by `DELETE /v1/auth`.
#[utoipa::path(
    get,
    path = "/v1/token_auth_server/{server}/slo",
    tag = "auth",
    params(("server" = String, Path), ("redirect_endpoint" = Option<String>, Query)),
    responses((status = OK, body = TokenAuthServersRedirectData)),
)]
pub(super) async fn token_auth_server_slo_get(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    Path(server): Path<String>,
    query: Query,
    request: Request,
) -> Result<Json<TokenAuthServersRedirectData>> {
    let body = read_body(request, MAX_BODY_BYTES).await?;
    let from_body: Option<TokenRedirect> = from_json(&body)?;
    let endpoint = from_body
        .map(|body| body.redirect_endpoint)
        .filter(|endpoint| !endpoint.is_empty())
        .or_else(|| query.get("redirect_endpoint").map(str::to_owned));
    let url = match app.identity.sso_logout(&caller, &server, endpoint.as_deref()).await {
        // The session is fine, it is only not of this provider.
        Err(SsoError::Refused(_)) => return Err(SsoError::NoProvider.into()),
        other => other?,
    };
    let redirect = TokenAuthServerRedirect {
        server_name: server,
        server_type: OIDC.to_owned(),
        redirect_url: url.into(),
    };
    Ok(Json(TokenAuthServersRedirectData { redirect }))
}
