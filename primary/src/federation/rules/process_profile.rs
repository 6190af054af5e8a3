//! Process profiles of federated groups. Every group that has processes has
//! one: it is empty, and not in the log, before it is first changed.

use palisade_api::rest::process_profile::ProcessProfileConfig;
use palisade_policy::FederatedObject as _;
use palisade_policy::group::{Group, GroupKind};
use palisade_policy::process_profile::{ProcessProfile, Stamp};

use super::{Edit, Result, RuleError, find, get as find_group, list as list_all, of_groups};
use crate::store::{Actor, Database};

/// The profiles of all groups by group.
pub async fn list(database: &Database) -> Result<Vec<ProcessProfile>> {
    let mut conn = database.acquire().await?;
    let groups: Vec<Group> = list_all(&mut conn).await?;
    let profiles = list_all(&mut conn).await?;
    let groups = groups.iter().filter(|group| has_processes(group));
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
    let mut edit = Edit::begin(database).await?;
    require_processes(&edit.get(name).await?)?;
    let before = edit.find(name).await?.unwrap_or_else(|| ProcessProfile::empty(name));
    let profile = before.clone().update(config, stamp)?;
    edit.put_changed(&before, &profile)?;
    edit.commit(actor).await
}

fn has_processes(group: &Group) -> bool {
    group.kind() != GroupKind::Address
}

fn require_processes(group: &Group) -> Result<()> {
    if has_processes(group) {
        return Ok(());
    }
    Err(RuleError::NoneOfKind { kind: ProcessProfile::KIND, group: group.name.clone() })
}
