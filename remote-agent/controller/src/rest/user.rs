//! `GET /v1/user`, `GET /v1/user/{fullname}` and `GET /v1/selfuser`: the users of this
//! cluster's own REST API. Those of the federation are the primary's.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::auth::SelfUserData;
use palisade_api::rest::user::{User, UserData, UsersData};
use palisade_identity::{Caller, Role};

use super::auth::permissions;
use super::error::{ApiError, Result};
use super::extract::{Authenticated, ListQuery};
use crate::Controller;
use crate::local_user::IDLE_SECONDS;
use crate::store::StoredUser;

/// `GET /v1/user`.
pub(super) async fn list(
    State(controller): State<Controller>,
    query: ListQuery,
) -> Result<Json<UsersData>> {
    let users = controller.store().users().await?;
    Ok(Json(UsersData {
        users: query.list(users.iter().map(shown).collect())?,
        global_roles: Vec::new(),
        domain_roles: Vec::new(),
        roles_not_for_domain: Vec::new(),
    }))
}

/// `GET /v1/user/{fullname}`.
pub(super) async fn get(
    State(controller): State<Controller>,
    Path(name): Path<String>,
) -> Result<Json<UserData>> {
    let user = controller.store().user(&name).await?;
    let user = user.ok_or_else(|| ApiError::missing("user", &name))?;
    Ok(Json(UserData { user: shown(&user) }))
}

/// `GET /v1/selfuser`: of a call that the primary forwards, who calls there and
/// what they may do here.
pub(super) async fn self_user(Authenticated(caller): Authenticated) -> Json<SelfUserData> {
    let role = caller.role.reserved().unwrap_or(Role::None);
    let within = caller.rights.namespaces().iter();
    Json(SelfUserData {
        user: calling(&caller),
        password_days_until_expire: -1,
        password_hours_until_expire: 0,
        global_permissions: permissions(role.permissions()),
        domain_permissions: within.map(|(one, set)| (one.to_string(), permissions(*set))).collect(),
    })
}

/// A user as clients know it.
pub(super) fn shown(stored: &StoredUser) -> User {
    User {
        default_password: stored.default_password,
        ..of(stored.name.clone(), String::new(), stored.name.clone(), stored.role.clone())
    }
}

fn calling(caller: &Caller) -> User {
    let role = caller.role.as_str().to_owned();
    of(caller.fullname.clone(), caller.server.clone(), caller.username.clone(), role)
}

fn of(fullname: String, server: String, username: String, role: String) -> User {
    User {
        fullname,
        server,
        username,
        password: String::new(),
        email: String::new(),
        role,
        timeout: IDLE_SECONDS as u32,
        locale: "en".to_owned(),
        default_password: false,
        modify_password: false,
        role_domains: BTreeMap::new(),
        access_scope: None,
        last_login_timestamp: 0,
        last_login_at: String::new(),
        login_count: 0,
        blocked_for_failed_login: false,
        blocked_for_password_expired: false,
        password_resettable: false,
    }
}
