//! Sensors for data that leaves (DLP) and for attacks over the web (WAF). Both
//! have the same form.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::cluster_selector::ClusterSelector;

/// One pattern of a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct SensorPattern {
    /// `pattern`.
    pub key: String,
    /// The expression.
    pub value: String,
    /// `regex` or `!regex`.
    pub op: String,
    /// `url`, `header`, `body`, `packet`; empty as `body`.
    pub context: String,
}

/// A rule of a sensor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct SensorRule {
    /// Its name, unique in the sensor.
    pub name: String,
    /// Its id.
    pub id: u32,
    /// All must hold.
    pub patterns: Vec<SensorPattern>,
    /// `user_created`, `ground`, `federal` or `system_defined`.
    pub cfg_type: String,
}

/// A sensor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Sensor {
    /// Its name; federated ones start with `fed.`.
    pub name: String,
    /// The groups that it is bound to.
    pub groups: Vec<String>,
    /// Its rules by name.
    pub rules: Vec<SensorRule>,
    /// For people.
    pub comment: String,
    /// Whether it is built in, and cannot be changed or deleted.
    pub predefine: bool,
    /// `user_created`, `ground`, `federal` or `system_defined`.
    pub cfg_type: String,
    /// Which clusters it is for; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster_selector: Option<ClusterSelector>,
}

/// Answer of `GET /v1/dlp/sensor` and `GET /v1/waf/sensor`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct SensorsData {
    /// The sensors: built in ones first.
    pub sensors: Vec<Sensor>,
}

/// Answer of `GET /v1/dlp/sensor/{name}` and `GET /v1/waf/sensor/{name}`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct SensorData {
    /// The sensor.
    pub sensor: Sensor,
}

/// Settings of a sensor to create or change; what is absent stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
pub struct SensorConfig {
    /// Its name; federated ones start with `fed.`.
    #[serde(default)]
    pub name: String,
    /// Rules that are written over those of their names, or added.
    pub change: Option<Vec<SensorRule>>,
    /// Rules that are deleted, by name.
    pub delete: Option<Vec<SensorRule>>,
    /// All rules: those that are left out are deleted.
    pub rules: Option<Vec<SensorRule>>,
    /// For people.
    pub comment: Option<String>,
    /// `user_created` or `federal`.
    #[serde(default)]
    pub cfg_type: String,
    /// Which clusters it is for; empty: all.
    pub cluster_selector: Option<ClusterSelector>,
}

/// Body of `POST /v1/dlp/sensor`, `PATCH /v1/dlp/sensor/{name}`, and of their
/// like below `/v1/waf`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct SensorConfigData {
    /// The settings.
    pub config: SensorConfig,
}

/// A rule of that name wherever it is.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct SensorRuleDetail {
    /// The sensors that have it.
    pub sensors: Vec<String>,
    /// The rule in each of them.
    pub rules: Vec<SensorRule>,
}

/// Answer of `GET /v1/dlp/rule/{name}` and `GET /v1/waf/rule/{name}`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct SensorRuleData {
    /// The rule.
    pub rule: SensorRuleDetail,
}

/// Answer of `GET /v1/dlp/rule` and `GET /v1/waf/rule`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct SensorRulesData {
    /// The rules by name.
    pub rules: Vec<SensorRule>,
}

/// A sensor that is bound to a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct SensorSetting {
    /// Name of the sensor.
    pub name: String,
    /// `allow` for alerts, `deny` to block.
    pub action: String,
    /// Whether there is such a sensor.
    pub exist: bool,
    /// Whether the sensor is built in.
    pub predefine: bool,
    /// The sensor's comment.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub comment: String,
    /// `user_created`, `ground`, `federal` or `system_defined`.
    pub cfg_type: String,
}

/// The sensors that are bound to a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct SensorGroup {
    /// Name of the group.
    pub name: String,
    /// Whether they work.
    pub status: bool,
    /// The sensors.
    pub sensors: Vec<SensorSetting>,
    /// `user_created`, `ground` or `federal`.
    pub cfg_type: String,
}

/// Answer of `GET /v1/dlp/group`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct DlpGroupsData {
    /// The groups by name.
    pub dlp_groups: Vec<SensorGroup>,
}

/// Answer of `GET /v1/dlp/group/{name}`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct DlpGroupData {
    /// The group.
    pub dlp_group: SensorGroup,
}

/// Answer of `GET /v1/waf/group`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct WafGroupsData {
    /// The groups by name.
    pub waf_groups: Vec<SensorGroup>,
}

/// Answer of `GET /v1/waf/group/{name}`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct WafGroupData {
    /// The group.
    pub waf_group: SensorGroup,
}

/// A sensor to bind to a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct SensorSettingConfig {
    /// Name of the sensor.
    pub name: String,
    /// `allow` or `deny`.
    pub action: String,
}

/// Changes of the sensors of a group; what is absent stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
pub struct SensorGroupConfig {
    /// Name of the group.
    #[serde(default)]
    pub name: String,
    /// Whether they work.
    pub status: Option<bool>,
    /// Names of sensors that are taken off.
    pub delete: Option<Vec<String>>,
    /// Sensors that are bound.
    pub sensors: Option<Vec<SensorSettingConfig>>,
    /// All sensors: those that are left out are taken off.
    pub replace: Option<Vec<SensorSettingConfig>>,
}

/// Body of `PATCH /v1/dlp/group/{name}` and `PATCH /v1/waf/group/{name}`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct SensorGroupConfigData {
    /// The changes.
    pub config: SensorGroupConfig,
}
