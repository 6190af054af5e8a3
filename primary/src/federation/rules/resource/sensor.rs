//! Sensors out of files.

use palisade_policy::CfgType;
use palisade_policy::crd::Resource;
use palisade_policy::crd::sensor::Spec;
use palisade_policy::edit::Edit as _;
use palisade_policy::sensor::{Inspection, Sensor};

use super::super::table::Table;
use super::super::{Edit, Result};
use super::require_some;

pub(super) async fn import<I: Inspection>(
    edit: &mut Edit,
    resources: Vec<Resource<Spec>>,
) -> Result<()> {
    require_some(&resources)?;
    let mut sensors: Table<Sensor<I>> = Table::load(edit).await?;
    let used: Vec<u32> =
        sensors.iter().flat_map(|sensor| &sensor.rules).map(|rule| rule.id).collect();
    let mut ids = edit.ids(I::SENSOR, I::RULE_IDS, used).await?;
    for resource in resources {
        let selector = resource.spec.sensor.cluster_selector.clone();
        let config = resource.spec.sensor.into_config();
        let sensor = match sensors.get(&config.name) {
            Some(old) => old.clone().update(config, &mut ids)?,
            None => Sensor::create(config, CfgType::Federal, &mut ids)?,
        };
        edit.target(&sensor, selector)?;
        sensors.put(sensor);
    }
    sensors.write(edit)?;
    edit.given(I::SENSOR, &ids);
    Ok(())
}
