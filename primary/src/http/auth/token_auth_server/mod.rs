//! `/v1/token_auth_server`: on the way to a provider of single sign-on, and
//! back from it.

mod begin;
mod finish;
mod list;
mod logout;

use http::StatusCode;
use palisade_api::Code;
use utoipa_axum::routes;

pub(super) use finish::{Browser, finish};

use crate::http::ApiRouter;
use crate::http::error::ApiError;
use crate::identity::SsoError;

/// The kind of provider that there is.
const OIDC: &str = "oidc";
/// The cookie that ties a login to the browser that began it.
const BROWSER: &str = "__Host-palisade-sso";

pub(super) fn router() -> ApiRouter {
    ApiRouter::new()
        .routes(routes!(list::token_auth_server_list))
        .routes(routes!(begin::token_auth_server_begin_get, begin::token_auth_server_begin))
        .routes(routes!(logout::token_auth_server_slo_get))
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
                Self::invalid_request("The provider cannot be used now; the log says why.")
            }
            SsoError::Refused(_) | SsoError::Unproven(_) => {
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
