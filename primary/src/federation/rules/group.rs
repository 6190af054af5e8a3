//! Federated groups.

use palisade_api::rest::group::GroupConfig;
use palisade_policy::edit;
use palisade_policy::group::Group;
use palisade_policy::network_rule::NetworkRule;
use palisade_policy::response_rule::ResponseRule;

use super::{Edit, Result, get as find_group, list as list_all};
use crate::store::{Actor, Database};

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
        let names_it = |rule: &&NetworkRule| rule.names(&group.name);
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
pub async fn create(database: &Database, actor: &Actor, config: GroupConfig) -> Result<()> {
    let mut change = Edit::begin(database).await?;
    let done = edit::group::create(&mut change, config).await;
    change.explained(done).await?;
    change.commit(actor).await
}

/// Changes what `config` names of a group.
pub async fn update(
    database: &Database,
    actor: &Actor,
    name: &str,
    config: GroupConfig,
) -> Result<()> {
    let mut change = Edit::begin(database).await?;
    let done = edit::group::update(&mut change, name, config).await;
    change.explained(done).await?;
    change.commit(actor).await
}

/// Deletes a group that no rule names, and what it has.
pub async fn delete(database: &Database, actor: &Actor, name: &str) -> Result<()> {
    let mut change = Edit::begin(database).await?;
    let done = edit::group::delete(&mut change, name).await;
    change.explained(done).await?;
    change.commit(actor).await
}
