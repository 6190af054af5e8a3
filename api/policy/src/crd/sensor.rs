//! Sensors as resources.

use palisade_api::rest::cluster_selector::ClusterSelector;
use palisade_api::rest::sensor::{SensorConfig, SensorPattern, SensorRule};
use serde::{Deserialize, Serialize};

use super::{Resource, resource_name};
use crate::cluster::Targets;
use crate::sensor::{Inspection, Sensor};

/// A rule of a sensor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSpec {
    /// Its name.
    pub name: String,
    /// The id that it has, where a text of the whole federation tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u32>,
    /// All must hold.
    pub patterns: Vec<SensorPattern>,
}

/// A sensor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SensorSpec {
    /// Its name.
    pub name: String,
    /// For people.
    #[serde(default)]
    pub comment: String,
    /// Its rules.
    #[serde(default)]
    pub rules: Vec<RuleSpec>,
    /// Which clusters it is for; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster_selector: Option<ClusterSelector>,
}

/// What a resource says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// The sensor.
    pub sensor: SensorSpec,
}

impl SensorSpec {
    /// The sensor as a client would describe it.
    pub fn into_config(self) -> SensorConfig {
        let rule = |rule: RuleSpec| SensorRule {
            name: rule.name,
            patterns: rule.patterns,
            ..SensorRule::default()
        };
        SensorConfig {
            name: self.name,
            comment: Some(self.comment),
            rules: Some(self.rules.into_iter().map(rule).collect()),
            ..SensorConfig::default()
        }
    }
}

/// A sensor as a resource.
pub fn export<I: Inspection>(sensor: &Sensor<I>, targets: &Targets) -> Resource<Spec> {
    let rules = sensor
        .rules_to_rest()
        .map(|rule| RuleSpec { name: rule.name, id: None, patterns: rule.patterns })
        .collect();
    let spec = SensorSpec {
        name: sensor.name.clone(),
        comment: sensor.comment.clone(),
        rules,
        cluster_selector: targets.of(sensor),
    };
    Resource::new(I::RESOURCE, resource_name(&sensor.name), Spec { sensor: spec })
}

/// The same with the ids of its rules.
pub fn export_with_ids<I: Inspection>(sensor: &Sensor<I>, targets: &Targets) -> Resource<Spec> {
    let mut resource = export(sensor, targets);
    for (spec, rule) in resource.spec.sensor.rules.iter_mut().zip(&sensor.rules) {
        spec.id = Some(rule.id);
    }
    resource
}
