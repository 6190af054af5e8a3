//! Federated groups.

use palisade_api::rest::group::GroupConfig;
use palisade_policy::CfgType;
use palisade_policy::file_monitor::FileMonitor;
use palisade_policy::group::Group;
use palisade_policy::network_rule::NetworkRule;
use palisade_policy::process_profile::ProcessProfile;
use palisade_policy::response_rule::ResponseRule;
use palisade_policy::sensor::{Dlp, SensorGroup, Waf};

use super::{Edit, Result, RuleError, find, get as find_group, list as list_all};
use crate::store::{Actor, Database};
use palisade_policy::FederatedObject;

/// A group with the rules that name it, in their order.
#[derive(Clone, Debug)]
pub struct UsedGroup {
    /// The group.
    pub group: Group,
    /// The network rules that name it.
    pub network_rules: Vec<NetworkRule>,
    /// The response rules that name it.
    pub response_rules: Vec<ResponseRule>,
}

impl UsedGroup {
    fn new(group: Group, network: &[NetworkRule], response: &[ResponseRule]) -> Self {
        let names_it = |rule: &&NetworkRule| rule.groups().any(|name| name == group.name);
        let mut network_rules: Vec<_> = network.iter().filter(names_it).cloned().collect();
        network_rules.sort_by_key(|rule| rule.position);
        let is_about_it = |rule: &&ResponseRule| rule.needed_group() == Some(group.name.as_str());
        let mut response_rules: Vec<_> = response.iter().filter(is_about_it).cloned().collect();
        response_rules.sort_by_key(|rule| rule.position);
        Self { group, network_rules, response_rules }
    }
}

/// All groups by name.
pub async fn list(database: &Database) -> Result<Vec<UsedGroup>> {
    let mut conn = database.acquire().await?;
    let groups: Vec<Group> = list_all(&mut conn).await?;
    let (network, response) = (list_all(&mut conn).await?, list_all(&mut conn).await?);
    Ok(groups.into_iter().map(|group| UsedGroup::new(group, &network, &response)).collect())
}

/// One group.
pub async fn get(database: &Database, name: &str) -> Result<UsedGroup> {
    let mut conn = database.acquire().await?;
    let group: Group = find_group(&mut conn, name).await?;
    let (network, response) =
        (list_all::<NetworkRule>(&mut conn).await?, list_all::<ResponseRule>(&mut conn).await?);
    Ok(UsedGroup::new(group, &network, &response))
}

/// Adds a group.
pub async fn create(database: &Database, actor: &Actor, mut config: GroupConfig) -> Result<()> {
    let target = config.cluster_selector.take();
    let group = Group::create(config, CfgType::Federal)?;
    let mut edit = Edit::begin(database).await?;
    if edit.find::<Group>(&group.name).await?.is_some() {
        return Err(RuleError::duplicate(&group));
    }
    edit.put(&group)?;
    edit.target(&group, target)?;
    edit.commit(actor).await
}

/// Changes what `config` names of a group.
pub async fn update(
    database: &Database,
    actor: &Actor,
    name: &str,
    mut config: GroupConfig,
) -> Result<()> {
    let target = config.cluster_selector.take();
    let mut edit = Edit::begin(database).await?;
    let before: Group = edit.get(name).await?;
    let group = before.clone().update(config)?;
    edit.put_changed(&before, &group)?;
    edit.target(&group, target)?;
    edit.commit(actor).await
}

/// Deletes a group that no rule names, and what it has: its profile, its
/// monitor, and what binds sensors to it.
pub async fn delete(database: &Database, actor: &Actor, name: &str) -> Result<()> {
    let mut edit = Edit::begin(database).await?;
    let group: Group = edit.get(name).await?;
    if group.reserved {
        return Err(RuleError::built_in(&group));
    }
    let used = UsedGroup::new(group, &edit.list().await?, &edit.list().await?);
    let network = used.network_rules.iter().map(|rule| format!("the network rule {}", rule.id));
    let response = used.response_rules.iter().map(|rule| format!("the response rule {}", rule.id));
    RuleError::unless_unused(&used.group, network.chain(response).collect())?;
    delete_belonging::<ProcessProfile>(&mut edit, name).await?;
    delete_belonging::<FileMonitor>(&mut edit, name).await?;
    delete_belonging::<SensorGroup<Dlp>>(&mut edit, name).await?;
    delete_belonging::<SensorGroup<Waf>>(&mut edit, name).await?;
    edit.delete(&used.group);
    edit.commit(actor).await
}

async fn delete_belonging<T: FederatedObject>(edit: &mut Edit, group: &str) -> Result<()> {
    if let Some(object) = find::<T>(&mut edit.tx, group).await? {
        edit.delete(&object);
    }
    Ok(())
}
