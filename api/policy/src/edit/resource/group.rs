//! Groups, the network rules that name them and what belongs to them, out of
//! files.

use palisade_api::rest::sensor::SensorGroupConfig;

use super::Table;
use super::response::Merge;
use crate::crd::Resource;
use crate::crd::security_rule::{
    BindingSpec, FileSpec, NetworkSpec, ProcessProfileSpec, ProcessSpec, Selector, Spec,
};
use crate::edit::{Edit, EditError};
use crate::file_monitor::FileMonitor;
use crate::group::{Group, GroupKind, learned};
use crate::network_rule::{self, NetworkRule};
use crate::order::GAP;
use crate::process_profile::{ProcessProfile, Stamp};
use crate::rule_id::IdPool;
use crate::sensor::{Dlp, Inspection, Sensor, SensorGroup, Waf};
use crate::{CfgType, FederatedObject, PolicyError};

/// Makes groups, the rules that name them and what belongs to them as the
/// resources describe them.
pub async fn import<E: Edit>(
    edit: &mut E,
    resources: Vec<Resource<Spec>>,
    stamp: Stamp,
) -> Result<(), E::Error> {
    let mut import = Import::load(edit, stamp).await?;
    // A file may name a group before it defines it.
    let targets = resources.iter().map(|resource| target(&resource.spec));
    let targets = targets.collect::<Result<Vec<&Selector>, PolicyError>>()?;
    let (described, named): (Vec<&Selector>, Vec<&Selector>) =
        targets.into_iter().partition(|group| group.defines());
    for group in described.into_iter().chain(named) {
        import.define(group, true)?;
    }
    for resource in resources {
        import.resource(edit, &resource.spec)?;
    }
    import.drop_unfit();
    import.write(edit)
}

/// The group that a resource is about.
fn target(spec: &Spec) -> Result<&Selector, PolicyError> {
    let target = spec.target.as_ref().map(|target| &target.selector);
    target.or(spec.selector.as_ref()).ok_or_else(|| {
        let reason = "a resource needs a target or a selector".to_owned();
        PolicyError::InvalidField { field: "spec", reason }
    })
}

struct Import {
    cfg_type: CfgType,
    stamp: Stamp,
    groups: Table<Group>,
    network: Table<NetworkRule>,
    /// The position behind the last of them.
    end: i64,
    ids: IdPool,
    processes: Table<ProcessProfile>,
    files: Table<FileMonitor>,
    dlp: Table<SensorGroup<Dlp>>,
    dlp_sensors: Table<Sensor<Dlp>>,
    waf: Table<SensorGroup<Waf>>,
    waf_sensors: Table<Sensor<Waf>>,
    response: Merge,
}

impl Import {
    async fn load<E: Edit>(edit: &mut E, stamp: Stamp) -> Result<Self, E::Error> {
        let cfg_type = edit.cfg_type();
        let network: Table<NetworkRule> = Table::load(edit).await?;
        let used: Vec<u32> = network.iter().map(|rule| rule.id).collect();
        Ok(Self {
            cfg_type,
            stamp,
            ids: edit.ids(NetworkRule::KIND, network_rule::ids(cfg_type), used).await?,
            end: network.iter().map(|rule| rule.position).max().map_or(0, |last| last + GAP),
            network,
            groups: Table::load(edit).await?,
            processes: Table::load(edit).await?,
            files: Table::load(edit).await?,
            dlp: Table::load(edit).await?,
            dlp_sensors: Table::load(edit).await?,
            waf: Table::load(edit).await?,
            waf_sensors: Table::load(edit).await?,
            response: Merge::load(edit).await?,
        })
    }

    /// Makes a group as it is described. Only the resource that is about the
    /// group changes one that there is.
    fn define(&mut self, selector: &Selector, is_its_own: bool) -> Result<(), PolicyError> {
        if network_rule::is_no_group(&selector.name, self.cfg_type) {
            return Ok(());
        }
        PolicyError::unless_same_owner(&selector.name, self.cfg_type)?;
        // What a cluster learned comes back into one by such a file.
        let cfg_type = match self.cfg_type {
            CfgType::UserCreated if selector.name.starts_with(learned::PREFIX) => CfgType::Learned,
            other => other,
        };
        if selector.defines() {
            learned::check(&selector.name, &selector.criteria)?;
        }
        match (self.groups.get(&selector.name).cloned(), selector.to_config()) {
            (None, None) => Err(PolicyError::MissingGroup(selector.name.clone())),
            (None, Some(config)) => {
                self.groups.put(Group::create(config, cfg_type)?);
                Ok(())
            }
            (Some(group), Some(config)) if is_its_own => {
                self.groups.put(group.update(config)?);
                Ok(())
            }
            (Some(_), _) => {
                self.groups.name(&selector.name);
                Ok(())
            }
        }
    }

    fn resource<E: Edit>(&mut self, edit: &mut E, spec: &Spec) -> Result<(), E::Error> {
        let described = target(spec)?;
        let name = described.name.clone();
        for rule in &spec.ingress {
            self.network_rule(edit, rule, &rule.selector.name, &name)?;
        }
        for rule in &spec.egress {
            self.network_rule(edit, rule, &name, &rule.selector.name)?;
        }
        for rule in spec.response.iter().flatten() {
            self.response.rule(edit, rule, &name)?;
        }
        let Some(group) = self.groups.get(&name).cloned() else {
            return Ok(());
        };
        edit.target(&group, described.cluster_selector.clone())?;
        // What a group cannot have is empty in files that clusters write.
        let runs = group.kind().has_processes();
        if let Some(processes) = spec.process.as_ref().filter(|list| !list.is_empty() || runs) {
            require::<ProcessProfile>(&group, runs)?;
            self.processes(&name, spec.process_profile.as_ref(), processes)?;
        }
        let containers = group.kind() == GroupKind::Container;
        if let Some(files) = spec.file.as_ref().filter(|list| !list.is_empty() || containers) {
            require::<FileMonitor>(&group, containers)?;
            self.files(&name, files)?;
        }
        if let Some(binding) = &spec.dlp {
            require::<SensorGroup<Dlp>>(&group, containers)?;
            bind(&mut self.dlp, &self.dlp_sensors, &name, binding)?;
        }
        if let Some(binding) = &spec.waf {
            require::<SensorGroup<Waf>>(&group, containers)?;
            bind(&mut self.waf, &self.waf_sensors, &name, binding)?;
        }
        Ok(())
    }

    /// Adds a rule at the end, unless there is one that says the same.
    fn network_rule<E: Edit>(
        &mut self,
        edit: &mut E,
        spec: &NetworkSpec,
        from: &str,
        to: &str,
    ) -> Result<(), E::Error> {
        self.define(&spec.selector, false)?;
        let new = NetworkRule::create(
            spec.to_rest(from, to),
            network_rule::ids(self.cfg_type).first(),
            self.cfg_type,
            self.end,
            self.stamp.now,
        )?;
        let same = |old: &NetworkRule| {
            (&old.from, &old.to, &old.ports, old.action, &old.applications, old.priority)
                == (&new.from, &new.to, &new.ports, new.action, &new.applications, new.priority)
        };
        let known = self.network.iter().find(|rule| same(rule)).cloned();
        let rule = if let Some(known) = known {
            known
        } else {
            self.end += GAP;
            NetworkRule { id: self.ids.give(0)?, ..new }
        };
        edit.target(&rule, spec.cluster_selector.clone())?;
        self.network.put(rule);
        Ok(())
    }

    fn processes(
        &mut self,
        group: &str,
        kind: Option<&ProcessProfileSpec>,
        specs: &[ProcessSpec],
    ) -> Result<(), PolicyError> {
        let old = self.processes.get(group).cloned();
        let had = old.is_some();
        let rules: Vec<_> = specs.iter().map(|spec| spec.to_rest(group)).collect();
        let profile = ProcessProfile {
            alert_disabled: kind.is_some_and(|kind| kind.alert_disabled),
            hash_enabled: kind.is_some_and(|kind| kind.hash_enabled),
            ..old.unwrap_or_else(|| ProcessProfile::empty(group)).with_rules(&rules, self.stamp)?
        };
        // A group that has none needs no object that says so.
        if had || !profile.is_empty() {
            self.processes.put(profile);
        }
        Ok(())
    }

    fn files(&mut self, group: &str, specs: &[FileSpec]) -> Result<(), PolicyError> {
        let old = self.files.get(group).cloned();
        let had = old.is_some();
        let filters = specs.iter().map(|spec| spec.to_rest(group)).collect();
        let monitor = old.unwrap_or_else(|| FileMonitor::empty(group));
        let monitor = monitor.with_filters(filters, self.stamp.now)?;
        if had || !monitor.filters.is_empty() {
            self.files.put(monitor);
        }
        Ok(())
    }

    /// Drops what groups had before their members became others, who have none of it.
    fn drop_unfit(&mut self) {
        let groups = &self.groups;
        let kind = |name: &str| groups.get(name).map(Group::kind);
        let runs = |name: &str| kind(name).is_none_or(GroupKind::has_processes);
        let contains = |name: &str| kind(name).is_none_or(|kind| kind == GroupKind::Container);
        self.processes.retain(|profile| runs(&profile.group));
        self.files.retain(|monitor| contains(&monitor.group));
        self.dlp.retain(|bound| contains(&bound.group));
        self.waf.retain(|bound| contains(&bound.group));
    }

    fn write<E: Edit>(&self, edit: &mut E) -> Result<(), E::Error> {
        self.groups.write(edit)?;
        self.network.write(edit)?;
        edit.given(NetworkRule::KIND, &self.ids);
        self.processes.write(edit)?;
        self.files.write(edit)?;
        self.dlp.write(edit)?;
        self.waf.write(edit)?;
        self.response.write(edit)
    }
}

fn bind<I: Inspection>(
    groups: &mut Table<SensorGroup<I>>,
    sensors: &Table<Sensor<I>>,
    name: &str,
    binding: &BindingSpec,
) -> Result<(), PolicyError> {
    if let Some(missing) =
        binding.settings.iter().find(|setting| sensors.get(&setting.name).is_none())
    {
        return Err(PolicyError::MissingEntry(format!("the sensor {:?}", missing.name)));
    }
    let group = groups.get(name).cloned().unwrap_or_else(|| SensorGroup::empty(name));
    let config = SensorGroupConfig {
        status: Some(binding.status),
        replace: Some(binding.settings.clone()),
        ..SensorGroupConfig::default()
    };
    let bound = group.clone().update(config)?;
    // A group that has none needs no object that says so.
    if bound != SensorGroup::empty(name) || groups.get(name).is_some() {
        groups.put(bound);
    }
    Ok(())
}

fn require<T: FederatedObject>(group: &Group, has_it: bool) -> Result<(), EditError> {
    if has_it {
        return Ok(());
    }
    Err(EditError::NoneOfKind { kind: T::KIND, group: group.name.clone() })
}
