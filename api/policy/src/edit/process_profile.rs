//! Process profiles. Every group that has processes has one: it is empty, and
//! not kept, before it is first changed.

use palisade_api::rest::process_profile::ProcessProfileConfig;

use super::{Edit, EditError};
use crate::FederatedObject as _;
use crate::group::Group;
use crate::process_profile::{ProcessProfile, Stamp};

/// Changes the profile of one group.
pub async fn update<E: Edit>(
    edit: &mut E,
    name: &str,
    config: ProcessProfileConfig,
    stamp: Stamp,
) -> Result<(), E::Error> {
    require_processes(&edit.get(name).await?)?;
    let before = edit.find(name).await?.unwrap_or_else(|| ProcessProfile::empty(name));
    let profile = before.clone().update(config, stamp)?;
    edit.put_changed(&before, &profile)
}

/// Fails where the members of a group have no processes.
pub fn require_processes(group: &Group) -> Result<(), EditError> {
    if group.kind().has_processes() {
        return Ok(());
    }
    Err(EditError::NoneOfKind { kind: ProcessProfile::KIND, group: group.name.clone() })
}
