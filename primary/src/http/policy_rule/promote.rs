//! `POST /v1/policy/rules/promote`

use axum::extract::State;
use palisade_api::ClusterId;
use palisade_api::rest::file_monitor::FileMonitorProfilesData;
use palisade_api::rest::group::GroupsData;
use palisade_api::rest::policy_rule::PolicyRulesData;
use palisade_api::rest::process_profile::ProcessProfilesData;
use palisade_api::rest::promote::RulesPromoteRequestData;
use palisade_api::rest::sensor::{DlpGroupsData, SensorsData, WafGroupsData};
use palisade_identity::Caller;
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
    let local = match home::of(&app, &caller).await? {
        Some(home) => local_of(&app, home, &caller).await?,
        None => Local::default(),
    };
    let actor = Actor::from(&caller);
    let stamp = Stamp { now: app.clock.now().timestamp(), uuid: Uuid::new_v4 };
    promote::network(&app.database, &actor, &local, &request.ids, stamp).await?;
    Ok(())
}

/// What the home cluster has of its own.
async fn local_of(app: &App, home: ClusterId, caller: &Caller) -> Result<Local> {
    let PolicyRulesData { rules } =
        home::read_of(app, home, caller, "/v1/policy/rule?scope=local").await?;
    let GroupsData { groups } = home::read_of(app, home, caller, "/v1/group?scope=local").await?;
    let ProcessProfilesData { process_profiles: processes } =
        home::read_of(app, home, caller, "/v1/process_profile?scope=local").await?;
    let FileMonitorProfilesData { profiles: files } =
        home::read_of(app, home, caller, "/v1/file_monitor?scope=local").await?;
    let SensorsData { sensors: dlp } =
        home::read_of(app, home, caller, "/v1/dlp/sensor?scope=local").await?;
    let DlpGroupsData { dlp_groups } =
        home::read_of(app, home, caller, "/v1/dlp/group?scope=local").await?;
    let SensorsData { sensors: waf } =
        home::read_of(app, home, caller, "/v1/waf/sensor?scope=local").await?;
    let WafGroupsData { waf_groups } =
        home::read_of(app, home, caller, "/v1/waf/group?scope=local").await?;
    Ok(Local {
        rules,
        groups,
        processes,
        files,
        dlp: LocalSensors { sensors: dlp, groups: dlp_groups },
        waf: LocalSensors { sensors: waf, groups: waf_groups },
    })
}
