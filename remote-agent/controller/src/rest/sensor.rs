//! `/v1/dlp` and `/v1/waf`: sensors and the groups that they are bound to, the
//! federated ones read-only, and the cluster's own.

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::sensor::{
    self as rest, DlpGroupData, DlpGroupsData, SensorConfigData, SensorData, SensorGroupConfigData,
    SensorRuleData, SensorRuleDetail, SensorRulesData, SensorsData, WafGroupData, WafGroupsData,
};
use palisade_policy::edit;
use palisade_policy::sensor::{Dlp, Inspection, Sensor, Waf};

use super::error::{ApiError, Result};
use super::extract::{JsonBody, ListQuery, Scope};
use super::owner::own_name;
use super::{group, profile};
use crate::Controller;
use crate::in_force::{ObjectSet, Sensors};
use crate::reach::Reach;

/// What sensors look for, with its part of what is in force.
pub(super) trait Looks: Inspection {
    /// The name of a file with exported ones.
    const EXPORT: &'static str;

    fn of(set: &ObjectSet) -> &Sensors<Self>;
}

impl Looks for Dlp {
    const EXPORT: &'static str = "cfgDlpExport.yaml";

    fn of(set: &ObjectSet) -> &Sensors<Self> {
        &set.dlp
    }
}

impl Looks for Waf {
    const EXPORT: &'static str = "cfgWafExport.yaml";

    fn of(set: &ObjectSet) -> &Sensors<Self> {
        &set.waf
    }
}

/// `GET /v1/dlp/sensor` and `/v1/waf/sensor`: the built in ones first.
pub(super) async fn sensors<I: Looks>(
    State(controller): State<Controller>,
    reach: Reach,
    query: ListQuery,
) -> Result<Json<SensorsData>> {
    let scope = query.scope()?;
    let mut sensors: Vec<_> = controller.in_force().read(|objects| {
        let mut shown = Vec::new();
        for set in scope.of(objects) {
            let sensors = I::of(set).sensors.values();
            shown.extend(sensors.map(|one| one.to_rest(bound::<I>(set, &reach, &one.name))));
        }
        shown
    });
    sensors.sort_by_key(|sensor: &rest::Sensor| !sensor.predefine);
    Ok(Json(SensorsData { sensors: query.list(sensors)? }))
}

/// `GET /v1/dlp/sensor/{name}` and `/v1/waf/sensor/{name}`.
pub(super) async fn sensor<I: Looks>(
    State(controller): State<Controller>,
    reach: Reach,
    Path(name): Path<String>,
) -> Result<Json<SensorData>> {
    let sensor = controller.in_force().read(|objects| {
        objects.find(|set| {
            let sensor = I::of(set).sensors.get(&name);
            sensor.map(|sensor| sensor.to_rest(bound::<I>(set, &reach, &name)))
        })
    });
    let sensor = sensor.ok_or_else(|| ApiError::missing("sensor", &name))?;
    Ok(Json(SensorData { sensor }))
}

/// `GET /v1/dlp/rule` and `/v1/waf/rule`.
pub(super) async fn rules<I: Looks>(
    State(controller): State<Controller>,
    query: ListQuery,
) -> Result<Json<SensorRulesData>> {
    let scope = query.scope()?;
    let mut rules: Vec<_> = controller.in_force().read(|objects| {
        let sensors = scope.of(objects).flat_map(|set| I::of(set).sensors.values());
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
    controller.in_force().read(|objects| {
        for sensor in Scope::Both.of(objects).flat_map(|set| I::of(set).sensors.values()) {
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
    reach: Reach,
    query: ListQuery,
) -> Result<Json<DlpGroupsData>> {
    Ok(Json(DlpGroupsData { dlp_groups: groups::<Dlp>(&controller, &reach, &query)? }))
}

/// `GET /v1/waf/group`.
pub(super) async fn waf_groups(
    State(controller): State<Controller>,
    reach: Reach,
    query: ListQuery,
) -> Result<Json<WafGroupsData>> {
    Ok(Json(WafGroupsData { waf_groups: groups::<Waf>(&controller, &reach, &query)? }))
}

/// `GET /v1/dlp/group/{name}`.
pub(super) async fn dlp_group(
    State(controller): State<Controller>,
    reach: Reach,
    Path(name): Path<String>,
) -> Result<Json<DlpGroupData>> {
    Ok(Json(DlpGroupData { dlp_group: of_group::<Dlp>(&controller, &reach, &name)? }))
}

/// `GET /v1/waf/group/{name}`.
pub(super) async fn waf_group(
    State(controller): State<Controller>,
    reach: Reach,
    Path(name): Path<String>,
) -> Result<Json<WafGroupData>> {
    Ok(Json(WafGroupData { waf_group: of_group::<Waf>(&controller, &reach, &name)? }))
}

/// `POST /v1/dlp/sensor` and `/v1/waf/sensor`.
pub(super) async fn create<I: Looks>(
    State(controller): State<Controller>,
    reach: Reach,
    query: ListQuery,
    JsonBody(SensorConfigData { config }): JsonBody<SensorConfigData>,
) -> Result<()> {
    own_name(&query, &config.name, &config.cfg_type)?;
    let mut change = controller.edit(reach).await;
    edit::sensor::create::<I, _>(&mut change, config).await?;
    Ok(change.commit().await?)
}

/// `PATCH /v1/dlp/sensor/{name}` and `/v1/waf/sensor/{name}`.
pub(super) async fn update<I: Looks>(
    State(controller): State<Controller>,
    reach: Reach,
    query: ListQuery,
    Path(name): Path<String>,
    JsonBody(SensorConfigData { config }): JsonBody<SensorConfigData>,
) -> Result<()> {
    own_name(&query, &name, "")?;
    let mut change = controller.edit(reach).await;
    edit::sensor::update::<I, _>(&mut change, &name, config).await?;
    Ok(change.commit().await?)
}

/// `DELETE /v1/dlp/sensor/{name}` and `/v1/waf/sensor/{name}`.
pub(super) async fn delete<I: Looks>(
    State(controller): State<Controller>,
    reach: Reach,
    query: ListQuery,
    Path(name): Path<String>,
) -> Result<()> {
    own_name(&query, &name, "")?;
    let mut change = controller.edit(reach).await;
    edit::sensor::delete::<I, _>(&mut change, &name).await?;
    Ok(change.commit().await?)
}

/// `PATCH /v1/dlp/group/{name}` and `/v1/waf/group/{name}`.
pub(super) async fn bind<I: Looks>(
    State(controller): State<Controller>,
    reach: Reach,
    query: ListQuery,
    Path(name): Path<String>,
    JsonBody(SensorGroupConfigData { config }): JsonBody<SensorGroupConfigData>,
) -> Result<()> {
    own_name(&query, &name, "")?;
    group::require_reach(&controller, &reach, &name)?;
    let mut change = controller.edit(reach).await;
    edit::sensor_group::update::<I, _>(&mut change, &name, config).await?;
    Ok(change.commit().await?)
}

/// The names of the groups that a sensor is bound to, as far as they are shown.
fn bound<I: Looks>(set: &ObjectSet, reach: &Reach, sensor: &str) -> Vec<String> {
    let mut names = I::of(set).groups_of(sensor);
    if !reach.is_whole() {
        names.retain(|name| set.groups.get(name).is_some_and(|group| reach.has_group(group)));
    }
    names
}

fn groups<I: Looks>(
    controller: &Controller,
    reach: &Reach,
    query: &ListQuery,
) -> Result<Vec<rest::SensorGroup>> {
    let scope = query.scope()?;
    let groups = controller.in_force().read(|objects| {
        scope
            .of(objects)
            .flat_map(|set| {
                let known = I::of(set);
                let sensors: Vec<_> = known.sensors.values().cloned().collect();
                let groups = set.groups.values().filter(move |group| reach.has_group(group));
                groups.filter_map(move |group| Some(known.of_group(group)?.to_rest(&sensors)))
            })
            .collect()
    });
    query.list(groups)
}

fn of_group<I: Looks>(
    controller: &Controller,
    reach: &Reach,
    name: &str,
) -> Result<rest::SensorGroup> {
    controller.in_force().read(|objects| {
        let (set, group) = group::require(objects, reach, name)?;
        let known = I::of(set);
        let bound = known.of_group(group).ok_or_else(|| profile::none_of(name))?;
        let sensors: Vec<_> = known.sensors.values().cloned().collect();
        Ok(bound.to_rest(&sensors))
    })
}
