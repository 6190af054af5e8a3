//! File monitors of federated groups. Every group of containers has one: it
//! is empty, and not in the log, before it is first changed.

use palisade_api::rest::file_monitor::FileMonitorConfig;
use palisade_policy::edit;
use palisade_policy::edit::file_monitor::require_containers;
use palisade_policy::file_monitor::FileMonitor;
use palisade_policy::group::{Group, GroupKind};

use super::{Edit, Result, find, get as find_group, list as list_all, of_groups};
use crate::store::{Actor, Database};

/// The monitors of all groups by group.
pub async fn list(database: &Database) -> Result<Vec<FileMonitor>> {
    let mut conn = database.acquire().await?;
    let groups: Vec<Group> = list_all(&mut conn).await?;
    let monitors = list_all(&mut conn).await?;
    let groups = groups.iter().filter(|group| group.kind() == GroupKind::Container);
    Ok(of_groups(groups, monitors, |name| FileMonitor::empty(name)))
}

/// The monitor of one group.
pub async fn get(database: &Database, name: &str) -> Result<FileMonitor> {
    let mut conn = database.acquire().await?;
    let group: Group = find_group(&mut conn, name).await?;
    require_containers(&group)?;
    Ok(find(&mut conn, name).await?.unwrap_or_else(|| FileMonitor::empty(name)))
}

/// Changes the monitor of one group; `now` is in Unix seconds.
pub async fn update(
    database: &Database,
    actor: &Actor,
    name: &str,
    config: FileMonitorConfig,
    now: i64,
) -> Result<()> {
    let mut change = Edit::begin(database).await?;
    let done = edit::file_monitor::update(&mut change, name, config, now).await;
    change.explained(done).await?;
    change.commit(actor).await
}
