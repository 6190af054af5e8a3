//! `PATCH /v1/server/{name}/groups`

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::server::{ServerGroupsData, ServerGroupsOrderConfigData};

use super::shown::mapped_groups;
use crate::App;
use crate::http::error::Result;
use crate::http::extract::{Authenticated, JsonBody};
use crate::http::user::same_name;
use crate::identity::{DirectoryChange, Secret, SettingsError};

/// Put the mapped groups of a directory in order
///
/// The first that a user is in decides about its roles.
#[utoipa::path(
    patch,
    path = "/v1/server/{name}/groups",
    tag = "server",
    params(("name" = String, Path)),
    request_body = ServerGroupsOrderConfigData,
    responses((status = OK, body = ServerGroupsData)),
)]
pub(super) async fn server_groups_update(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    Path(name): Path<String>,
    JsonBody(ServerGroupsOrderConfigData { config }): JsonBody<ServerGroupsOrderConfigData>,
) -> Result<Json<ServerGroupsData>> {
    same_name(&name, &config.name)?;
    app.identity
        .change_directory(&caller, &name, |mut settings| {
            let groups = &mut settings.mapping.group_mapped_roles;
            let place = |name: &str| config.groups.iter().position(|group| group == name);
            let all = groups.len() == config.groups.len()
                && groups.iter().all(|mapped| place(&mapped.group).is_some());
            if !all {
                let text = "groups names every mapped group once, and no other".to_owned();
                return Err(SettingsError::Invalid(text).into());
            }
            groups.sort_by_key(|mapped| place(&mapped.group));
            Ok(DirectoryChange { settings, secret: Secret::Keep })
        })
        .await?;
    Ok(Json(mapped_groups(&app, &name).await?))
}
