//! What binds federated sensors to federated groups. Every group of containers
//! has one: it is empty, and not in the log, before it is first changed.

use palisade_api::rest::sensor::{self as rest, SensorGroupConfig};
use palisade_policy::edit;
use palisade_policy::edit::sensor_group::require_containers;
use palisade_policy::group::{Group, GroupKind};
use palisade_policy::sensor::{Inspection, Sensor, SensorGroup};

use super::super::{Edit, Result, find, get as find_group, list as list_all, of_groups};
use crate::store::{Actor, Database};

/// All groups by name.
pub async fn list<I: Inspection>(database: &Database) -> Result<Vec<rest::SensorGroup>> {
    let mut conn = database.acquire().await?;
    let groups: Vec<Group> = list_all(&mut conn).await?;
    let sensors: Vec<Sensor<I>> = list_all(&mut conn).await?;
    let bound = list_all(&mut conn).await?;
    let groups = groups.iter().filter(|group| group.kind() == GroupKind::Container);
    let bound = of_groups(groups, bound, |name| SensorGroup::<I>::empty(name));
    Ok(bound.iter().map(|group| group.to_rest(&sensors)).collect())
}

/// One group.
pub async fn get<I: Inspection>(database: &Database, name: &str) -> Result<rest::SensorGroup> {
    let mut conn = database.acquire().await?;
    let group: Group = find_group(&mut conn, name).await?;
    require_containers::<I>(&group)?;
    let sensors: Vec<Sensor<I>> = list_all(&mut conn).await?;
    let bound: Option<SensorGroup<I>> = find(&mut conn, name).await?;
    Ok(bound.unwrap_or_else(|| SensorGroup::empty(name)).to_rest(&sensors))
}

/// Changes the sensors of one group; those that are bound must exist.
pub async fn update<I: Inspection>(
    database: &Database,
    actor: &Actor,
    name: &str,
    config: SensorGroupConfig,
) -> Result<()> {
    let mut change = Edit::begin(database).await?;
    let done = edit::sensor_group::update::<I, _>(&mut change, name, config).await;
    change.explained(done).await?;
    change.commit(actor).await
}
