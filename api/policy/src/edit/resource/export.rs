//! Objects of one owner into files.

use std::collections::BTreeSet;

use crate::admission::AdmissionRule;
use crate::cluster::Targets;
use crate::crd::admission::Config;
use crate::crd::security_rule::{self, Whole};
use crate::crd::{self, List, YamlError};
use crate::edit::EditError;
use crate::file_monitor::FileMonitor;
use crate::group::{Group, GroupKind};
use crate::network_rule::NetworkRule;
use crate::process_profile::ProcessProfile;
use crate::response_rule::ResponseRule;
use crate::sensor::{Dlp, Inspection, Sensor, SensorGroup, Waf};
use crate::{CfgType, FederatedObject};

/// What the files of groups are made of.
#[derive(Debug, Default)]
pub struct Objects {
    /// All groups.
    pub groups: Vec<Group>,
    /// All network rules in their order.
    pub network: Vec<NetworkRule>,
    /// All response rules in their order.
    pub response: Vec<ResponseRule>,
    /// The process profiles that there are.
    pub processes: Vec<ProcessProfile>,
    /// The file monitors that there are.
    pub files: Vec<FileMonitor>,
    /// What binds sensors for data that leaves.
    pub dlp: Vec<SensorGroup<Dlp>>,
    /// What binds sensors for attacks over the web.
    pub waf: Vec<SensorGroup<Waf>>,
}

/// The groups of these names with the rules that name them and what belongs to
/// them. A rule between two of them is in the file once.
pub fn groups<E>(objects: &Objects, names: &[String], targets: &Targets) -> Result<String, E>
where
    E: From<EditError> + From<YamlError>,
{
    let mut written = BTreeSet::new();
    let mut resources = Vec::with_capacity(names.len());
    for name in names {
        let group = objects.groups.iter().find(|group| group.name == *name);
        let group = group.ok_or_else(|| EditError::missing::<Group>(name))?;
        let own = |rule: &&NetworkRule| rule.names(name);
        let mut rules: Vec<NetworkRule> = objects.network.iter().filter(own).cloned().collect();
        rules.retain(|rule| written.insert(rule.id));
        let about: Vec<ResponseRule> =
            objects.response.iter().filter(|rule| rule.group == *name).cloned().collect();
        // Each is said even where it is empty, so that an import empties it.
        let no_processes = ProcessProfile::empty(name);
        let no_files = FileMonitor::empty(name);
        let (no_dlp, no_waf) = (SensorGroup::empty(name), SensorGroup::empty(name));
        let containers = group.kind() == GroupKind::Container;
        let processes = group.kind().has_processes();
        let whole = Whole {
            group,
            processes: processes.then(|| of(&objects.processes, name).unwrap_or(&no_processes)),
            files: containers.then(|| of(&objects.files, name).unwrap_or(&no_files)),
            dlp: containers.then(|| of(&objects.dlp, name).unwrap_or(&no_dlp)),
            waf: containers.then(|| of(&objects.waf, name).unwrap_or(&no_waf)),
            network: &rules,
            response: &about,
        };
        resources.push(security_rule::export(whole, &objects.groups, targets));
    }
    Ok(crd::write(&List::new(resources))?)
}

/// The admission rules of these ids, and the state of admission control where it is to be
/// in the file.
pub fn admission<E>(
    cfg_type: CfgType,
    config: Option<Config>,
    mut rules: Vec<AdmissionRule>,
    ids: &[u32],
    targets: &Targets,
) -> Result<String, E>
where
    E: From<EditError> + From<YamlError>,
{
    keep(&mut rules, ids, |rule| rule.id)?;
    Ok(crd::write(&crd::admission::export(cfg_type, config, &rules, targets))?)
}

/// The response rules of these ids that are about no group of ours.
pub fn response<E>(
    mut rules: Vec<ResponseRule>,
    ids: &[u32],
    targets: &Targets,
) -> Result<String, E>
where
    E: From<EditError> + From<YamlError>,
{
    keep(&mut rules, ids, |rule| rule.id)?;
    let rules = rules.iter().filter(|rule| rule.needed_group().is_none());
    let resources = rules.map(|rule| crd::response::export(rule, targets)).collect();
    Ok(crd::write(&List::new(resources))?)
}

/// The sensors of these names.
pub fn sensors<I: Inspection, E>(
    sensors: &[Sensor<I>],
    names: &[String],
    targets: &Targets,
) -> Result<String, E>
where
    E: From<EditError> + From<YamlError>,
{
    let mut resources = Vec::with_capacity(names.len());
    for name in names {
        let sensor = of(sensors, name).ok_or_else(|| EditError::missing::<Sensor<I>>(name))?;
        // What is built in is everywhere.
        if !sensor.predefine {
            resources.push(crd::sensor::export(sensor, targets));
        }
    }
    Ok(crd::write(&List::new(resources))?)
}

fn of<'a, T: FederatedObject>(objects: &'a [T], name: &str) -> Option<&'a T> {
    objects.iter().find(|object| object.object_name() == name)
}

/// Keeps the rules of these ids, all of which there must be.
fn keep<T: FederatedObject>(
    rules: &mut Vec<T>,
    ids: &[u32],
    id: impl Fn(&T) -> u32,
) -> Result<(), EditError> {
    rules.retain(|rule| ids.contains(&id(rule)));
    match ids.iter().find(|wanted| rules.iter().all(|rule| id(rule) != **wanted)) {
        Some(missing) => Err(EditError::missing::<T>(&missing.to_string())),
        None => Ok(()),
    }
}
