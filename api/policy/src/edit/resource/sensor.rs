//! Sensors out of files.

use std::collections::{BTreeMap, BTreeSet};

use palisade_api::rest::sensor::SensorConfig;

use super::Table;
use crate::PolicyError;
use crate::crd::Resource;
use crate::crd::sensor::Spec;
use crate::edit::Edit;
use crate::rule_id::IdPool;
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
    let told = told(&resources, &mut ids)?;
    make_way(&mut sensors, &told, &mut ids)?;
    for resource in resources {
        let selector = resource.spec.sensor.cluster_selector.clone();
        let config = resource.spec.sensor.into_config();
        let old = if let Some(old) = sensors.get(&config.name) {
            old.clone()
        } else {
            let empty = SensorConfig { rules: None, ..config.clone() };
            Sensor::create(empty, edit.cfg_type(), &mut ids)?
        };
        let numbers = told.get(&config.name).into_iter().flatten();
        let sensor = old.numbered(numbers).update(config, &mut ids)?;
        edit.target(&sensor, selector)?;
        sensors.put(sensor);
    }
    sensors.write(edit)?;
    edit.given(I::SENSOR, &ids);
    Ok(())
}

/// The ids that a file tells, by sensor and rule.
type Told = BTreeMap<String, BTreeMap<String, u32>>;

fn told(resources: &[Resource<Spec>], ids: &mut IdPool) -> Result<Told, PolicyError> {
    let (mut told, mut taken) = (Told::new(), BTreeSet::new());
    for sensor in resources.iter().map(|resource| &resource.spec.sensor) {
        for rule in &sensor.rules {
            let Some(id) = rule.id else { continue };
            ids.take(id)?;
            if !taken.insert(id) {
                return Err(PolicyError::DuplicateRule(id));
            }
            told.entry(sensor.name.clone()).or_default().insert(rule.name.clone(), id);
        }
    }
    Ok(told)
}

/// Gives new ids to rules that have one which the file tells of another rule.
fn make_way<I: Inspection>(
    sensors: &mut Table<Sensor<I>>,
    told: &Told,
    ids: &mut IdPool,
) -> Result<(), PolicyError> {
    let taken: BTreeSet<u32> = told.values().flat_map(BTreeMap::values).copied().collect();
    let mut moved = Vec::new();
    for sensor in sensors.iter().filter(|one| one.rules.iter().any(|rule| taken.contains(&rule.id)))
    {
        let mut sensor = sensor.clone();
        let own = told.get(&sensor.name);
        for rule in sensor.rules.iter_mut().filter(|rule| taken.contains(&rule.id)) {
            let told = own.and_then(|own| own.get(&rule.name)).copied();
            rule.id = told.map_or_else(|| ids.give(0), Ok)?;
        }
        moved.push(sensor);
    }
    for sensor in moved {
        sensors.place(sensor);
    }
    Ok(())
}
