//! What binds federated sensors to federated groups. Every group of containers
//! has one: it is empty, and not in the log, before it is first changed.

use palisade_api::rest::sensor::{self as rest, SensorGroupConfig};
use palisade_policy::PolicyError;
use palisade_policy::group::{Group, GroupKind};
use palisade_policy::sensor::{Inspection, Sensor, SensorGroup};

use super::super::{Edit, Result, RuleError, find, get as find_group, list as list_all, of_groups};
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
    let mut edit = Edit::begin(database).await?;
    require_containers::<I>(&edit.get(name).await?)?;
    let before = edit.find(name).await?.unwrap_or_else(|| SensorGroup::<I>::empty(name));
    let group = before.clone().update(config)?;
    check_references(&mut edit, &group).await?;
    edit.put_changed(&before, &group)?;
    edit.commit(actor).await
}

/// Fails where one of the sensors does not exist.
pub(in super::super) async fn check_references<I: Inspection>(
    edit: &mut Edit,
    group: &SensorGroup<I>,
) -> Result<()> {
    for setting in &group.sensors {
        if edit.find::<Sensor<I>>(&setting.name).await?.is_none() {
            return Err(PolicyError::MissingEntry(format!("the sensor {:?}", setting.name)).into());
        }
    }
    Ok(())
}

fn require_containers<I: Inspection>(group: &Group) -> Result<()> {
    if group.kind() == GroupKind::Container {
        return Ok(());
    }
    Err(RuleError::NoneOfKind { kind: I::GROUP, group: group.name.clone() })
}
