//! Sensors, for DLP and WAF alike.

use palisade_api::rest::sensor::SensorConfig;

use super::{Edit, EditError, require_federal};
use crate::sensor::{Inspection, Sensor, SensorGroup};

/// Adds a sensor.
pub async fn create<I: Inspection, E: Edit>(
    edit: &mut E,
    mut config: SensorConfig,
) -> Result<(), E::Error> {
    let target = config.cluster_selector.take();
    require_federal(&config.cfg_type, edit.cfg_type())?;
    let sensors: Vec<Sensor<I>> = edit.list().await?;
    let mut ids = edit.ids(I::SENSOR, I::RULE_IDS, rule_ids(&sensors)).await?;
    let sensor = Sensor::<I>::create(config, edit.cfg_type(), &mut ids)?;
    if sensors.iter().any(|old| old.name == sensor.name) {
        return Err(EditError::duplicate(&sensor).into());
    }
    edit.given(I::SENSOR, &ids);
    edit.put(&sensor)?;
    edit.target(&sensor, target)
}

/// Changes what `config` names of a sensor.
pub async fn update<I: Inspection, E: Edit>(
    edit: &mut E,
    name: &str,
    mut config: SensorConfig,
) -> Result<(), E::Error> {
    let target = config.cluster_selector.take();
    let sensors: Vec<Sensor<I>> = edit.list().await?;
    let mut ids = edit.ids(I::SENSOR, I::RULE_IDS, rule_ids(&sensors)).await?;
    let before: Sensor<I> = edit.get(name).await?;
    let sensor = before.clone().update(config, &mut ids)?;
    edit.given(I::SENSOR, &ids);
    edit.put_changed(&before, &sensor)?;
    edit.target(&sensor, target)
}

/// Deletes a sensor that is bound to no group.
pub async fn delete<I: Inspection, E: Edit>(edit: &mut E, name: &str) -> Result<(), E::Error> {
    let sensor: Sensor<I> = edit.get(name).await?;
    if sensor.predefine {
        return Err(EditError::built_in(&sensor).into());
    }
    let groups: Vec<SensorGroup<I>> = edit.list().await?;
    let users = groups
        .iter()
        .filter(|group| group.binds(name))
        .map(|group| format!("the group {:?}", group.group))
        .collect();
    EditError::unless_unused(&sensor, users)?;
    edit.delete(&sensor);
    Ok(())
}

fn rule_ids<I: Inspection>(sensors: &[Sensor<I>]) -> Vec<u32> {
    sensors.iter().flat_map(|sensor| &sensor.rules).map(|rule| rule.id).collect()
}
