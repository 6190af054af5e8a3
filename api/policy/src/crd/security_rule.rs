//! Groups with the rules that name them and what belongs to them, as
//! resources.

use palisade_api::rest::cluster_selector::ClusterSelector;
use palisade_api::rest::file_monitor::FileMonitorFilterConfig;
use palisade_api::rest::group::{CriteriaEntry, GroupConfig};
use palisade_api::rest::policy_rule::PolicyRule;
use palisade_api::rest::process_profile::ProcessProfileEntryConfig;
use palisade_api::rest::sensor::SensorSettingConfig;
use serde::{Deserialize, Serialize};

use super::response::RuleSpec as ResponseSpec;
use super::{Resource, resource_name};
use crate::cluster::Targets;
use crate::file_monitor::FileMonitor;
use crate::group::{BUILT_IN_ENDPOINTS, Group, GroupKind, Operator, learned};
use crate::network_rule::NetworkRule;
use crate::process_profile::ProcessProfile;
use crate::response_rule::ResponseRule;
use crate::sensor::{Dlp, Inspection, SensorGroup, Waf};

/// The kinds of the resources: of a group of one namespace, of any other, and
/// a group alone.
pub const KINDS: [&str; 3] = ["NvSecurityRule", "NvClusterSecurityRule", "NvGroupDefinition"];

/// A group, as others name it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Selector {
    /// Its name.
    pub name: String,
    /// The name that it had elsewhere.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub original_name: String,
    /// For people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub comment: String,
    /// Whether the group is defined elsewhere.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub name_referral: bool,
    /// Who its members are.
    pub criteria: Vec<CriteriaEntry>,
    /// Whether sessions and bandwidth of the members are watched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mon_metric: Option<bool>,
    /// Sessions at once, from where it is reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grp_sess_cur: Option<u32>,
    /// New sessions, from where it is reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grp_sess_rate: Option<u32>,
    /// Bandwidth, from where it is reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grp_band_width: Option<u32>,
    /// Which clusters it is for; absent: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_selector: Option<ClusterSelector>,
}

/// The group that a resource is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Target {
    /// `N/A`: federated groups have no mode.
    pub policymode: Option<String>,
    /// The group.
    pub selector: Selector,
}

/// A network rule from or to the target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NetworkSpec {
    /// Its name, unique in the resource.
    pub name: String,
    /// The other end.
    pub selector: Selector,
    /// `allow` or `deny`.
    pub action: String,
    /// `any`, or names of protocols.
    pub applications: Vec<String>,
    /// `any`, or a list of ports.
    pub ports: String,
    /// Order among rules from custom resources.
    pub priority: u32,
    /// Which clusters it is for; absent: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_selector: Option<ClusterSelector>,
}

/// A rule of the process profile.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProcessSpec {
    /// Name of the process.
    pub name: String,
    /// Path of its executable.
    pub path: String,
    /// `allow` or `deny`.
    pub action: String,
    /// Whether the executable may change.
    pub allow_update: bool,
}

/// The kind of the process profile.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProcessProfileSpec {
    /// Federated groups have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<String>,
    /// Federated groups have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// Whether nothing is reported.
    pub alert_disabled: bool,
    /// Whether executables are told apart by their digests.
    pub hash_enabled: bool,
}

/// A filter of the file monitor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FileSpec {
    /// The path.
    pub filter: String,
    /// Whether folders below count too.
    pub recursive: bool,
    /// `monitor_change` or `block_access`.
    pub behavior: String,
    /// Executables that may do it nevertheless.
    pub app: Vec<String>,
}

/// The sensors that are bound to the group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BindingSpec {
    /// Whether they work.
    pub status: bool,
    /// The sensors.
    pub settings: Vec<SensorSettingConfig>,
}

/// What a resource says. What is absent stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Spec {
    /// The group, of a resource that defines nothing else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selector: Option<Selector>,
    /// The group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// Network rules to the group.
    pub ingress: Vec<NetworkSpec>,
    /// Network rules from the group.
    pub egress: Vec<NetworkSpec>,
    /// The kind of the process profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub process_profile: Option<ProcessProfileSpec>,
    /// The process profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub process: Option<Vec<ProcessSpec>>,
    /// The file monitor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<Vec<FileSpec>>,
    /// Its sensors for data that leaves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dlp: Option<BindingSpec>,
    /// Its sensors for attacks over the web.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waf: Option<BindingSpec>,
    /// The response rules about the group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<Vec<ResponseSpec>>,
}

/// A group and all that belongs to it.
#[derive(Clone, Copy, Debug)]
pub struct Whole<'a> {
    /// The group.
    pub group: &'a Group,
    /// Its process profile.
    pub processes: Option<&'a ProcessProfile>,
    /// Its file monitor.
    pub files: Option<&'a FileMonitor>,
    /// Its sensors for data that leaves.
    pub dlp: Option<&'a SensorGroup<Dlp>>,
    /// Its sensors for attacks over the web.
    pub waf: Option<&'a SensorGroup<Waf>>,
    /// The network rules that name it and are in no other resource.
    pub network: &'a [NetworkRule],
    /// The response rules about it.
    pub response: &'a [ResponseRule],
}

/// A group as a resource; `groups` are those that its rules name.
pub fn export(whole: Whole<'_>, groups: &[Group], targets: &Targets) -> Resource<Spec> {
    let group = whole.group;
    let (ingress, egress): (Vec<_>, Vec<_>) =
        whole.network.iter().partition(|rule| rule.to == group.name);
    let peers = |rules: Vec<&NetworkRule>, way: &str| -> Vec<NetworkSpec> {
        let rules = rules.into_iter().enumerate();
        rules.map(|(at, rule)| network(rule, way, at, groups, targets)).collect()
    };
    let containers = group.kind() == GroupKind::Container;
    let response = whole.response.iter().map(|rule| ResponseSpec::new(rule, targets));
    let spec = Spec {
        selector: None,
        target: Some(Target {
            policymode: Some("N/A".to_owned()),
            selector: Selector {
                comment: group.comment.clone(),
                mon_metric: (containers && !group.reserved).then_some(group.monitor_metric),
                grp_sess_cur: (containers && !group.reserved).then_some(group.group_sess_cur),
                grp_sess_rate: (containers && !group.reserved).then_some(group.group_sess_rate),
                grp_band_width: (containers && !group.reserved).then_some(group.group_band_width),
                cluster_selector: targets.of(group),
                ..selector(group)
            },
        }),
        ingress: peers(ingress, "ingress"),
        egress: peers(egress, "egress"),
        process_profile: whole.processes.and_then(profile),
        process: whole.processes.map(|profile| profile.entries.iter().map(process).collect()),
        file: whole.files.map(|monitor| monitor.filters.iter().map(file).collect()),
        dlp: whole.dlp.map(binding),
        waf: whole.waf.map(binding),
        response: Some(response.collect()),
    };
    let namespace = group
        .criteria
        .iter()
        .find(|criterion| criterion.key == "domain" && criterion.op == Operator::Equal)
        .map(|criterion| criterion.value.clone());
    let kind = if namespace.is_some() { KINDS[0] } else { KINDS[1] };
    let mut resource = Resource::new(kind, resource_name(&group.name), spec);
    resource.metadata.namespace = namespace;
    resource
}

fn selector(group: &Group) -> Selector {
    Selector { name: group.name.clone(), criteria: group.criteria_entries(), ..Selector::default() }
}

fn network(
    rule: &NetworkRule,
    way: &str,
    at: usize,
    groups: &[Group],
    targets: &Targets,
) -> NetworkSpec {
    let peer = if way == "ingress" { &rule.from } else { &rule.to };
    let known = groups.iter().find(|group| group.name == *peer);
    NetworkSpec {
        name: format!("{}-{way}-{at}", rule.to),
        selector: known
            .map_or_else(|| Selector { name: peer.clone(), ..Selector::default() }, selector),
        action: rule.action.as_str().to_owned(),
        applications: rule.applications.clone(),
        ports: rule.ports.clone(),
        priority: rule.priority,
        cluster_selector: targets.of(rule),
    }
}

/// The kind of a profile; none where nobody chose one.
fn profile(profile: &ProcessProfile) -> Option<ProcessProfileSpec> {
    let &ProcessProfile { alert_disabled, hash_enabled, .. } = profile;
    let spec = ProcessProfileSpec { alert_disabled, hash_enabled, ..ProcessProfileSpec::default() };
    (alert_disabled || hash_enabled).then_some(spec)
}

fn process(entry: &crate::process_profile::ProcessEntry) -> ProcessSpec {
    ProcessSpec {
        name: entry.name.clone(),
        path: entry.path.clone(),
        action: entry.action.as_str().to_owned(),
        allow_update: entry.allow_update,
    }
}

fn file(filter: &crate::file_monitor::FileFilter) -> FileSpec {
    FileSpec {
        filter: filter.filter.clone(),
        recursive: filter.recursive,
        behavior: filter.behavior.as_str().to_owned(),
        app: filter.applications.clone(),
    }
}

fn binding<I: Inspection>(group: &SensorGroup<I>) -> BindingSpec {
    let setting = |setting: &crate::sensor::SensorSetting| SensorSettingConfig {
        name: setting.name.clone(),
        action: setting.action.as_str().to_owned(),
    };
    BindingSpec { status: group.status, settings: group.sensors.iter().map(setting).collect() }
}

impl Selector {
    /// Whether it stands for what is no group of ours.
    pub fn is_built_in(&self) -> bool {
        BUILT_IN_ENDPOINTS.contains(&self.name.as_str())
    }

    /// Whether the group is described here, and not only named.
    pub fn defines(&self) -> bool {
        !self.name_referral && !self.criteria.is_empty()
    }

    /// The group as a client would describe it; none where it is defined
    /// elsewhere.
    pub fn to_config(&self) -> Option<GroupConfig> {
        self.defines().then(|| GroupConfig {
            name: self.name.clone(),
            comment: Some(self.comment.clone()),
            criteria: Some(learned::criteria(&self.name, &self.criteria)),
            cfg_type: String::new(),
            monitor_metric: self.mon_metric,
            group_sess_cur: self.grp_sess_cur,
            group_sess_rate: self.grp_sess_rate,
            group_band_width: self.grp_band_width,
            cluster_selector: None,
        })
    }
}

impl NetworkSpec {
    /// The rule as a client would describe it, from one end to the other.
    pub fn to_rest(&self, from: &str, to: &str) -> PolicyRule {
        PolicyRule {
            from: from.to_owned(),
            to: to.to_owned(),
            ports: self.ports.clone(),
            action: self.action.clone(),
            applications: self.applications.clone(),
            priority: self.priority,
            ..PolicyRule::default()
        }
    }
}

impl ProcessSpec {
    /// The rule as a client would describe it. Without a name it is about what the path
    /// ends with.
    pub fn to_rest(&self, group: &str) -> ProcessProfileEntryConfig {
        let name = if self.name.is_empty() {
            self.path.rsplit('/').next().unwrap_or_default()
        } else {
            self.name.as_str()
        };
        ProcessProfileEntryConfig {
            name: name.to_owned(),
            path: self.path.clone(),
            action: self.action.clone(),
            group: group.to_owned(),
            allow_update: self.allow_update,
        }
    }
}

impl FileSpec {
    /// The filter as a client would describe it.
    pub fn to_rest(&self, group: &str) -> FileMonitorFilterConfig {
        FileMonitorFilterConfig {
            filter: self.filter.clone(),
            recursive: self.recursive,
            behavior: self.behavior.clone(),
            applications: self.app.clone(),
            group: group.to_owned(),
        }
    }
}
