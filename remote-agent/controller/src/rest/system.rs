//! The cluster as a whole, as far as the scanner sees it: nothing watches Kubernetes, so
//! what only that could tell is empty or zero.

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
use super::workload;
use crate::Controller;
use crate::in_force::ObjectSet;
use crate::namespace;
use crate::reach::Reach;

/// `GET /v1/system/summary`.
pub(super) async fn summary(
    State(controller): State<Controller>,
    reach: Reach,
) -> Result<Json<SystemSummaryData>> {
    let rules = controller.in_force().read(|objects| {
        let both = [&objects.federated, &objects.own].into_iter();
        let rules = both.flat_map(|set| set.network_rules.values());
        rules.filter(|rule| reach.shows_network_rule(objects, rule)).count()
    });
    let scans = controller.scans();
    let database = scans.database().unwrap_or_default();
    let workloads = u32::try_from(workload::seen(&controller, &reach).len()).unwrap_or(u32::MAX);
    // Nodes and components are nobody's namespace's.
    let whole = reach.is_whole();
    let hosts = if whole { scans.hosts() } else { Vec::new() };
    let mut namespaces =
        namespace::list(&scans.containers().1, &controller.namespace_tags().await?);
    namespaces.retain(|namespace| reach.has(&namespace.name));
    let pods: i64 = if whole {
        hosts.iter().map(|host| host.pods).sum()
    } else {
        namespaces.iter().map(|namespace| i64::from(namespace.running_pods)).sum()
    };
    Ok(Json(SystemSummaryData {
        summary: SystemSummary {
            hosts: u32::try_from(hosts.len()).unwrap_or(u32::MAX),
            domains: u32::try_from(namespaces.len()).unwrap_or(u32::MAX),
            running_pods: u32::try_from(pods).unwrap_or_default(),
            controllers: u32::from(whole),
            workloads,
            running_workloads: workloads,
            scanners: u32::from(whole && scans.scans_here().is_some()),
            kube_version: scans
                .scans_here()
                .map(|setup| setup.kube_version.clone())
                .unwrap_or_default(),
            cvedb_version: database.version,
            cvedb_create_time: database.create_time,
            policy_rules: u32::try_from(rules).unwrap_or(u32::MAX),
            component_versions: if whole {
                vec![env!("CARGO_PKG_VERSION").to_owned()]
            } else {
                Vec::new()
            },
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
    reach: Reach,
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
    let mut change = controller.edit(reach).await;
    edit::webhook::replace(&mut change, webhooks).await?;
    Ok(change.commit().await?)
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
