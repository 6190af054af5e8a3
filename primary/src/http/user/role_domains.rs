//! `PATCH /v1/user/{fullname}/role/{role}`

use axum::extract::{Path, State};
use palisade_api::rest::user::UserRoleDomainsConfigData;

use super::same_name;
use crate::App;
use crate::http::error::Result;
use crate::http::extract::{Authenticated, JsonBody};
use crate::version::{Expected, Version};

/// Say in which namespaces a user has a role
///
/// In none, the role is taken away. A change ends the sessions of the user.
#[utoipa::path(
    patch,
    path = "/v1/user/{fullname}/role/{role}",
    tag = "user",
    params(("fullname" = String, Path), ("role" = String, Path), Expected),
    request_body = UserRoleDomainsConfigData,
    responses((status = OK)),
)]
pub(super) async fn user_role_domains_update(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    Path((fullname, role)): Path<(String, String)>,
    expected: Expected,
    JsonBody(UserRoleDomainsConfigData { config }): JsonBody<UserRoleDomainsConfigData>,
) -> Result<Version> {
    same_name(&fullname, &config.fullname)?;
    same_name(&role, &config.role)?;
    let domains = config.domains;
    Ok(app.identity.change_user_domains(&caller, &fullname, &role, domains, &expected).await?)
}
