//! Rules of the home cluster, promoted to the federation: copies with ids of
//! their own, while the originals stay.

mod sensor;

use palisade_api::rest::admission::{AdmissionRule as LocalAdmissionRule, AdmissionRuleConfig};
use palisade_api::rest::file_monitor::{
    FileMonitorConfig, FileMonitorFilterConfig, FileMonitorProfile,
};
use palisade_api::rest::group::{Group as LocalGroup, GroupConfig};
use palisade_api::rest::policy_rule::PolicyRule;
use palisade_api::rest::process_profile::{
    ProcessProfile as LocalProfile, ProcessProfileConfig, ProcessProfileEntryConfig,
};
use palisade_policy::admission::rule::{AdmissionRule, FED_IDS as FED_ADMISSION_IDS};
use palisade_policy::edit::Edit as _;
use palisade_policy::edit::resource::Table;
use palisade_policy::file_monitor::FileMonitor;
use palisade_policy::group::{BUILT_IN_ENDPOINTS, Group, GroupKind};
use palisade_policy::network_rule::{FED_IDS, NetworkRule};
use palisade_policy::order::GAP;
use palisade_policy::process_profile::{ProcessProfile, Stamp};
use palisade_policy::sensor::{Dlp, Waf};
use palisade_policy::{CfgType, FED_PREFIX, FederatedObject as _};

pub use sensor::LocalSensors;
use sensor::Sensors;

use super::{Edit, Result, RuleError};
use crate::store::{Actor, Database};

/// Prefixes of endpoints that are one host or one workload.
const SINGLE: [&str; 2] = ["Host:", "Workload:"];

/// What the home cluster has of its own.
#[derive(Clone, Debug, Default)]
pub struct Local {
    /// Its network rules.
    pub rules: Vec<PolicyRule>,
    /// Its groups.
    pub groups: Vec<LocalGroup>,
    /// Their process profiles.
    pub processes: Vec<LocalProfile>,
    /// Their file monitors.
    pub files: Vec<FileMonitorProfile>,
    /// Its sensors for data that leaves.
    pub dlp: LocalSensors,
    /// Its sensors for attacks over the web.
    pub waf: LocalSensors,
}

/// Promotes network rules to the end of the federated ones. The groups that
/// they name are promoted with what belongs to them, where they are not yet.
pub async fn network(
    database: &Database,
    actor: &Actor,
    local: &Local,
    ids: &[u32],
    stamp: Stamp,
) -> Result<()> {
    let mut edit = Edit::begin(database).await?;
    let mut rules: Table<NetworkRule> = Table::load(&mut edit).await?;
    let mut groups = Groups {
        federated: Table::load(&mut edit).await?,
        processes: Table::load(&mut edit).await?,
        files: Table::load(&mut edit).await?,
        dlp: Sensors::load(&mut edit, &local.dlp).await?,
        waf: Sensors::load(&mut edit, &local.waf).await?,
        local,
        stamp,
    };
    let used: Vec<u32> = rules.iter().map(|rule| rule.id).collect();
    let mut free = edit.ids(NetworkRule::KIND, FED_IDS, used).await?;
    let mut promoted = 0_usize;
    for id in ids.iter().filter(|id| **id != 0 && !FED_IDS.contains(**id)) {
        let rule = local.rules.iter().find(|rule| rule.id == *id).ok_or_else(|| not_there(*id))?;
        let refused = |reason: String| RuleError::NotPromoted { id: *id, reason };
        for end in [&rule.from, &rule.to] {
            let single = SINGLE.iter().any(|prefix| end.starts_with(prefix));
            if single && !BUILT_IN_ENDPOINTS.contains(&end.as_str()) {
                return Err(refused(format!("{end:?} is a single host or workload")));
            }
        }
        let mut copy = rule.clone();
        copy.from = groups.promoted(&rule.from).map_err(|error| refused(error.to_string()))?;
        copy.to = groups.promoted(&rule.to).map_err(|error| refused(error.to_string()))?;
        copy.comment = comment(&rule.comment, *id);
        let end = rules.iter().map(|rule| rule.position).max().map_or(0, |last| last + GAP);
        let copy = NetworkRule::create(copy, free.give(0)?, CfgType::Federal, end, stamp.now)
            .map_err(|error| refused(error.to_string()))?;
        rules.put(copy);
        promoted += 1;
    }
    require_some(promoted)?;
    groups.federated.write(&mut edit)?;
    groups.processes.write(&mut edit)?;
    groups.files.write(&mut edit)?;
    groups.dlp.write(&mut edit)?;
    groups.waf.write(&mut edit)?;
    rules.write(&mut edit)?;
    edit.given(NetworkRule::KIND, &free);
    edit.commit(actor).await
}

/// Promotes admission rules. Built-in ones are passed over.
pub async fn admission(
    database: &Database,
    actor: &Actor,
    local: &[LocalAdmissionRule],
    ids: &[u32],
) -> Result<()> {
    let mut edit = Edit::begin(database).await?;
    let rules: Vec<AdmissionRule> = edit.list().await?;
    let used = rules.iter().map(|rule| rule.id);
    let mut free = edit.ids(AdmissionRule::KIND, FED_ADMISSION_IDS, used).await?;
    let mut promoted = 0_usize;
    for id in ids.iter().filter(|id| !FED_ADMISSION_IDS.contains(**id)) {
        let rule = local.iter().find(|rule| rule.id == *id).ok_or_else(|| not_there(*id))?;
        if rule.critical {
            continue;
        }
        let config = AdmissionRuleConfig {
            rule_type: rule.rule_type.clone(),
            comment: Some(comment(&rule.comment, *id)),
            criteria: Some(rule.criteria.clone()),
            disable: Some(rule.disable),
            rule_mode: Some(rule.rule_mode.clone()),
            containers: Some(rule.containers.clone()),
            ..AdmissionRuleConfig::default()
        };
        let copy = AdmissionRule::create(config, free.give(0)?, CfgType::Federal)
            .map_err(|error| RuleError::NotPromoted { id: *id, reason: error.to_string() })?;
        edit.put(&copy)?;
        promoted += 1;
    }
    require_some(promoted)?;
    edit.given(AdmissionRule::KIND, &free);
    edit.commit(actor).await
}

fn not_there(id: u32) -> RuleError {
    RuleError::NotPromoted { id, reason: "the home cluster has no such rule".to_owned() }
}

fn require_some(promoted: usize) -> Result<()> {
    if promoted == 0 { Err(RuleError::NothingPromoted) } else { Ok(()) }
}

fn comment(comment: &str, id: u32) -> String {
    let origin = format!("promoted from rule {id}");
    if comment.is_empty() { origin } else { format!("{comment} ({origin})") }
}

/// The federated groups, and the local ones that become such.
struct Groups<'a> {
    federated: Table<Group>,
    processes: Table<ProcessProfile>,
    files: Table<FileMonitor>,
    dlp: Sensors<'a, Dlp>,
    waf: Sensors<'a, Waf>,
    local: &'a Local,
    stamp: Stamp,
}

impl Groups<'_> {
    /// The federated name of an endpoint; the group is made where it is not
    /// there yet.
    fn promoted(&mut self, name: &str) -> Result<String> {
        if BUILT_IN_ENDPOINTS.contains(&name) {
            return Ok(name.to_owned());
        }
        let promoted = format!("{FED_PREFIX}{name}");
        if self.federated.get(&promoted).is_some() {
            return Ok(promoted);
        }
        let local = self.local.groups.iter().find(|group| group.brief.name == name);
        let local = local.ok_or_else(|| RuleError::missing::<Group>(name))?;
        let config = GroupConfig {
            name: promoted.clone(),
            comment: Some(local.brief.comment.clone()),
            criteria: Some(local.criteria.clone()),
            ..GroupConfig::default()
        };
        let group = Group::create(config, CfgType::Federal)?;
        if group.kind().has_processes() {
            self.promote_processes(name, &promoted)?;
        }
        if group.kind() == GroupKind::Container {
            self.promote_files(name, &promoted)?;
            self.dlp.promote(name, &promoted)?;
            self.waf.promote(name, &promoted)?;
        }
        self.federated.put(group);
        Ok(promoted)
    }

    fn promote_processes(&mut self, name: &str, promoted: &str) -> Result<()> {
        let profile = self.local.processes.iter().find(|profile| profile.group == name);
        let Some(profile) = profile.filter(|profile| !profile.process_list.is_empty()) else {
            return Ok(());
        };
        let entry = |entry: &palisade_api::rest::process_profile::ProcessProfileEntry| {
            ProcessProfileEntryConfig {
                name: entry.name.clone(),
                path: entry.path.clone(),
                // What was learned was seen, and may be.
                action: if entry.action == "deny" { "deny" } else { "allow" }.to_owned(),
                group: promoted.to_owned(),
                allow_update: entry.allow_update,
            }
        };
        let config = ProcessProfileConfig {
            process_change_list: Some(profile.process_list.iter().map(entry).collect()),
            ..ProcessProfileConfig::default()
        };
        self.processes.put(ProcessProfile::empty(promoted).update(config, self.stamp)?);
        Ok(())
    }

    fn promote_files(&mut self, name: &str, promoted: &str) -> Result<()> {
        let monitor = self.local.files.iter().find(|monitor| monitor.group == name);
        let Some(monitor) = monitor.filter(|monitor| !monitor.filters.is_empty()) else {
            return Ok(());
        };
        let filter = |filter: &palisade_api::rest::file_monitor::FileMonitorFilter| {
            FileMonitorFilterConfig {
                filter: filter.filter.clone(),
                recursive: filter.recursive,
                behavior: filter.behavior.clone(),
                applications: filter.applications.clone(),
                group: promoted.to_owned(),
            }
        };
        let config = FileMonitorConfig {
            add_filters: Some(monitor.filters.iter().map(filter).collect()),
            ..FileMonitorConfig::default()
        };
        self.files.put(FileMonitor::empty(promoted).update(config, self.stamp.now)?);
        Ok(())
    }
}
