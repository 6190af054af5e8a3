//! The whole federation as one text, which applied to an empty primary gives
//! the same state.

use palisade_policy::admission::rule::AdmissionRule;
use palisade_policy::cluster::Targets;
use palisade_policy::crd::rule_list::{self, NetworkRuleSpec, ResponseRuleSpec};
use palisade_policy::crd::security_rule::{self, Whole};
use palisade_policy::crd::{self, YamlError};
use palisade_policy::file_monitor::FileMonitor;
use palisade_policy::group::{Group, GroupKind};
use palisade_policy::network_rule::NetworkRule;
use palisade_policy::process_profile::ProcessProfile;
use palisade_policy::response_rule::ResponseRule;
use palisade_policy::sensor::{Dlp, Inspection, Sensor, SensorGroup, Waf};
use palisade_policy::webhook::Webhook;
use serde::Serialize;
use sqlx::PgConnection;

use super::super::target::targets;
use super::super::{Result, list};
use crate::registry;
use crate::store::Database;

/// All federated objects; registries without what they are logged in with.
pub async fn all(database: &Database) -> Result<String> {
    let mut tx = database.begin_snapshot().await?;
    let targets = targets(&mut tx).await?;
    let mut text = Text::default();
    sensors::<Dlp>(&mut tx, &mut text, &targets).await?;
    sensors::<Waf>(&mut tx, &mut text, &targets).await?;
    let webhooks: Vec<Webhook> = list(&mut tx).await?;
    if !webhooks.is_empty() {
        text.add(&crd::webhook::export(&webhooks, &targets))?;
    }
    groups(&mut tx, &mut text, &targets).await?;
    let mut network: Vec<NetworkRule> = list(&mut tx).await?;
    network.sort_by_key(|rule| rule.position);
    if !network.is_empty() {
        let rules = network.iter().map(|rule| NetworkRuleSpec::new(rule, &targets)).collect();
        text.add(&rule_list::export(rule_list::NETWORK, rules))?;
    }
    let mut admission: Vec<AdmissionRule> = list(&mut tx).await?;
    admission.sort_by_key(|rule| rule.id);
    if !admission.is_empty() {
        let rules = rule_list::admission(&admission, &targets);
        text.add(&rule_list::export(rule_list::ADMISSION, rules))?;
    }
    let mut response: Vec<ResponseRule> = list(&mut tx).await?;
    response.sort_by_key(|rule| rule.position);
    if !response.is_empty() {
        let rules = response.iter().map(|rule| ResponseRuleSpec::new(rule, &targets)).collect();
        text.add(&rule_list::export(rule_list::RESPONSE, rules))?;
    }
    for registry in registry::settings::all(&mut tx).await?.values() {
        text.add(&crd::registry::export(registry))?;
    }
    Ok(text.finish())
}

async fn sensors<I: Inspection>(
    conn: &mut PgConnection,
    text: &mut Text,
    targets: &Targets,
) -> Result<()> {
    let sensors: Vec<Sensor<I>> = list(conn).await?;
    for sensor in sensors.iter().filter(|sensor| !sensor.predefine) {
        text.add(&crd::sensor::export_with_ids(sensor, targets))?;
    }
    Ok(())
}

/// Groups with what belongs to them. The built-in ones are everywhere: they are
/// told where they are not as they began.
async fn groups(conn: &mut PgConnection, text: &mut Text, targets: &Targets) -> Result<()> {
    let groups: Vec<Group> = list(conn).await?;
    let processes: Vec<ProcessProfile> = list(conn).await?;
    let files: Vec<FileMonitor> = list(conn).await?;
    let dlp: Vec<SensorGroup<Dlp>> = list(conn).await?;
    let waf: Vec<SensorGroup<Waf>> = list(conn).await?;
    for group in &groups {
        let name = &group.name;
        // What its members have none of may be left of other ones that it had.
        let runs = group.kind().has_processes();
        let containers = group.kind() == GroupKind::Container;
        let profile = processes.iter().find(|one| one.group == *name && !one.is_empty());
        let monitor = files.iter().find(|one| one.group == *name && !one.filters.is_empty());
        let whole = Whole {
            group,
            processes: profile.filter(|_| runs),
            files: monitor.filter(|_| containers),
            dlp: bound(&dlp, name).filter(|_| containers),
            waf: bound(&waf, name).filter(|_| containers),
            network: &[],
            response: &[],
        };
        let as_it_began = group.comment.is_empty()
            && targets.of(group).is_none()
            && whole.processes.is_none()
            && whole.files.is_none()
            && whole.dlp.is_none()
            && whole.waf.is_none();
        if !(group.reserved && as_it_began) {
            text.add(&security_rule::export(whole, &groups, targets))?;
        }
    }
    Ok(())
}

fn bound<'a, I: Inspection + PartialEq>(
    groups: &'a [SensorGroup<I>],
    name: &str,
) -> Option<&'a SensorGroup<I>> {
    let group = groups.iter().find(|one| one.group == *name)?;
    (*group != SensorGroup::empty(name)).then_some(group)
}

/// Whether a text of these has no object.
pub fn is_empty(text: &str) -> bool {
    text == Text::default().finish()
}

/// A list of resources in one document, which every reader of YAML takes.
#[derive(Default)]
struct Text(String);

impl Text {
    fn add(&mut self, resource: &impl Serialize) -> Result<(), YamlError> {
        let text = crd::write(resource)?;
        for (n, line) in text.lines().enumerate() {
            let indent = if n == 0 { "- " } else { "  " };
            // Lines of a long text may be empty.
            let indent = if line.is_empty() { "" } else { indent };
            self.0.push_str(indent);
            self.0.push_str(line);
            self.0.push('\n');
        }
        Ok(())
    }

    fn finish(self) -> String {
        let items = if self.0.is_empty() { " []\n".to_owned() } else { format!("\n{}", self.0) };
        format!("apiVersion: v1\nkind: List\nitems:{items}")
    }
}
