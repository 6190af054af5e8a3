//! Logging in and out, and who may come in.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use http::Method;
use palisade_api::Code;
use palisade_api::rest::auth::{RolePermission, Token, TokenData};
use palisade_api::rest::path;
use palisade_identity::{Access, Caller, Need, Permission, Role, route_access};
use palisade_transport::server::PeerAddress;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::error::{ApiError, Result};
use super::extract::{Authenticated, JsonBody};
use super::user;
use crate::Controller;

const TOKEN_HEADER: &str = "x-auth-token";

/// Lets the caller in, or not: who calls is known by the token, or was said by
/// the primary that forwards the call.
pub(super) async fn authorize(
    State(controller): State<Controller>,
    mut request: Request,
    next: Next,
) -> Response {
    match admit(&controller, &mut request).await {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

async fn admit(controller: &Controller, request: &mut Request) -> Result<()> {
    if !path::is_text(request.uri().path()) {
        return Err(ApiError::invalid("The path is no UTF-8."));
    }
    let required = route_access::required(request.method().as_str(), request.uri().path());
    // Which methods a path knows is no secret.
    if required.need == Need::Open || *request.method() == Method::OPTIONS {
        return Ok(());
    }
    let caller = if let Some(caller) = request.extensions().get::<Caller>() {
        caller.clone()
    } else {
        let mut tokens = request.headers().get_all(TOKEN_HEADER).iter();
        let token = match (tokens.next(), tokens.next()) {
            (Some(token), None) => token.to_str().ok(),
            _ => None,
        };
        let token = token.ok_or_else(|| ApiError::of(Code::Unauthorized))?;
        controller.users().caller(token).await?
    };
    // Everybody who may read the cluster may see whose member it is; who may
    // run the cluster may take it out of its federation.
    let path = request.uri().path();
    let own = (required.need == Need::Permission(Permission::Fed)
        && required.access == Access::Read
        && path == "/v1/fed/member"
        && caller.may(Permission::Config, Access::Read))
        || (path.starts_with("/v1/fed/") && caller.is_administrator());
    if !own && !caller.satisfies(required) {
        return Err(ApiError::of(Code::ObjectAccessDenied));
    }
    request.extensions_mut().insert(caller);
    Ok(())
}

#[derive(Deserialize)]
pub(super) struct LoginBody {
    password: Option<LoginPassword>,
}

#[derive(Deserialize)]
struct LoginPassword {
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: SecretString,
    new_password: Option<SecretString>,
}

/// `POST /v1/auth`.
pub(super) async fn login(
    State(controller): State<Controller>,
    peer: Option<Extension<PeerAddress>>,
    JsonBody(body): JsonBody<LoginBody>,
) -> Result<Json<TokenData>> {
    let address = peer.map(|Extension(PeerAddress(address))| address.ip().to_canonical());
    let address = address.map(|address| address.to_string()).unwrap_or_default();
    let given = body.password.ok_or_else(|| ApiError::invalid("The key password is missing."))?;
    if given.password.expose_secret().is_empty() {
        return Err(ApiError::of(Code::Unauthorized));
    }
    let users = controller.users();
    let login = users.login(&given.username, &address, given.password, given.new_password).await?;
    let role = login.user.role.parse::<Role>().unwrap_or(Role::None);
    Ok(Json(TokenData {
        token: Some(Token {
            token: login.token,
            global_permissions: permissions(role),
            domain_permissions: std::collections::BTreeMap::new(),
            user: user::shown(&login.user),
        }),
        password_days_until_expire: -1,
        password_hours_until_expire: 0,
        need_to_reset_password: false,
    }))
}

/// `PATCH /v1/auth`: the call itself has kept the session alive.
pub(super) async fn keep_alive(_: Authenticated) {}

/// `DELETE /v1/auth`.
pub(super) async fn logout(
    State(controller): State<Controller>,
    Authenticated(caller): Authenticated,
) -> Result<()> {
    match caller.session() {
        Some(session) => Ok(controller.users().logout(session).await?),
        None => Err(ApiError::new(Code::OpNotAllowed, "A forwarded call has no session here.")),
    }
}

/// What a role allows everywhere.
pub(super) fn permissions(role: Role) -> Vec<RolePermission> {
    Permission::listed()
        .map(|one| RolePermission {
            id: one.id().to_owned(),
            read: role.allows(one, Access::Read),
            write: role.allows(one, Access::Write),
        })
        .filter(|one| one.read || one.write)
        .collect()
}
