//! `GET /v1/user`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::user::UsersData;

use super::{RoleChoice, rest_user, role_choice};
use crate::App;
use crate::http::error::Result;
use crate::http::extract::Authenticated;
use crate::http::query::{Page, Query};

/// List the users
///
/// Callers whose roles are in namespaces see those whose roles are within.
#[utoipa::path(
    get,
    path = "/v1/user",
    tag = "user",
    params(Page),
    responses((status = OK, body = UsersData)),
)]
pub(super) async fn user_list(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    query: Query,
) -> Result<Json<UsersData>> {
    let users = app.identity.users(&caller).await?;
    let users = users.iter().map(|user| rest_user(user, Some(&caller))).collect();
    let RoleChoice { global, domain, not_for_domain } = role_choice(&app, &caller).await?;
    Ok(Json(UsersData {
        users: query.list(users)?,
        global_roles: global,
        domain_roles: domain,
        roles_not_for_domain: not_for_domain,
    }))
}
