//! `/v1/dlp` and `/v1/waf`: federated sensors and the groups that they are
//! bound to, read-only here.

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::sensor::{
    self as rest, DlpGroupData, DlpGroupsData, SensorData, SensorRuleData, SensorRuleDetail,
    SensorRulesData, SensorsData, WafGroupData, WafGroupsData,
};
use palisade_policy::sensor::{Dlp, Inspection, Sensor, Waf};

use super::error::{ApiError, Result};
use super::extract::ListQuery;
use super::{group, profile};
use crate::Controller;
use crate::in_force::{Federated, Sensors};

/// What sensors look for, with its part of what is in force.
pub(super) trait Looks: Inspection {
    fn of(federated: &Federated) -> &Sensors<Self>;
}

impl Looks for Dlp {
    fn of(federated: &Federated) -> &Sensors<Self> {
        &federated.dlp
    }
}

impl Looks for Waf {
    fn of(federated: &Federated) -> &Sensors<Self> {
        &federated.waf
    }
}

/// `GET /v1/dlp/sensor` and `/v1/waf/sensor`: the built in ones first.
pub(super) async fn sensors<I: Looks>(
    State(controller): State<Controller>,
    query: ListQuery,
) -> Result<Json<SensorsData>> {
    let federal = query.scope()?.federal();
    let mut sensors: Vec<_> = controller.in_force().federated(|federated| {
        let known = I::of(federated);
        let sensors = known.sensors.values().filter(|_| federal);
        sensors.map(|sensor| sensor.to_rest(known.groups_of(&sensor.name))).collect()
    });
    sensors.sort_by_key(|sensor: &rest::Sensor| !sensor.predefine);
    Ok(Json(SensorsData { sensors: query.list(sensors)? }))
}

/// `GET /v1/dlp/sensor/{name}` and `/v1/waf/sensor/{name}`.
pub(super) async fn sensor<I: Looks>(
    State(controller): State<Controller>,
    Path(name): Path<String>,
) -> Result<Json<SensorData>> {
    let sensor = controller.in_force().federated(|federated| {
        let known = I::of(federated);
        known.sensors.get(&name).map(|sensor| sensor.to_rest(known.groups_of(&name)))
    });
    let sensor = sensor.ok_or_else(|| ApiError::missing("sensor", &name))?;
    Ok(Json(SensorData { sensor }))
}

/// `GET /v1/dlp/rule` and `/v1/waf/rule`.
pub(super) async fn rules<I: Looks>(
    State(controller): State<Controller>,
    query: ListQuery,
) -> Result<Json<SensorRulesData>> {
    let federal = query.scope()?.federal();
    let mut rules: Vec<_> = controller.in_force().federated(|federated| {
        let sensors = I::of(federated).sensors.values().filter(|_| federal);
        sensors.flat_map(Sensor::rules_to_rest).collect()
    });
    rules.sort_by(|left: &rest::SensorRule, right| {
        (&left.name, left.id).cmp(&(&right.name, right.id))
    });
    Ok(Json(SensorRulesData { rules: query.list(rules)? }))
}

/// `GET /v1/dlp/rule/{name}` and `/v1/waf/rule/{name}`.
pub(super) async fn rule<I: Looks>(
    State(controller): State<Controller>,
    Path(name): Path<String>,
) -> Result<Json<SensorRuleData>> {
    let mut detail = SensorRuleDetail::default();
    controller.in_force().federated(|federated| {
        for sensor in I::of(federated).sensors.values() {
            for rule in sensor.rules_to_rest().filter(|rule| rule.name == name) {
                detail.sensors.push(sensor.name.clone());
                detail.rules.push(rule);
            }
        }
    });
    if detail.rules.is_empty() {
        return Err(ApiError::missing("rule", &name));
    }
    Ok(Json(SensorRuleData { rule: detail }))
}

/// `GET /v1/dlp/group`.
pub(super) async fn dlp_groups(
    State(controller): State<Controller>,
    query: ListQuery,
) -> Result<Json<DlpGroupsData>> {
    Ok(Json(DlpGroupsData { dlp_groups: groups::<Dlp>(&controller, &query)? }))
}

/// `GET /v1/waf/group`.
pub(super) async fn waf_groups(
    State(controller): State<Controller>,
    query: ListQuery,
) -> Result<Json<WafGroupsData>> {
    Ok(Json(WafGroupsData { waf_groups: groups::<Waf>(&controller, &query)? }))
}

/// `GET /v1/dlp/group/{name}`.
pub(super) async fn dlp_group(
    State(controller): State<Controller>,
    Path(name): Path<String>,
) -> Result<Json<DlpGroupData>> {
    Ok(Json(DlpGroupData { dlp_group: of_group::<Dlp>(&controller, &name)? }))
}

/// `GET /v1/waf/group/{name}`.
pub(super) async fn waf_group(
    State(controller): State<Controller>,
    Path(name): Path<String>,
) -> Result<Json<WafGroupData>> {
    Ok(Json(WafGroupData { waf_group: of_group::<Waf>(&controller, &name)? }))
}

fn groups<I: Looks>(controller: &Controller, query: &ListQuery) -> Result<Vec<rest::SensorGroup>> {
    let federal = query.scope()?.federal();
    let groups = controller.in_force().federated(|federated| {
        let known = I::of(federated);
        let sensors: Vec<_> = known.sensors.values().cloned().collect();
        let groups = federated.groups.values().filter(|_| federal);
        groups.filter_map(|group| Some(known.of_group(group)?.to_rest(&sensors))).collect()
    });
    query.list(groups)
}

fn of_group<I: Looks>(controller: &Controller, name: &str) -> Result<rest::SensorGroup> {
    controller.in_force().federated(|federated| {
        let known = I::of(federated);
        let group = group::require(federated, name)?;
        let bound = known.of_group(group).ok_or_else(|| profile::none_of(name))?;
        let sensors: Vec<_> = known.sensors.values().cloned().collect();
        Ok(bound.to_rest(&sensors))
    })
}
