//! Deleting what a set of resources does not name, and seeing that nothing
//! refers to what is gone.

use std::collections::BTreeSet;

use palisade_policy::admission::rule::AdmissionRule;
use palisade_policy::edit::Edit as _;
use palisade_policy::edit::response_rule::check_references;
use palisade_policy::file_monitor::FileMonitor;
use palisade_policy::group::Group;
use palisade_policy::network_rule::NetworkRule;
use palisade_policy::process_profile::ProcessProfile;
use palisade_policy::response_rule::ResponseRule;
use palisade_policy::sensor::{Dlp, Inspection, Sensor, SensorGroup, Waf};
use palisade_policy::webhook::Webhook;
use palisade_policy::{FederatedObject, PolicyError};

use super::super::{Edit, Result};

/// Deletes what was not named, of all kinds that files hold: of a group that is, its
/// profile, monitor and sensors too. What is built in stays.
pub(super) async fn prune(edit: &mut Edit) -> Result<()> {
    unnamed::<NetworkRule>(edit, |_| true).await?;
    unnamed::<AdmissionRule>(edit, |_| true).await?;
    unnamed::<ResponseRule>(edit, |_| true).await?;
    unnamed::<Group>(edit, |group| !group.reserved).await?;
    unnamed::<Webhook>(edit, |_| true).await?;
    unnamed::<Sensor<Dlp>>(edit, |sensor| !sensor.is_built_in()).await?;
    unnamed::<Sensor<Waf>>(edit, |sensor| !sensor.is_built_in()).await?;
    unnamed::<ProcessProfile>(edit, |_| true).await?;
    unnamed::<FileMonitor>(edit, |_| true).await?;
    unnamed::<SensorGroup<Dlp>>(edit, |_| true).await?;
    unnamed::<SensorGroup<Waf>>(edit, |_| true).await
}

async fn unnamed<T: FederatedObject>(edit: &mut Edit, mine: impl Fn(&T) -> bool) -> Result<()> {
    let objects: Vec<T> = edit.list().await?;
    for object in objects.iter().filter(|object| mine(object)) {
        if !edit.named.contains(&(T::KIND, object.object_name().into_owned())) {
            edit.delete(object);
        }
    }
    Ok(())
}

/// Fails where something refers to what there is not.
pub(super) async fn check(edit: &mut Edit) -> Result<()> {
    let rules: Vec<NetworkRule> = edit.list().await?;
    let groups: Vec<Group> = edit.list().await?;
    let groups: BTreeSet<&str> = groups.iter().map(|group| group.name.as_str()).collect();
    let mut named = rules.iter().flat_map(NetworkRule::groups);
    if let Some(missing) = named.find(|name| !groups.contains(name)) {
        return Err(PolicyError::MissingGroup(missing.to_owned()).into());
    }
    let rules: Vec<ResponseRule> = edit.list().await?;
    let mut checked = BTreeSet::new();
    for rule in &rules {
        // Rules that name the same are looked up once.
        if checked.insert((rule.needed_group(), rule.needed_webhooks().collect::<Vec<_>>())) {
            check_references(edit, rule).await?;
        }
    }
    sensors::<Dlp>(edit).await?;
    sensors::<Waf>(edit).await
}

async fn sensors<I: Inspection>(edit: &mut Edit) -> Result<()> {
    let sensors: Vec<Sensor<I>> = edit.list().await?;
    let groups: Vec<SensorGroup<I>> = edit.list().await?;
    let bound = groups.iter().flat_map(|group| &group.sensors);
    match bound.map(|one| &one.name).find(|name| sensors.iter().all(|one| one.name != **name)) {
        Some(missing) => Err(PolicyError::MissingEntry(format!("the sensor {missing:?}")).into()),
        None => Ok(()),
    }
}
