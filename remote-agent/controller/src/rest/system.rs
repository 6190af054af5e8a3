//! The cluster as a whole. Nothing watches Kubernetes yet, so lists are empty
//! and counts zero where they need that.

use axum::Json;
use axum::extract::State;
use palisade_api::Code;
use palisade_api::rest::system::{
    Eula, EulaData, FedSystemConfig, SystemConfig, SystemConfigData, SystemSummary,
    SystemSummaryData,
};
use palisade_api::rest::system_v2::SystemConfigDataV2;
use palisade_policy::edit;
use palisade_policy::webhook::Webhook;
use serde_json::{Map, Value, json};

use super::error::{ApiError, Result};
use super::extract::{JsonBody, ListQuery};
use super::owner::own;
use crate::Controller;
use crate::in_force::ObjectSet;

/// `GET /v1/system/summary`.
pub(super) async fn summary(
    State(controller): State<Controller>,
) -> Result<Json<SystemSummaryData>> {
    let rules = controller
        .in_force()
        .read(|objects| objects.federated.network_rules.len() + objects.own.network_rules.len());
    let scans = controller.scans();
    let database = scans.database().unwrap_or_default();
    let workloads = u32::try_from(scans.workloads().len()).unwrap_or(u32::MAX);
    Ok(Json(SystemSummaryData {
        summary: SystemSummary {
            hosts: u32::try_from(scans.hosts().len()).unwrap_or(u32::MAX),
            controllers: 1,
            workloads,
            running_workloads: workloads,
            scanners: u32::from(scans.scans_here().is_some()),
            kube_version: scans
                .scans_here()
                .map(|setup| setup.kube_version.clone())
                .unwrap_or_default(),
            cvedb_version: database.version,
            cvedb_create_time: database.create_time,
            policy_rules: u32::try_from(rules).unwrap_or(u32::MAX),
            component_versions: vec![env!("CARGO_PKG_VERSION").to_owned()],
            ..SystemSummary::default()
        },
    }))
}

/// `GET /v1/eula`: whoever runs a cluster has accepted it there.
pub(super) async fn eula() -> Json<EulaData> {
    Json(EulaData { eula: Eula { accepted: true }, bootstrap_password_command: String::new() })
}

/// `POST /v1/eula`: nothing is left to accept.
pub(super) async fn eula_accept() {}

/// `GET /v1/system/config`: the services of a cluster have no settings yet, so
/// what concerns those is at rest.
pub(super) async fn config(
    State(controller): State<Controller>,
    query: ListQuery,
) -> Result<Json<SystemConfigData>> {
    let scope = query.scope()?;
    let member = controller.federation().membership();
    let (webhooks, federated) = controller.in_force().read(|objects| {
        let of = |set: &ObjectSet| set.webhooks.values().map(Webhook::to_rest).collect();
        (of(&objects.own), of(&objects.federated))
    });
    Ok(Json(SystemConfigData {
        config: SystemConfig {
            new_service_policy_mode: "Discover".to_owned(),
            new_service_profile_mode: "Discover".to_owned(),
            new_service_profile_baseline: "zero-drift".to_owned(),
            net_service_policy_mode: "Discover".to_owned(),
            cluster_name: member
                .map_or_else(|| controller.cluster_name().to_string(), |member| member.name),
            no_telemetry_report: true,
            enable_tls_verification: true,
            webhooks,
            ..SystemConfig::default()
        },
        fed_config: scope.federal().then_some(FedSystemConfig { webhooks: federated }),
    }))
}

/// `GET /v2/system/config`: the same, grouped.
pub(super) async fn config_v2(
    controller: State<Controller>,
    query: ListQuery,
) -> Result<Json<SystemConfigDataV2>> {
    let Json(flat) = config(controller, query).await?;
    Ok(Json(flat.into()))
}

/// `PATCH /v1/system/config` and `/v2/system/config`: all webhooks of the cluster.
pub(super) async fn config_change(
    State(controller): State<Controller>,
    query: ListQuery,
    JsonBody(mut change): JsonBody<Map<String, Value>>,
) -> Result<()> {
    own(&query)?;
    if change.contains_key("fed_config") {
        return Err(ApiError::federal());
    }
    let settings = change.remove("config").or_else(|| change.remove("config_v2"));
    let Some(Value::Object(mut settings)) = settings else {
        return Err(ApiError::invalid("The key config is missing."));
    };
    let webhooks = settings.remove("webhooks");
    let (Some(webhooks), true) = (webhooks, settings.is_empty()) else {
        let text = "Of the configuration of a cluster only webhooks can be changed yet.";
        return Err(ApiError::new(Code::OpNotAllowed, text));
    };
    let webhooks = serde_json::from_value(webhooks)
        .map_err(|error| ApiError::invalid(format!("webhooks: {error}.")))?;
    let mut change = controller.edit().await;
    edit::webhook::replace(&mut change, webhooks).await?;
    Ok(change.commit().await?)
}

/// List namespaces
///
/// Nothing watches Kubernetes, so there are none.
#[utoipa::path(
    get,
    path = "/v1/domain",
    operation_id = "domain_list",
    tag = "system",
    responses((status = OK, body = Object)),
)]
pub(super) async fn domains() -> Json<Value> {
    Json(json!({ "domains": [], "tag_per_domain": false }))
}

/// List controllers
///
/// A controller tells of itself at `/metrics`, so there are none.
#[utoipa::path(
    get,
    path = "/v1/controller",
    operation_id = "controller_list",
    tag = "system",
    responses((status = OK, body = Object)),
)]
pub(super) async fn controllers() -> Json<Value> {
    Json(json!({ "controllers": [] }))
}

/// List enforcers
///
/// There are none.
#[utoipa::path(
    get,
    path = "/v1/enforcer",
    operation_id = "enforcer_list",
    tag = "system",
    responses((status = OK, body = Object)),
)]
pub(super) async fn enforcers() -> Json<Value> {
    Json(json!({ "enforcers": [] }))
}

/// List learned services
///
/// Nothing is learned, so there are none.
#[utoipa::path(
    get,
    path = "/v1/service",
    operation_id = "service_list",
    tag = "system",
    responses((status = OK, body = Object)),
)]
pub(super) async fn services() -> Json<Value> {
    Json(json!({ "services": [] }))
}
