//! Process profiles of federated groups. Every group that has processes has
//! one: it is empty, and not in the log, before it is first changed.

use palisade_api::rest::process_profile::ProcessProfileConfig;
use palisade_policy::edit;
use palisade_policy::edit::process_profile::require_processes;
use palisade_policy::group::Group;
use palisade_policy::process_profile::{ProcessProfile, Stamp};

use super::{Edit, Result, find, get as find_group, list as list_all, of_groups};
use crate::store::{Actor, Database};

/// The profiles of all groups by group.
pub async fn list(database: &Database) -> Result<Vec<ProcessProfile>> {
    let mut conn = database.acquire().await?;
    let groups: Vec<Group> = list_all(&mut conn).await?;
    let profiles = list_all(&mut conn).await?;
    let groups = groups.iter().filter(|group| group.kind().has_processes());
    Ok(of_groups(groups, profiles, |name| ProcessProfile::empty(name)))
}

/// The profile of one group.
pub async fn get(database: &Database, name: &str) -> Result<ProcessProfile> {
    let mut conn = database.acquire().await?;
    let group: Group = find_group(&mut conn, name).await?;
    require_processes(&group)?;
    Ok(find(&mut conn, name).await?.unwrap_or_else(|| ProcessProfile::empty(name)))
}

/// Changes the profile of one group.
pub async fn update(
    database: &Database,
    actor: &Actor,
    name: &str,
    config: ProcessProfileConfig,
    stamp: Stamp,
) -> Result<()> {
    let mut change = Edit::begin(database).await?;
    let done = edit::process_profile::update(&mut change, name, config, stamp).await;
    change.explained(done).await?;
    change.commit(actor).await
}
