//! `GET /v1/server/{name}/user`

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::user::UsersData;

use crate::App;
use crate::http::error::Result;
use crate::http::extract::Authenticated;
use crate::http::query::{Page, Query};
use crate::http::user::{RoleChoice, rest_user, role_choice};

/// List the users that a directory vouched for
#[utoipa::path(
    get,
    path = "/v1/server/{name}/user",
    tag = "server",
    params(("name" = String, Path), Page),
    responses((status = OK, body = UsersData)),
)]
pub(super) async fn server_user_list(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    Path(name): Path<String>,
    query: Query,
) -> Result<Json<UsersData>> {
    let directory = app.identity.directory(&name).await?;
    let users = app.identity.users(&caller).await?;
    let users = users.iter().filter(|user| user.row.server == directory.name);
    let users = users.map(|user| rest_user(user, Some(&caller))).collect();
    let RoleChoice { global, domain, not_for_domain } = role_choice(&app, &caller).await?;
    Ok(Json(UsersData {
        users: query.list(users)?,
        global_roles: global,
        domain_roles: domain,
        roles_not_for_domain: not_for_domain,
    }))
}
