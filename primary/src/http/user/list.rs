//! `GET /v1/user`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::user::UsersData;
use palisade_identity::Role;

use super::rest_user;
use crate::App;
use crate::http::error::Result;
use crate::http::extract::Authenticated;
use crate::http::query::Query;

/// List the users
#[utoipa::path(get, path = "/v1/user", tag = "user", responses((status = OK, body = UsersData)))]
pub(super) async fn user_list(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    query: Query,
) -> Result<Json<UsersData>> {
    let users = app.identity.users().await?;
    let users = users.iter().map(|user| rest_user(user, caller.role)).collect();
    let global = Role::ALL.into_iter().filter(|role| caller.role.may_grant(*role));
    Ok(Json(UsersData {
        users: query.list(users)?,
        global_roles: global.map(String::from).collect(),
        domain_roles: [Role::Admin, Role::Reader, Role::Ciops].map(String::from).to_vec(),
        roles_not_for_domain: [Role::FedAdmin, Role::FedReader].map(String::from).to_vec(),
    }))
}
