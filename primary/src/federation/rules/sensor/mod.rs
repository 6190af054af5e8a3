//! Federated sensors, for DLP and WAF alike.

pub mod group;

use palisade_api::rest::sensor::{self as rest, SensorConfig, SensorRuleDetail};
use palisade_policy::FederatedObject as _;
use palisade_policy::edit;
use palisade_policy::sensor::{Inspection, Sensor, SensorGroup};

use super::target::targets_of;
use super::{Edit, Result, RuleError, get as find_sensor, list as list_all};
use crate::store::{Actor, Database};

/// All sensors as clients know them: the built in ones, then the others, by
/// name.
pub async fn list<I: Inspection>(database: &Database) -> Result<Vec<rest::Sensor>> {
    let mut conn = database.acquire().await?;
    let mut sensors: Vec<Sensor<I>> = list_all(&mut conn).await?;
    let groups: Vec<SensorGroup<I>> = list_all(&mut conn).await?;
    sensors.sort_by_key(|sensor| !sensor.predefine);
    drop(conn);
    let targets = targets_of(database, I::SENSOR).await?;
    let shown = |sensor: &Sensor<I>| rest::Sensor {
        cluster_selector: targets.get(I::SENSOR, &sensor.name),
        ..sensor.to_rest(bound(&groups, &sensor.name))
    };
    Ok(sensors.iter().map(shown).collect())
}

/// One sensor as clients know it.
pub async fn get<I: Inspection>(database: &Database, name: &str) -> Result<rest::Sensor> {
    let mut conn = database.acquire().await?;
    let sensor: Sensor<I> = find_sensor(&mut conn, name).await?;
    let groups: Vec<SensorGroup<I>> = list_all(&mut conn).await?;
    drop(conn);
    let cluster_selector = targets_of(database, I::SENSOR).await?.get(I::SENSOR, name);
    Ok(rest::Sensor { cluster_selector, ..sensor.to_rest(bound(&groups, name)) })
}

/// Adds a sensor.
pub async fn create<I: Inspection>(
    database: &Database,
    actor: &Actor,
    config: SensorConfig,
) -> Result<()> {
    let mut change = Edit::begin(database).await?;
    let done = edit::sensor::create::<I, _>(&mut change, config).await;
    change.explained(done).await?;
    change.commit(actor).await
}

/// Changes what `config` names of a sensor.
pub async fn update<I: Inspection>(
    database: &Database,
    actor: &Actor,
    name: &str,
    config: SensorConfig,
) -> Result<()> {
    let mut change = Edit::begin(database).await?;
    let done = edit::sensor::update::<I, _>(&mut change, name, config).await;
    change.explained(done).await?;
    change.commit(actor).await
}

/// Deletes a sensor that is bound to no group.
pub async fn delete<I: Inspection>(database: &Database, actor: &Actor, name: &str) -> Result<()> {
    let mut change = Edit::begin(database).await?;
    let done = edit::sensor::delete::<I, _>(&mut change, name).await;
    change.explained(done).await?;
    change.commit(actor).await
}

/// The rules of all sensors by name.
pub async fn rules<I: Inspection>(database: &Database) -> Result<Vec<rest::SensorRule>> {
    let sensors: Vec<Sensor<I>> = list_all(&mut *database.acquire().await?).await?;
    let mut rules: Vec<_> = sensors.iter().flat_map(Sensor::rules_to_rest).collect();
    rules.sort_by(|left, right| (&left.name, left.id).cmp(&(&right.name, right.id)));
    Ok(rules)
}

/// The rules of one name, and the sensors that have them.
pub async fn rule<I: Inspection>(database: &Database, name: &str) -> Result<SensorRuleDetail> {
    let sensors: Vec<Sensor<I>> = list_all(&mut *database.acquire().await?).await?;
    let mut detail = SensorRuleDetail::default();
    for sensor in &sensors {
        for rule in sensor.rules_to_rest().filter(|rule| rule.name == name) {
            detail.sensors.push(sensor.name.clone());
            detail.rules.push(rule);
        }
    }
    if detail.rules.is_empty() {
        return Err(RuleError::MissingSensorRule(name.chars().take(128).collect()));
    }
    Ok(detail)
}

/// The names of the groups that a sensor is bound to.
fn bound<I: Inspection>(groups: &[SensorGroup<I>], sensor: &str) -> Vec<String> {
    groups
        .iter()
        .filter(|group| group.binds(sensor))
        .map(|group| group.object_name().into_owned())
        .collect()
}
