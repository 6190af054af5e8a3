//! `PATCH /v1/server/{name}/groups`

use std::collections::HashMap;

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::server::{ServerGroupsData, ServerGroupsOrderConfigData};

use super::shown::mapped_groups;
use crate::App;
use crate::http::error::Result;
use crate::http::extract::{Authenticated, JsonBody};
use crate::http::user::same_name;
use crate::identity::{DirectoryChange, GroupRoles, Secret, SettingsError};
use crate::version::{Expected, Version};

/// Put the mapped groups of a directory in order
///
/// The first that a user is in decides about its roles. Groups that are left out come
/// after the others, as they were; those with a role of the federation come before all.
#[utoipa::path(
    patch,
    path = "/v1/server/{name}/groups",
    tag = "server",
    params(("name" = String, Path), Expected),
    request_body = ServerGroupsOrderConfigData,
    responses((status = OK, body = ServerGroupsData)),
)]
pub(super) async fn server_groups_update(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    Path(name): Path<String>,
    expected: Expected,
    JsonBody(ServerGroupsOrderConfigData { config }): JsonBody<ServerGroupsOrderConfigData>,
) -> Result<(Version, Json<ServerGroupsData>)> {
    same_name(&name, &config.name)?;
    let version = app
        .identity
        .change_directory(&caller, &name, &expected, |mut settings| {
            let groups = &mut settings.mapping.group_mapped_roles;
            let places: HashMap<&str, usize> = config
                .groups
                .iter()
                .enumerate()
                .map(|(place, name)| (name.as_str(), place))
                .collect();
            let place = |mapped: &GroupRoles| places.get(mapped.group.as_str()).copied();
            let found = groups.iter().filter(|mapped| place(mapped).is_some()).count();
            if found != config.groups.len() {
                let text = "groups names mapped groups, each once".to_owned();
                return Err(SettingsError::Invalid(text).into());
            }
            groups.sort_by_key(|mapped| place(mapped).unwrap_or(usize::MAX));
            Ok(DirectoryChange { settings, secret: Secret::Keep })
        })
        .await?;
    Ok((version, Json(mapped_groups(&app, &name).await?)))
}
