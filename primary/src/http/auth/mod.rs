//! `/v1/auth`: login, keeping alive, logout; `/v1/token_auth_server`.

pub(super) mod cookie;
pub(super) mod failure;
mod keep_alive;
mod login;
mod login_server;
mod logout;
mod permissions;
mod token_auth_server;

use login::answer;

pub(super) use permissions::{domain_permissions, permissions};

use super::ApiRouter;
use crate::http::endpoint::routes;

pub(super) fn router() -> ApiRouter {
    ApiRouter::new()
        .routes(routes!(login::auth_create, keep_alive::auth_update, logout::auth_delete))
        .routes(routes!(login_server::auth_server_create))
        .merge(token_auth_server::router())
}
