//! The objects of one owner that are in force, apart from the admission rules and
//! the verdicts, which are made ready for decisions.

use std::collections::BTreeMap;

use palisade_api::ObjectKind;
use palisade_api::rest::scan::Registry;
use palisade_policy::FederatedObject;
use palisade_policy::file_monitor::FileMonitor;
use palisade_policy::group::{Group, GroupKind};
use palisade_policy::network_rule::NetworkRule;
use palisade_policy::process_profile::ProcessProfile;
use palisade_policy::response_rule::ResponseRule;
use palisade_policy::sensor::{Dlp, Inspection, Sensor, SensorGroup, Waf};
use palisade_policy::webhook::Webhook;
use serde::de::DeserializeOwned;

type ByName<T> = BTreeMap<String, T>;

/// The objects of one owner that are in force, by name.
#[derive(Debug, Default)]
pub struct ObjectSet {
    /// Groups.
    pub groups: ByName<Group>,
    /// Network rules.
    pub network_rules: ByName<NetworkRule>,
    /// Response rules.
    pub response_rules: ByName<ResponseRule>,
    /// Process profiles that were changed, by group.
    pub process_profiles: ByName<ProcessProfile>,
    /// File monitors that were changed, by group.
    pub file_monitors: ByName<FileMonitor>,
    /// Sensors for data that leaves.
    pub dlp: Sensors<Dlp>,
    /// Sensors for attacks over the web.
    pub waf: Sensors<Waf>,
    /// Webhooks.
    pub webhooks: ByName<Webhook>,
    /// Registries.
    pub registries: ByName<Registry>,
}

/// Sensors of one kind and what binds them to groups.
#[derive(Debug, Default)]
pub struct Sensors<I: Inspection> {
    /// The sensors.
    pub sensors: ByName<Sensor<I>>,
    /// The groups that sensors are bound to.
    pub groups: ByName<SensorGroup<I>>,
}

impl ObjectSet {
    /// Puts an object in force. Admission rules and verdicts are none of ours.
    pub(super) fn put(
        &mut self,
        kind: ObjectKind,
        name: &str,
        payload: &[u8],
    ) -> Result<(), String> {
        match kind {
            ObjectKind::Group => put(&mut self.groups, name, payload),
            ObjectKind::NetworkRule => put(&mut self.network_rules, name, payload),
            ObjectKind::ResponseRule => put(&mut self.response_rules, name, payload),
            ObjectKind::ProcessProfile => put(&mut self.process_profiles, name, payload),
            ObjectKind::FileMonitor => put(&mut self.file_monitors, name, payload),
            ObjectKind::DlpSensor => put(&mut self.dlp.sensors, name, payload),
            ObjectKind::DlpGroup => put(&mut self.dlp.groups, name, payload),
            ObjectKind::WafSensor => put(&mut self.waf.sensors, name, payload),
            ObjectKind::WafGroup => put(&mut self.waf.groups, name, payload),
            ObjectKind::Webhook => put(&mut self.webhooks, name, payload),
            ObjectKind::Registry => {
                self.registries.insert(name.to_owned(), read(payload)?);
                Ok(())
            }
            ObjectKind::AdmissionRule | ObjectKind::Verdict => {
                Err("objects of this kind do not belong in this log".to_owned())
            }
        }
    }

    /// Takes an object out of force, where it is.
    pub(super) fn take_out(&mut self, kind: ObjectKind, name: &str) {
        match kind {
            ObjectKind::Group => drop(self.groups.remove(name)),
            ObjectKind::NetworkRule => drop(self.network_rules.remove(name)),
            ObjectKind::ResponseRule => drop(self.response_rules.remove(name)),
            ObjectKind::ProcessProfile => drop(self.process_profiles.remove(name)),
            ObjectKind::FileMonitor => drop(self.file_monitors.remove(name)),
            ObjectKind::DlpSensor => drop(self.dlp.sensors.remove(name)),
            ObjectKind::DlpGroup => drop(self.dlp.groups.remove(name)),
            ObjectKind::WafSensor => drop(self.waf.sensors.remove(name)),
            ObjectKind::WafGroup => drop(self.waf.groups.remove(name)),
            ObjectKind::Webhook => drop(self.webhooks.remove(name)),
            ObjectKind::Registry => drop(self.registries.remove(name)),
            ObjectKind::AdmissionRule | ObjectKind::Verdict => {}
        }
    }

    /// The network rules in the order of their evaluation.
    pub fn network_rules_in_order(&self) -> Vec<&NetworkRule> {
        let mut rules: Vec<_> = self.network_rules.values().collect();
        rules.sort_by_key(|rule| (rule.position, rule.id));
        rules
    }

    /// The response rules in their order.
    pub fn response_rules_in_order(&self) -> Vec<&ResponseRule> {
        let mut rules: Vec<_> = self.response_rules.values().collect();
        rules.sort_by_key(|rule| (rule.position, rule.id));
        rules
    }

    /// The profile of a group that has processes.
    pub fn process_profile(&self, group: &Group) -> Option<ProcessProfile> {
        group.kind().has_processes().then(|| {
            let profile = self.process_profiles.get(&group.name).cloned();
            profile.unwrap_or_else(|| ProcessProfile::empty(&group.name))
        })
    }

    /// The file monitor of a group of containers.
    pub fn file_monitor(&self, group: &Group) -> Option<FileMonitor> {
        (group.kind() == GroupKind::Container).then(|| {
            let monitor = self.file_monitors.get(&group.name).cloned();
            monitor.unwrap_or_else(|| FileMonitor::empty(&group.name))
        })
    }
}

impl<I: Inspection> Sensors<I> {
    /// The sensors of a group of containers.
    pub fn of_group(&self, group: &Group) -> Option<SensorGroup<I>> {
        (group.kind() == GroupKind::Container).then(|| {
            let bound = self.groups.get(&group.name).cloned();
            bound.unwrap_or_else(|| SensorGroup::empty(&group.name))
        })
    }

    /// The names of the groups that a sensor is bound to.
    pub fn groups_of(&self, sensor: &str) -> Vec<String> {
        let is_bound =
            |group: &&SensorGroup<I>| group.sensors.iter().any(|bound| bound.name == sensor);
        self.groups.values().filter(is_bound).map(|group| group.group.clone()).collect()
    }
}

fn put<T: FederatedObject>(
    objects: &mut ByName<T>,
    name: &str,
    payload: &[u8],
) -> Result<(), String> {
    let object: T = read(payload)?;
    if object.object_name() != name {
        return Err(format!("the object says that its name is {:?}", object.object_name()));
    }
    objects.insert(name.to_owned(), object);
    Ok(())
}

pub(super) fn read<T: DeserializeOwned>(payload: &[u8]) -> Result<T, String> {
    serde_json::from_slice(payload).map_err(|error| error.to_string())
}
