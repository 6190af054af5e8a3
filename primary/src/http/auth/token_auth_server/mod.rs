//! `/v1/token_auth_server`: on the way to a provider of single sign-on, and
//! back from it.

mod backchannel_logout;
mod begin;
mod finish;
mod list;
mod logout;
mod saml_logout;
mod saml_metadata;
mod saml_post;
mod saml_response;

use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header};
use palisade_api::Code;

pub(super) use finish::{Browser, finish};

use super::login::unavailable;
use crate::http::ApiRouter;
use crate::http::endpoint::routes;
use crate::http::error::{ApiError, Result};
use crate::identity::SsoError;

/// The cookie that ties a login to the browser that began it.
const BROWSER: &str = "__Host-palisade-sso";

pub(super) fn router() -> ApiRouter {
    ApiRouter::new()
        .routes(routes!(list::token_auth_server_list))
        .routes(routes!(begin::token_auth_server_begin_get, begin::token_auth_server_begin))
        .routes(routes!(logout::token_auth_server_slo_get))
        .routes(routes!(saml_metadata::token_auth_server_metadata_get))
        .routes(routes!(saml_post::token_auth_server_post_get))
        .routes(routes!(saml_response::token_auth_server_acs_create))
        .routes(routes!(
            saml_logout::token_auth_server_sls_get,
            saml_logout::token_auth_server_sls_create
        ))
        .routes(routes!(backchannel_logout::token_auth_server_backchannel_logout_create))
}

/// The address of this server as the client calls it.
fn origin(request: &Request) -> Result<String> {
    let named = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host = request.uri().authority().map(http::uri::Authority::as_str).or(named);
    host.map(|host| format!("https://{host}"))
        .ok_or_else(|| ApiError::invalid_request("The header Host is missing."))
}

/// Where a provider of SAML sends a browser that logged in; our name there.
fn login_address(origin: &str, server: &str) -> String {
    format!("{origin}/v1/token_auth_server/{server}/acs")
}

/// Where a provider of SAML sends a browser that logs out.
fn logout_address(origin: &str, server: &str) -> String {
    format!("{origin}/v1/token_auth_server/{server}/sls")
}

/// Sends a browser to an address, with GET.
fn see_other(address: &str) -> Result<Response> {
    let location = HeaderValue::from_str(address).map_err(ApiError::internal)?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
}

impl From<SsoError> for ApiError {
    fn from(error: SsoError) -> Self {
        let message = error.to_string();
        match error {
            SsoError::NoProvider | SsoError::RedirectEndpoint => Self::invalid_request(message),
            SsoError::Busy => Self::new(Code::ClusterTimeout, message)
                .with_status(StatusCode::SERVICE_UNAVAILABLE),
            // What exactly is wrong is for the log: it may tell an attacker.
            SsoError::Provider(_) => {
                tracing::warn!(%error, "single sign-on failed");
                unavailable("The provider cannot be used now; the log says why.".to_owned())
            }
            SsoError::Refused(_)
            | SsoError::Unproven(_)
            | SsoError::Saml(_)
            | SsoError::GroupsWithheld => {
                tracing::warn!(%error, "single sign-on failed");
                Self::unauthorized()
            }
            SsoError::NoLogout => Self::new(Code::OpNotAllowed, message),
            SsoError::Random(error) => Self::internal(error),
            SsoError::Directory(error) => error.into(),
            SsoError::Login(error) => error.into(),
            SsoError::Store(error) => error.into(),
        }
    }
}
