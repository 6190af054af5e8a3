//! `PATCH /v1/server/{name}/group/{group}`

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::server::{ServerGroupConfigData, ServerGroupsData};

use super::config::group_roles;
use super::shown::mapped_groups;
use crate::App;
use crate::http::error::Result;
use crate::http::extract::{Authenticated, JsonBody};
use crate::http::user::same_name;
use crate::identity::{DirectoryChange, Secret};
use crate::version::{Expected, Version};

/// Map one group of a directory
///
/// A group that was not mapped comes last. Without `mapped_roles`, or with such as give
/// no role, it is mapped no more.
#[utoipa::path(
    patch,
    path = "/v1/server/{name}/group/{group}",
    tag = "server",
    params(("name" = String, Path), ("group" = String, Path), Expected),
    request_body = ServerGroupConfigData,
    responses((status = OK, body = ServerGroupsData)),
)]
pub(super) async fn server_group_update(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    Path((name, group)): Path<(String, String)>,
    expected: Expected,
    JsonBody(ServerGroupConfigData { mut config }): JsonBody<ServerGroupConfigData>,
) -> Result<(Version, Json<ServerGroupsData>)> {
    same_name(&name, &config.name)?;
    if let Some(mapped) = &mut config.mapped_roles {
        same_name(&group, &mapped.group)?;
        mapped.group.clone_from(&group);
        if let Some(scope) = &mut mapped.access_scope {
            app.identity.name_by_id(scope).await?;
        }
    }
    let version = app
        .identity
        .change_directory(&caller, &name, &expected, |mut settings| {
            let mapped = config.mapped_roles.as_ref();
            let new = mapped.map(|new| group_roles(new, &settings.mapping)).transpose()?;
            let groups = &mut settings.mapping.group_mapped_roles;
            let place = groups.iter().position(|mapped| mapped.group == group);
            match (place, new) {
                (Some(place), Some(new)) => groups[place] = new,
                (None, Some(new)) => groups.push(new),
                (Some(place), None) => {
                    groups.remove(place);
                }
                (None, None) => {}
            }
            Ok(DirectoryChange { settings, secret: Secret::Keep })
        })
        .await?;
    Ok((version, Json(mapped_groups(&app, &name).await?)))
}
