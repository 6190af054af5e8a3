//! Groups.

use palisade_api::rest::group::GroupConfig;

use super::{Edit, EditError, require_federal};
use crate::FederatedObject;
use crate::file_monitor::FileMonitor;
use crate::group::{Group, GroupKind};
use crate::network_rule::NetworkRule;
use crate::process_profile::ProcessProfile;
use crate::response_rule::ResponseRule;
use crate::sensor::{Dlp, SensorGroup, Waf};

/// Adds a group.
pub async fn create<E: Edit>(edit: &mut E, mut config: GroupConfig) -> Result<(), E::Error> {
    let target = config.cluster_selector.take();
    require_federal(&config.cfg_type, edit.cfg_type())?;
    let group = Group::create(config, edit.cfg_type())?;
    if edit.find::<Group>(&group.name).await?.is_some() {
        return Err(EditError::duplicate(&group).into());
    }
    edit.put(&group)?;
    edit.target(&group, target)
}

/// Changes what `config` names of a group. Where its members become others, what they
/// have none of goes: nobody could read it, or delete it.
pub async fn update<E: Edit>(
    edit: &mut E,
    name: &str,
    mut config: GroupConfig,
) -> Result<(), E::Error> {
    let target = config.cluster_selector.take();
    let before: Group = edit.get(name).await?;
    let group = before.clone().update(config)?;
    edit.put_changed(&before, &group)?;
    if group.kind() != before.kind() {
        if !group.kind().has_processes() {
            delete_belonging::<ProcessProfile, E>(edit, name).await?;
        }
        if group.kind() != GroupKind::Container {
            delete_belonging::<FileMonitor, E>(edit, name).await?;
            delete_belonging::<SensorGroup<Dlp>, E>(edit, name).await?;
            delete_belonging::<SensorGroup<Waf>, E>(edit, name).await?;
        }
    }
    edit.target(&group, target)
}

/// Deletes a group that no rule names, and what it has: its profile, its
/// monitor, and what binds sensors to it.
pub async fn delete<E: Edit>(edit: &mut E, name: &str) -> Result<(), E::Error> {
    let group: Group = edit.get(name).await?;
    if group.reserved {
        return Err(EditError::built_in(&group).into());
    }
    let mut network: Vec<NetworkRule> = edit.list().await?;
    network.retain(|rule| rule.names(name));
    network.sort_by_key(|rule| rule.position);
    let mut response: Vec<ResponseRule> = edit.list().await?;
    response.retain(|rule| rule.needed_group() == Some(name));
    response.sort_by_key(|rule| rule.position);
    let network = network.iter().map(|rule| format!("the network rule {}", rule.id));
    let response = response.iter().map(|rule| format!("the response rule {}", rule.id));
    EditError::unless_unused(&group, network.chain(response).collect())?;
    delete_belonging::<ProcessProfile, E>(edit, name).await?;
    delete_belonging::<FileMonitor, E>(edit, name).await?;
    delete_belonging::<SensorGroup<Dlp>, E>(edit, name).await?;
    delete_belonging::<SensorGroup<Waf>, E>(edit, name).await?;
    edit.delete(&group);
    Ok(())
}

async fn delete_belonging<T: FederatedObject, E: Edit>(
    edit: &mut E,
    group: &str,
) -> Result<(), E::Error> {
    if let Some(object) = edit.find::<T>(group).await? {
        edit.delete(&object);
    }
    Ok(())
}
