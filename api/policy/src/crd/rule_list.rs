//! Rules with their ids and in their order, which the resources of groups do
//! not tell: one resource of our own a kind of rules.

use palisade_api::rest::cluster_selector::ClusterSelector;
use palisade_api::rest::is_zero;
use palisade_api::rest::policy_rule::PolicyRule;
use palisade_api::rest::response_rule::{self as rest, EventCondition};
use serde::{Deserialize, Serialize};

use super::{Metadata, Resource, admission};
use crate::cluster::Targets;
use crate::network_rule::NetworkRule;
use crate::response_rule::ResponseRule;

/// The group and version of our own resources.
pub const API_VERSION: &str = "palisade/v1";
/// The kind of a list of network rules.
pub const NETWORK: &str = "NetworkRules";
/// The kind of a list of response rules.
pub const RESPONSE: &str = "ResponseRules";
/// The kind of a list of admission rules.
pub const ADMISSION: &str = "AdmissionRules";
/// The name of each list.
const NAME: &str = "fed";

/// What a list says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spec<R> {
    /// The rules in their order.
    pub rules: Vec<R>,
}

/// A network rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkRuleSpec {
    /// Its id; the next free one where it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u32>,
    /// Group that connects.
    pub from: String,
    /// Group that is connected to.
    pub to: String,
    /// `any`, or a list such as `tcp/80,udp/53-60`.
    pub ports: String,
    /// `any`, or names of protocols.
    pub applications: Vec<String>,
    /// `allow` or `deny`.
    pub action: String,
    /// For people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
    /// Whether it is switched off.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disable: bool,
    /// Order among rules from custom resources.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub priority: u32,
    /// Which clusters it is for; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster_selector: Option<ClusterSelector>,
}

/// A response rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResponseRuleSpec {
    /// Its id; the next free one where it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u32>,
    /// What it responds to.
    pub event: String,
    /// The group that it is about; absent: all.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// What must be met.
    #[serde(default)]
    pub conditions: Vec<EventCondition>,
    /// What it does.
    pub actions: Vec<String>,
    /// What it calls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub webhooks: Vec<String>,
    /// For people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
    /// Whether it is switched off.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disable: bool,
    /// Which clusters it is for; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster_selector: Option<ClusterSelector>,
}

impl NetworkRuleSpec {
    /// The rule as a file tells it.
    pub fn new(rule: &NetworkRule, targets: &Targets) -> Self {
        Self {
            id: Some(rule.id),
            from: rule.from.clone(),
            to: rule.to.clone(),
            ports: rule.ports.clone(),
            applications: rule.applications.clone(),
            action: rule.action.as_str().to_owned(),
            comment: rule.comment.clone(),
            disable: rule.disable,
            priority: rule.priority,
            cluster_selector: targets.of(rule),
        }
    }

    /// The rule as a client would describe it.
    pub fn into_rest(self) -> PolicyRule {
        PolicyRule {
            id: self.id.unwrap_or_default(),
            comment: self.comment,
            from: self.from,
            to: self.to,
            ports: self.ports,
            action: self.action,
            applications: self.applications,
            disable: self.disable,
            priority: self.priority,
            ..PolicyRule::default()
        }
    }
}

impl ResponseRuleSpec {
    /// The rule as a file tells it.
    pub fn new(rule: &ResponseRule, targets: &Targets) -> Self {
        let rest = rule.to_rest();
        Self {
            id: Some(rest.id),
            event: rest.event,
            group: rest.group,
            conditions: rest.conditions,
            actions: rest.actions,
            webhooks: rest.webhooks,
            comment: rest.comment,
            disable: rest.disable,
            cluster_selector: targets.of(rule),
        }
    }

    /// The rule as a client would describe it.
    pub fn into_rest(self) -> rest::ResponseRule {
        rest::ResponseRule {
            id: self.id.unwrap_or_default(),
            event: self.event,
            comment: self.comment,
            group: self.group,
            conditions: self.conditions,
            actions: self.actions,
            webhooks: self.webhooks,
            disable: self.disable,
            cfg_type: String::new(),
            cluster_selector: None,
        }
    }
}

/// Rules as one resource.
pub fn export<R>(kind: &str, rules: Vec<R>) -> Resource<Spec<R>> {
    Resource {
        api_version: API_VERSION.to_owned(),
        kind: kind.to_owned(),
        metadata: Metadata { name: NAME.to_owned(), namespace: None },
        spec: Spec { rules },
    }
}

/// Admission rules with their ids.
pub fn admission<'a>(
    rules: impl IntoIterator<Item = &'a crate::admission::AdmissionRule>,
    targets: &Targets,
) -> Vec<admission::RuleSpec> {
    let with_id = |rule: &crate::admission::AdmissionRule| admission::RuleSpec {
        id: Some(rule.id),
        conversion_id_ref: None,
        ..admission::RuleSpec::new(rule, targets)
    };
    rules.into_iter().map(with_id).collect()
}
