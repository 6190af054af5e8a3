//! File monitors. Every group of containers has one: it is empty, and not kept,
//! before it is first changed.

use palisade_api::rest::file_monitor::FileMonitorConfig;

use super::{Edit, EditError};
use crate::FederatedObject as _;
use crate::file_monitor::FileMonitor;
use crate::group::{Group, GroupKind};

/// Changes the monitor of one group; `now` is in Unix seconds.
pub async fn update<E: Edit>(
    edit: &mut E,
    name: &str,
    config: FileMonitorConfig,
    now: i64,
) -> Result<(), E::Error> {
    require_containers(&edit.get(name).await?)?;
    let before = edit.find(name).await?.unwrap_or_else(|| FileMonitor::empty(name));
    let monitor = before.clone().update(config, now)?;
    edit.put_changed(&before, &monitor)
}

/// Fails where the members of a group are no containers.
pub fn require_containers(group: &Group) -> Result<(), EditError> {
    if group.kind() == GroupKind::Container {
        return Ok(());
    }
    Err(EditError::NoneOfKind { kind: FileMonitor::KIND, group: group.name.clone() })
}
