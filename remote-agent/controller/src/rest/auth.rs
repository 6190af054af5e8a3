//! Logging in and out, and who may come in.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use http::Method;
use palisade_api::Code;
use palisade_api::rest::auth::{RolePermission, Token, TokenData};
use palisade_api::rest::path;
use palisade_identity::permission_set::Granted;
use palisade_identity::{
    Access, Caller, Need, Permission, PermissionSet, Role, namespaced_route, route_access,
};
use palisade_transport::server::PeerAddress;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::error::{ApiError, Result};
use super::extract::{Authenticated, JsonBody};
use super::{trail, user};
use crate::Controller;
use crate::reach::Reach;

const TOKEN_HEADER: &str = "x-auth-token";

/// Lets the caller in, or not: who calls is known by the token, or was said by
/// the primary that forwards the call.
pub(super) async fn authorize(
    State(controller): State<Controller>,
    mut request: Request,
    next: Next,
) -> Response {
    if let Err(error) = admit(&controller, &mut request).await {
        return error.into_response();
    }
    let call = trail::Call::of(&request);
    let response = next.run(request).await;
    if let Some(call) = call {
        call.record(&controller, response.status()).await;
    }
    response
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
        let address = address(request.extensions().get());
        Caller { address, ..controller.users().caller(token).await? }
    };
    // Everybody who may read the cluster may see whose member it is; who may
    // run the cluster may take it out of its federation.
    let path = request.uri().path();
    let own = (required.need == Need::Permission(Permission::Fed)
        && required.access == Access::Read
        && path == "/v1/fed/member"
        && caller.may(Permission::Config, Access::Read))
        || (path.starts_with("/v1/fed/") && caller.is_administrator());
    let may = if caller.rights.are_of_namespaces() {
        namespaced_route::admits(request.method().as_str(), path)
            && caller.satisfies_somewhere(required)
    } else {
        own || caller.satisfies(required)
    };
    if !may {
        return Err(ApiError::of(Code::ObjectAccessDenied));
    }
    let reach = Reach::of(&caller, required);
    request.extensions_mut().insert(reach);
    request.extensions_mut().insert(caller);
    Ok(())
}

/// Where a request comes from; empty where that is not known.
fn address(peer: Option<&PeerAddress>) -> String {
    peer.map(|PeerAddress(peer)| peer.ip().to_canonical().to_string()).unwrap_or_default()
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
    let address = address(peer.as_deref());
    let given = body.password.ok_or_else(|| ApiError::invalid("The key password is missing."))?;
    if given.password.expose_secret().is_empty() {
        return Err(ApiError::of(Code::Unauthorized));
    }
    let LoginPassword { username, password, new_password } = given;
    let login = controller.users().login(&username, &address, password, new_password).await;
    match &login {
        Ok(login) => trail::logged_in(&controller, login, &address).await,
        Err(error) => trail::refused(&controller, &username, &address, error).await,
    }
    let login = login?;
    let role = login.user.role.parse::<Role>().unwrap_or(Role::None);
    Ok(Json(TokenData {
        token: Some(Token {
            token: login.token.expose_secret().to_owned(),
            global_permissions: permissions(role.permissions()),
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
    let Some(session) = caller.session() else {
        return Err(ApiError::new(Code::OpNotAllowed, "A forwarded call has no session here."));
    };
    controller.users().logout(session).await?;
    trail::logged_out(&controller, &caller).await;
    Ok(())
}

/// Permissions as clients know them.
pub(super) fn permissions(set: PermissionSet) -> Vec<RolePermission> {
    set.listed()
        .map(|Granted { permission, read, write }| RolePermission {
            id: permission.id().to_owned(),
            read,
            write,
        })
        .collect()
}
