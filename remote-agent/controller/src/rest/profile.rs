//! `/v1/process_profile` and `/v1/file_monitor` of federated groups, read-only
//! here.

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::Code;
use palisade_api::rest::file_monitor::{FileMonitorProfileData, FileMonitorProfilesData};
use palisade_api::rest::process_profile::{ProcessProfileData, ProcessProfilesData};

use super::error::{ApiError, Result};
use super::extract::ListQuery;
use super::group;
use crate::Controller;

/// `GET /v1/process_profile`.
pub(super) async fn processes(
    State(controller): State<Controller>,
    query: ListQuery,
) -> Result<Json<ProcessProfilesData>> {
    let federal = query.scope()?.federal();
    let profiles: Vec<_> = controller.in_force().federated(|federated| {
        let groups = federated.groups.values().filter(|_| federal);
        groups.filter_map(|group| Some(federated.process_profile(group)?.to_rest())).collect()
    });
    Ok(Json(ProcessProfilesData { process_profiles: query.list(profiles)? }))
}

/// `GET /v1/process_profile/{name}`.
pub(super) async fn process(
    State(controller): State<Controller>,
    Path(name): Path<String>,
) -> Result<Json<ProcessProfileData>> {
    let profile = controller.in_force().federated(|federated| {
        let group = group::require(federated, &name)?;
        federated.process_profile(group).ok_or_else(|| none_of(&name))
    })?;
    Ok(Json(ProcessProfileData { process_profile: profile.to_rest() }))
}

/// `GET /v1/file_monitor`.
pub(super) async fn files(
    State(controller): State<Controller>,
    query: ListQuery,
) -> Result<Json<FileMonitorProfilesData>> {
    let federal = query.scope()?.federal();
    let monitors: Vec<_> = controller.in_force().federated(|federated| {
        let groups = federated.groups.values().filter(|_| federal);
        groups.filter_map(|group| Some(federated.file_monitor(group)?.to_rest())).collect()
    });
    Ok(Json(FileMonitorProfilesData { profiles: query.list(monitors)? }))
}

/// `GET /v1/file_monitor/{name}`.
pub(super) async fn file(
    State(controller): State<Controller>,
    Path(name): Path<String>,
) -> Result<Json<FileMonitorProfileData>> {
    let monitor = controller.in_force().federated(|federated| {
        let group = group::require(federated, &name)?;
        federated.file_monitor(group).ok_or_else(|| none_of(&name))
    })?;
    Ok(Json(FileMonitorProfileData { profile: monitor.to_rest() }))
}

/// The members of the group are not of a kind that has what was asked for.
pub(super) fn none_of(group: &str) -> ApiError {
    let text = format!("The members of the group {group:?} have none.");
    ApiError::new(Code::ObjectNotFound, text).with_status(http::StatusCode::BAD_REQUEST)
}
