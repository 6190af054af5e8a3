//! `PATCH /v1/server/{name}/role/{role}`

use axum::extract::{Path, State};
use palisade_api::rest::server::ServerRoleGroupsConfigData;

use super::config::with_role;
use crate::App;
use crate::http::error::Result;
use crate::http::extract::{Authenticated, JsonBody};
use crate::http::user::same_name;
use crate::identity::{DirectoryChange, Secret};
use crate::version::{Expected, Version};

/// Say which groups of a directory have a role everywhere
///
/// Groups that had it and are left out are mapped no more.
#[utoipa::path(
    patch,
    path = "/v1/server/{name}/role/{role}",
    tag = "server",
    params(("name" = String, Path), ("role" = String, Path), Expected),
    request_body = ServerRoleGroupsConfigData,
    responses((status = OK)),
)]
pub(super) async fn server_role_update(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    Path((name, role)): Path<(String, String)>,
    expected: Expected,
    JsonBody(ServerRoleGroupsConfigData { config }): JsonBody<ServerRoleGroupsConfigData>,
) -> Result<Version> {
    same_name(&name, &config.name)?;
    same_name(&role, &config.role)?;
    let version = app
        .identity
        .change_directory(&caller, &name, &expected, |mut settings| {
            let before = settings.mapping.clone();
            let groups = &mut settings.mapping.group_mapped_roles;
            groups.retain(|mapped| {
                mapped.roles.global().as_str() != role || config.groups.contains(&mapped.group)
            });
            for group in config.groups {
                let new = with_role(&group, &role, &before)?;
                match groups.iter_mut().find(|mapped| mapped.group == group) {
                    Some(mapped) if mapped.roles.global().as_str() == role => {}
                    Some(mapped) => *mapped = new,
                    None => groups.push(new),
                }
            }
            Ok(DirectoryChange { settings, secret: Secret::Keep })
        })
        .await?;
    Ok(version)
}
