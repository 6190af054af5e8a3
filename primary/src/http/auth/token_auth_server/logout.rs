//! `GET /v1/token_auth_server/{server}/slo`

use axum::Json;
use axum::extract::{Path, Request, State};
use palisade_api::rest::token_auth_server::{
    TokenAuthServerLogoutData, TokenAuthServerRedirect, TokenRedirect,
};

use crate::App;
use crate::http::error::Result;
use crate::http::extract::{Authenticated, MAX_BODY_BYTES, from_json, read_body};
use crate::http::query::Query;
use crate::identity::{LogoutSso, SsoError, SsoLogout};

/// Begin a logout at the provider
///
/// Answers with the address that the browser goes to; the provider sends it
/// back to `redirect_endpoint`, from the body or the query. It is null where the session
/// is not of this provider, or the provider offers no logout, or is not to be asked for
/// one. The session here is ended by `DELETE /v1/auth`.
#[utoipa::path(
    get,
    path = "/v1/token_auth_server/{server}/slo",
    tag = "auth",
    params(
        ("server" = String, Path),
        ("redirect_endpoint" = Option<String>, Query),
        ("issuer" = Option<String>, Query, description = "Our name at a provider of SAML"),
    ),
    responses((status = OK, body = TokenAuthServerLogoutData)),
)]
pub(super) async fn token_auth_server_slo_get(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    Path(server): Path<String>,
    query: Query,
    request: Request,
) -> Result<Json<TokenAuthServerLogoutData>> {
    let body = read_body(request, MAX_BODY_BYTES).await?;
    let from_body: Option<TokenRedirect> = from_json(&body)?;
    let (endpoint, issuer) = from_body.map(|body| (body.redirect_endpoint, body.issuer)).unzip();
    let logout = LogoutSso {
        server: &server,
        redirect_endpoint: endpoint
            .as_deref()
            .filter(|endpoint| !endpoint.is_empty())
            .or_else(|| query.get("redirect_endpoint")),
        issuer: issuer.as_deref().or_else(|| query.get("issuer")),
    };
    let redirect = match app.identity.sso_logout(&caller, logout).await {
        // Clients ask whenever somebody leaves, whoever vouched for them.
        Err(SsoError::Refused(_) | SsoError::NoLogout) => None,
        other => {
            let SsoLogout { kind, url } = other?;
            Some(TokenAuthServerRedirect {
                server_name: server,
                server_type: kind.as_str().to_owned(),
                redirect_url: url.into(),
            })
        }
    };
    Ok(Json(TokenAuthServerLogoutData { redirect }))
}
