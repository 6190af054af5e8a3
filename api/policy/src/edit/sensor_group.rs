//! What binds sensors to groups. Every group of containers has one for DLP and
//! one for WAF: it is empty, and not kept, before it is first changed.

use palisade_api::rest::sensor::SensorGroupConfig;

use super::{Edit, EditError};
use crate::PolicyError;
use crate::group::{Group, GroupKind};
use crate::sensor::{Inspection, Sensor, SensorGroup};

/// Changes the sensors of one group; those that are bound must exist.
pub async fn update<I: Inspection, E: Edit>(
    edit: &mut E,
    name: &str,
    config: SensorGroupConfig,
) -> Result<(), E::Error> {
    require_containers::<I>(&edit.get(name).await?)?;
    let before = edit.find(name).await?.unwrap_or_else(|| SensorGroup::<I>::empty(name));
    let group = before.clone().update(config)?;
    check_references(edit, &group).await?;
    edit.put_changed(&before, &group)
}

/// Fails where one of the sensors does not exist.
pub async fn check_references<I: Inspection, E: Edit>(
    edit: &mut E,
    group: &SensorGroup<I>,
) -> Result<(), E::Error> {
    for setting in &group.sensors {
        if edit.find::<Sensor<I>>(&setting.name).await?.is_none() {
            return Err(PolicyError::MissingEntry(format!("the sensor {:?}", setting.name)).into());
        }
    }
    Ok(())
}

/// Fails where the members of a group are no containers.
pub fn require_containers<I: Inspection>(group: &Group) -> Result<(), EditError> {
    if group.kind() == GroupKind::Container {
        return Ok(());
    }
    Err(EditError::NoneOfKind { kind: I::GROUP, group: group.name.clone() })
}
