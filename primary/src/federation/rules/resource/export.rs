//! Federated objects into files.

use std::collections::BTreeSet;

use palisade_policy::crd::security_rule::{self, Whole};
use palisade_policy::crd::{self, List, YamlError};
use palisade_policy::file_monitor::FileMonitor;
use palisade_policy::group::{Group, GroupKind};
use palisade_policy::network_rule::NetworkRule;
use palisade_policy::process_profile::ProcessProfile;
use palisade_policy::response_rule::ResponseRule;
use palisade_policy::sensor::{Dlp, Inspection, Sensor, SensorGroup, Waf};
use palisade_policy::webhook::Webhook;

use super::super::target::targets;
use super::super::{Result, RuleError, get, list};
use super::super::{admission as admission_rules, response as response_rules, webhook};
use crate::store::Database;

/// The groups of these names with the rules that name them and what belongs to
/// them. A rule between two of them is in the file once.
pub async fn groups(database: &Database, names: &[String]) -> Result<String> {
    let mut conn = database.acquire().await?;
    let targets = targets(&mut conn).await?;
    let groups: Vec<Group> = list(&mut conn).await?;
    let mut network: Vec<NetworkRule> = list(&mut conn).await?;
    network.sort_by_key(|rule| rule.position);
    let mut response: Vec<ResponseRule> = list(&mut conn).await?;
    response.sort_by_key(|rule| rule.position);
    let processes: Vec<ProcessProfile> = list(&mut conn).await?;
    let files: Vec<FileMonitor> = list(&mut conn).await?;
    let dlp: Vec<SensorGroup<Dlp>> = list(&mut conn).await?;
    let waf: Vec<SensorGroup<Waf>> = list(&mut conn).await?;
    let mut written = BTreeSet::new();
    let mut resources = Vec::with_capacity(names.len());
    for name in names {
        let group = groups.iter().find(|group| group.name == *name);
        let group = group.ok_or_else(|| RuleError::missing::<Group>(name))?;
        let own = |rule: &&NetworkRule| rule.groups().any(|group| group == name);
        let mut rules: Vec<NetworkRule> = network.iter().filter(own).cloned().collect();
        rules.retain(|rule| written.insert(rule.id));
        let about: Vec<ResponseRule> =
            response.iter().filter(|rule| rule.group == *name).cloned().collect();
        // Each is said even where it is empty, so that an import empties it.
        let no_processes = ProcessProfile::empty(name);
        let no_files = FileMonitor::empty(name);
        let (no_dlp, no_waf) = (SensorGroup::empty(name), SensorGroup::empty(name));
        let containers = group.kind() == GroupKind::Container;
        let whole = Whole {
            group,
            processes: group.kind().has_processes().then(|| {
                processes.iter().find(|profile| profile.group == *name).unwrap_or(&no_processes)
            }),
            files: containers
                .then(|| files.iter().find(|files| files.group == *name).unwrap_or(&no_files)),
            dlp: containers
                .then(|| dlp.iter().find(|bound| bound.group == *name).unwrap_or(&no_dlp)),
            waf: containers
                .then(|| waf.iter().find(|bound| bound.group == *name).unwrap_or(&no_waf)),
            network: &rules,
            response: &about,
        };
        resources.push(security_rule::export(whole, &groups, &targets));
    }
    Ok(crd::write(&List::new(resources))?)
}

/// The admission rules of these ids.
pub async fn admission(database: &Database, ids: &[u32]) -> Result<String> {
    let mut rules = admission_rules::list(database).await?;
    rules.retain(|rule| ids.contains(&rule.id));
    require_all(ids, rules.iter().map(|rule| rule.id))?;
    let targets = targets(&mut *database.acquire().await?).await?;
    Ok(crd::write(&crd::admission::export(&rules, &targets))?)
}

/// The response rules of these ids that are about no group of ours.
pub async fn response(database: &Database, ids: &[u32]) -> Result<String> {
    let mut rules = response_rules::list(database).await?;
    rules.retain(|rule| ids.contains(&rule.id));
    require_all(ids, rules.iter().map(|rule| rule.id))?;
    let targets = targets(&mut *database.acquire().await?).await?;
    let rules = rules.iter().filter(|rule| rule.needed_group().is_none());
    let resources = rules.map(|rule| crd::response::export(rule, &targets)).collect();
    Ok(crd::write(&List::new(resources))?)
}

/// The sensors of these names.
pub async fn sensors<I: Inspection>(database: &Database, names: &[String]) -> Result<String> {
    let mut conn = database.acquire().await?;
    let targets = targets(&mut conn).await?;
    let mut resources = Vec::with_capacity(names.len());
    for name in names {
        let sensor: Sensor<I> = get(&mut conn, name).await?;
        // What is built in every federation has.
        if sensor.predefine {
            continue;
        }
        resources.push(crd::sensor::export(&sensor, &targets));
    }
    Ok(crd::write(&List::new(resources))?)
}

/// All webhooks.
pub async fn webhooks(database: &Database) -> Result<String> {
    let webhooks: Vec<Webhook> = webhook::list(database).await?;
    let targets = targets(&mut *database.acquire().await?).await?;
    Ok(crd::write(&crd::webhook::export(&webhooks, &targets))?)
}

fn require_all(wanted: &[u32], found: impl Iterator<Item = u32>) -> Result<()> {
    let found: BTreeSet<u32> = found.collect();
    match wanted.iter().find(|id| !found.contains(id)) {
        Some(id) => Err(YamlError::Unwritable(format!("there is no federated rule {id}")).into()),
        None => Ok(()),
    }
}
