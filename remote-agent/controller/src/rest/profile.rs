//! `/v1/process_profile` and `/v1/file_monitor` of federated groups, read-only
//! here, and of the cluster's own.

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::Code;
use palisade_api::rest::file_monitor::{
    FileMonitorConfigData, FileMonitorProfileData, FileMonitorProfilesData,
};
use palisade_api::rest::process_profile::{
    ProcessProfileConfigData, ProcessProfileData, ProcessProfilesData,
};
use palisade_policy::edit;
use palisade_policy::group::Group;
use palisade_policy::process_profile::Stamp;
use uuid::Uuid;

use super::error::{ApiError, Result};
use super::extract::{JsonBody, ListQuery};
use super::group;
use super::owner::own_name;
use crate::Controller;
use crate::in_force::ObjectSet;
use crate::reach::Reach;

/// `GET /v1/process_profile`.
pub(super) async fn processes(
    State(controller): State<Controller>,
    reach: Reach,
    query: ListQuery,
) -> Result<Json<ProcessProfilesData>> {
    let scope = query.scope()?;
    let profiles: Vec<_> = controller.in_force().read(|objects| {
        let of = |set: &ObjectSet, group: &Group| Some(set.process_profile(group)?.to_rest());
        let sets = scope.of(objects);
        let seen = |group: &&Group| reach.has_group(group);
        let of_set = |set: &ObjectSet| {
            set.groups.values().filter(seen).filter_map(|group| of(set, group)).collect::<Vec<_>>()
        };
        sets.flat_map(of_set).collect()
    });
    Ok(Json(ProcessProfilesData { process_profiles: query.list(profiles)? }))
}

/// `GET /v1/process_profile/{name}`.
pub(super) async fn process(
    State(controller): State<Controller>,
    reach: Reach,
    Path(name): Path<String>,
) -> Result<Json<ProcessProfileData>> {
    let profile = controller.in_force().read(|objects| {
        let (set, group) = group::require(objects, &reach, &name)?;
        set.process_profile(group).ok_or_else(|| none_of(&name))
    })?;
    Ok(Json(ProcessProfileData { process_profile: profile.to_rest() }))
}

/// `GET /v1/file_monitor`.
pub(super) async fn files(
    State(controller): State<Controller>,
    reach: Reach,
    query: ListQuery,
) -> Result<Json<FileMonitorProfilesData>> {
    let scope = query.scope()?;
    let monitors: Vec<_> = controller.in_force().read(|objects| {
        let of = |set: &ObjectSet, group: &Group| Some(set.file_monitor(group)?.to_rest());
        let sets = scope.of(objects);
        let seen = |group: &&Group| reach.has_group(group);
        let of_set = |set: &ObjectSet| {
            set.groups.values().filter(seen).filter_map(|group| of(set, group)).collect::<Vec<_>>()
        };
        sets.flat_map(of_set).collect()
    });
    Ok(Json(FileMonitorProfilesData { profiles: query.list(monitors)? }))
}

/// `GET /v1/file_monitor/{name}`.
pub(super) async fn file(
    State(controller): State<Controller>,
    reach: Reach,
    Path(name): Path<String>,
) -> Result<Json<FileMonitorProfileData>> {
    let monitor = controller.in_force().read(|objects| {
        let (set, group) = group::require(objects, &reach, &name)?;
        set.file_monitor(group).ok_or_else(|| none_of(&name))
    })?;
    Ok(Json(FileMonitorProfileData { profile: monitor.to_rest() }))
}

/// `PATCH /v1/process_profile/{name}`.
pub(super) async fn process_update(
    State(controller): State<Controller>,
    reach: Reach,
    query: ListQuery,
    Path(name): Path<String>,
    JsonBody(body): JsonBody<ProcessProfileConfigData>,
) -> Result<()> {
    own_name(&query, &name, "")?;
    group::require_reach(&controller, &reach, &name)?;
    let stamp = Stamp { now: controller.clock().now().timestamp(), uuid: Uuid::new_v4 };
    let mut change = controller.edit(reach).await;
    let config = body.process_profile_config;
    edit::process_profile::update(&mut change, &name, config, stamp).await?;
    Ok(change.commit().await?)
}

/// `PATCH /v1/file_monitor/{name}`.
pub(super) async fn file_update(
    State(controller): State<Controller>,
    reach: Reach,
    query: ListQuery,
    Path(name): Path<String>,
    JsonBody(FileMonitorConfigData { config }): JsonBody<FileMonitorConfigData>,
) -> Result<()> {
    own_name(&query, &name, "")?;
    group::require_reach(&controller, &reach, &name)?;
    let now = controller.clock().now().timestamp();
    let mut change = controller.edit(reach).await;
    edit::file_monitor::update(&mut change, &name, config, now).await?;
    Ok(change.commit().await?)
}

/// The members of the group are not of a kind that has what was asked for.
pub(super) fn none_of(group: &str) -> ApiError {
    let text = format!("The members of the group {group:?} have none.");
    ApiError::new(Code::ObjectNotFound, text).with_status(http::StatusCode::BAD_REQUEST)
}
