//! `POST /v1/policy/rules/promote`

use axum::extract::State;
use palisade_api::rest::file_monitor::FileMonitorProfilesData;
use palisade_api::rest::group::GroupsData;
use palisade_api::rest::policy_rule::PolicyRulesData;
use palisade_api::rest::process_profile::ProcessProfilesData;
use palisade_api::rest::promote::RulesPromoteRequestData;
use palisade_api::rest::sensor::{DlpGroupsData, SensorsData, WafGroupsData};
use palisade_policy::process_profile::Stamp;
use uuid::Uuid;

use crate::App;
use crate::federation::rules::promote::{self, Local, LocalSensors};
use crate::http::error::{ApiError, Result};
use crate::http::extract::{FedAdmin, JsonBody};
use crate::http::home;
use crate::store::Actor;

/// Promote network rules of the home cluster
///
/// Copies follow the federated rules. The groups that they name are promoted
/// too, with their profiles and sensors.
#[utoipa::path(
    post,
    path = "/v1/policy/rules/promote",
    tag = "policy",
    request_body = RulesPromoteRequestData,
    responses((status = OK)),
)]
pub(super) async fn policy_rules_promote(
    State(app): State<App>,
    FedAdmin(caller): FedAdmin,
    JsonBody(RulesPromoteRequestData { request }): JsonBody<RulesPromoteRequestData>,
) -> Result<()> {
    if request.ids.is_empty() {
        return Err(ApiError::invalid_request("No rule is named."));
    }
    let rules: Option<PolicyRulesData> =
        home::read(&app, &caller, "/v1/policy/rule?scope=local").await?;
    let groups: Option<GroupsData> = home::read(&app, &caller, "/v1/group?scope=local").await?;
    let processes: Option<ProcessProfilesData> =
        home::read(&app, &caller, "/v1/process_profile?scope=local").await?;
    let files: Option<FileMonitorProfilesData> =
        home::read(&app, &caller, "/v1/file_monitor?scope=local").await?;
    let dlp: Option<SensorsData> = home::read(&app, &caller, "/v1/dlp/sensor?scope=local").await?;
    let dlp_groups: Option<DlpGroupsData> =
        home::read(&app, &caller, "/v1/dlp/group?scope=local").await?;
    let waf: Option<SensorsData> = home::read(&app, &caller, "/v1/waf/sensor?scope=local").await?;
    let waf_groups: Option<WafGroupsData> =
        home::read(&app, &caller, "/v1/waf/group?scope=local").await?;
    let local = Local {
        rules: rules.map(|data| data.rules).unwrap_or_default(),
        groups: groups.map(|data| data.groups).unwrap_or_default(),
        processes: processes.map(|data| data.process_profiles).unwrap_or_default(),
        files: files.map(|data| data.profiles).unwrap_or_default(),
        dlp: LocalSensors {
            sensors: dlp.map(|data| data.sensors).unwrap_or_default(),
            groups: dlp_groups.map(|data| data.dlp_groups).unwrap_or_default(),
        },
        waf: LocalSensors {
            sensors: waf.map(|data| data.sensors).unwrap_or_default(),
            groups: waf_groups.map(|data| data.waf_groups).unwrap_or_default(),
        },
    };
    let actor = Actor::from(&caller);
    let stamp = Stamp { now: app.clock.now().timestamp(), uuid: Uuid::new_v4 };
    promote::network(&app.database, &actor, &local, &request.ids, stamp).await?;
    Ok(())
}
