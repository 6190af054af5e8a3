//! What binds sensors to groups.

use std::borrow::Cow;
use std::marker::PhantomData;

use palisade_api::ObjectKind;
use palisade_api::rest::sensor::{self as rest, SensorGroupConfig, SensorSettingConfig};
use serde::{Deserialize, Serialize};

use super::{Inspection, Sensor};
use crate::error::shorten;
use crate::{CfgType, FederatedObject, PolicyError};

/// Sensors of one group.
const MAX_SENSORS: usize = 256;

/// What happens to what a sensor finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SensorAction {
    /// It is reported.
    Allow,
    /// It is reported, and blocked where the group's mode is Protect.
    Deny,
}

impl SensorAction {
    /// The name that clients know.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
        }
    }
}

/// One sensor that is bound to a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SensorSetting {
    /// Name of the sensor.
    pub name: String,
    /// What happens to what it finds.
    pub action: SensorAction,
}

/// The sensors that are bound to a group. Its JSON form is its payload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct SensorGroup<I: Inspection> {
    /// The group.
    pub group: String,
    /// Whether they work.
    pub status: bool,
    /// The sensors by name.
    pub sensors: Vec<SensorSetting>,
    #[serde(skip)]
    inspection: PhantomData<I>,
}

impl<I: Inspection> SensorGroup<I> {
    /// A group without sensors.
    pub fn empty(group: impl Into<String>) -> Self {
        Self { group: group.into(), status: true, sensors: Vec::new(), inspection: PhantomData }
    }

    /// Whether a sensor is bound to the group.
    pub fn binds(&self, sensor: &str) -> bool {
        self.sensors.iter().any(|setting| setting.name == sensor)
    }

    /// The group with what `config` names.
    pub fn update(mut self, config: SensorGroupConfig) -> Result<Self, PolicyError> {
        if !config.name.is_empty() && config.name != self.group {
            return Err(PolicyError::field("name", "it differs from that in the path"));
        }
        self.status = config.status.unwrap_or(self.status);
        if let Some(sensors) = config.replace {
            self.sensors.clear();
            self.bind(sensors)?;
        } else {
            for name in config.delete.unwrap_or_default() {
                self.sensors.retain(|sensor| sensor.name != name);
            }
            self.bind(config.sensors.unwrap_or_default())?;
        }
        if self.sensors.len() > MAX_SENSORS {
            return Err(PolicyError::field("sensors", format!("{MAX_SENSORS} at most")));
        }
        self.sensors.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(self)
    }

    fn bind(&mut self, sensors: Vec<SensorSettingConfig>) -> Result<(), PolicyError> {
        for SensorSettingConfig { name, action } in sensors {
            let wrong = |reason: &str| PolicyError::InvalidEntry {
                entry: format!("sensor {:?}", shorten(&name)),
                reason: reason.to_owned(),
            };
            if CfgType::of_name(&name) != CfgType::of_name(&self.group) {
                let reason = "federated sensors are for federated groups, and those of a cluster \
                              for its own";
                return Err(wrong(reason));
            }
            let action = [SensorAction::Allow, SensorAction::Deny]
                .into_iter()
                .find(|known| known.as_str() == action)
                .ok_or_else(|| wrong("the action is allow or deny"))?;
            match self.sensors.iter_mut().find(|sensor| sensor.name == name) {
                Some(sensor) => sensor.action = action,
                None => self.sensors.push(SensorSetting { name, action }),
            }
        }
        Ok(())
    }

    /// The group as clients know it; `sensors` are those that there are.
    pub fn to_rest(&self, sensors: &[Sensor<I>]) -> rest::SensorGroup {
        let setting = |setting: &SensorSetting| {
            let sensor = sensors.iter().find(|sensor| sensor.name == setting.name);
            rest::SensorSetting {
                name: setting.name.clone(),
                action: setting.action.as_str().to_owned(),
                exist: sensor.is_some(),
                predefine: sensor.is_some_and(|sensor| sensor.predefine),
                comment: sensor.map(|sensor| sensor.comment.clone()).unwrap_or_default(),
                cfg_type: sensor
                    .map_or_else(|| CfgType::of_name(&setting.name).as_str(), Sensor::cfg_type)
                    .to_owned(),
            }
        };
        rest::SensorGroup {
            name: self.group.clone(),
            status: self.status,
            sensors: self.sensors.iter().map(setting).collect(),
            cfg_type: CfgType::of_name(&self.group).as_str().to_owned(),
        }
    }
}

impl<I: Inspection> FederatedObject for SensorGroup<I> {
    const KIND: ObjectKind = I::GROUP;

    fn object_name(&self) -> Cow<'_, str> {
        self.group.as_str().into()
    }
}
