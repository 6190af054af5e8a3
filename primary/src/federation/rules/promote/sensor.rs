//! Sensors of the home cluster that are bound to a group that is promoted.

use palisade_api::rest::sensor::{
    self as rest, SensorConfig, SensorGroupConfig, SensorSettingConfig,
};
use palisade_policy::edit::resource::Table;
use palisade_policy::edit::{Edit as _, EditError};
use palisade_policy::rule_id::IdPool;
use palisade_policy::sensor::{Inspection, Sensor, SensorGroup};
use palisade_policy::{CfgType, FED_PREFIX};

use super::super::{Edit, Result};

/// Sensors of one kind of the home cluster, and the groups that they are bound to.
#[derive(Clone, Debug, Default)]
pub struct LocalSensors {
    /// The sensors.
    pub sensors: Vec<rest::Sensor>,
    /// The groups.
    pub groups: Vec<rest::SensorGroup>,
}

/// The federated sensors of one kind, and the local ones that become such.
pub(super) struct Sensors<'a, I: Inspection> {
    all: Table<Sensor<I>>,
    bound: Table<SensorGroup<I>>,
    ids: IdPool,
    local: &'a LocalSensors,
}

impl<'a, I: Inspection> Sensors<'a, I> {
    pub(super) async fn load(edit: &mut Edit, local: &'a LocalSensors) -> Result<Self> {
        let sensors: Table<Sensor<I>> = Table::load(edit).await?;
        let rules = sensors.iter().flat_map(|sensor| &sensor.rules);
        let used: Vec<u32> = rules.map(|rule| rule.id).collect();
        let ids = edit.ids(I::SENSOR, I::RULE_IDS, used).await?;
        Ok(Self { all: sensors, bound: Table::load(edit).await?, ids, local })
    }

    /// Binds to the group `promoted` what is bound to the local group `name`.
    pub(super) fn promote(&mut self, name: &str, promoted: &str) -> Result<()> {
        let group = self.local.groups.iter().find(|group| group.name == name);
        let Some(group) = group.filter(|group| !group.sensors.is_empty()) else {
            return Ok(());
        };
        let mut bound = Vec::with_capacity(group.sensors.len());
        for setting in &group.sensors {
            let name = self.promoted(&setting.name)?;
            bound.push(SensorSettingConfig { name, action: setting.action.clone() });
        }
        let config = SensorGroupConfig {
            status: Some(group.status),
            replace: Some(bound),
            ..SensorGroupConfig::default()
        };
        self.bound.put(SensorGroup::empty(promoted).update(config)?);
        Ok(())
    }

    /// The federated name of a sensor, which is made where it is not there yet.
    fn promoted(&mut self, name: &str) -> Result<String> {
        let promoted = format!("{FED_PREFIX}{name}");
        if self.all.get(&promoted).is_none() {
            let local = self.local.sensors.iter().find(|sensor| sensor.name == name);
            let local = local.ok_or_else(|| EditError::missing::<Sensor<I>>(name))?;
            let config = SensorConfig {
                name: promoted.clone(),
                comment: Some(local.comment.clone()),
                rules: Some(local.rules.clone()),
                ..SensorConfig::default()
            };
            self.all.put(Sensor::create(config, CfgType::Federal, &mut self.ids)?);
        }
        Ok(promoted)
    }

    pub(super) fn write(&self, edit: &mut Edit) -> Result<()> {
        self.all.write(edit)?;
        self.bound.write(edit)?;
        edit.given(I::SENSOR, &self.ids);
        Ok(())
    }
}
