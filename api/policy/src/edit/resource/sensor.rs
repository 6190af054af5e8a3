//! Sensors out of files.

use super::Table;
use crate::crd::Resource;
use crate::crd::sensor::Spec;
use crate::edit::Edit;
use crate::sensor::{Inspection, Sensor};

/// Makes the sensors as the resources describe them.
pub async fn import<I: Inspection, E: Edit>(
    edit: &mut E,
    resources: Vec<Resource<Spec>>,
) -> Result<(), E::Error> {
    let mut sensors: Table<Sensor<I>> = Table::load(edit).await?;
    let used: Vec<u32> =
        sensors.iter().flat_map(|sensor| &sensor.rules).map(|rule| rule.id).collect();
    let mut ids = edit.ids(I::SENSOR, I::RULE_IDS, used).await?;
    for resource in resources {
        let selector = resource.spec.sensor.cluster_selector.clone();
        let config = resource.spec.sensor.into_config();
        let sensor = match sensors.get(&config.name) {
            Some(old) => old.clone().update(config, &mut ids)?,
            None => Sensor::create(config, edit.cfg_type(), &mut ids)?,
        };
        edit.target(&sensor, selector)?;
        sensors.put(sensor);
    }
    sensors.write(edit)?;
    edit.given(I::SENSOR, &ids);
    Ok(())
}
