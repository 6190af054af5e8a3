//! Response rules as resources.

use palisade_api::rest::cluster_selector::ClusterSelector;
use palisade_api::rest::response_rule::{self as rest, EventCondition};
use serde::{Deserialize, Serialize};

use super::Resource;
use crate::cluster::Targets;
use crate::response_rule::{EXTERNAL, ResponseRule};
use crate::{CfgType, FED_PREFIX};

/// The kind of the resources.
pub const KIND: &str = "NvResponseRuleSecurityRule";

/// The name of the list that an owner's rules are in.
const fn policy_name(cfg_type: CfgType) -> &'static str {
    match cfg_type {
        CfgType::Federal => "fed",
        _ => "default",
    }
}

/// A response rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSpec {
    /// `fed`, or `default` of a cluster's own.
    pub policy_name: String,
    /// What it responds to.
    pub event: String,
    /// `external`, or empty: a group's rules are with the group.
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

/// What a resource says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// The rule.
    pub rule: RuleSpec,
}

impl RuleSpec {
    /// The rule as a file tells it, where its group stands around it.
    pub fn new(rule: &ResponseRule, targets: &Targets) -> Self {
        let (owner, cluster_selector) = (rule.cfg_type, targets.of(rule));
        let rule = rule.to_rest();
        Self {
            policy_name: policy_name(owner).to_owned(),
            event: rule.event,
            group: if rule.group == EXTERNAL { rule.group } else { String::new() },
            conditions: rule.conditions,
            actions: rule.actions,
            webhooks: rule.webhooks,
            comment: rule.comment,
            disable: rule.disable,
            cluster_selector,
        }
    }

    /// The rule as a client would describe it, about `group`.
    pub fn to_rest(&self, group: &str) -> rest::ResponseRule {
        rest::ResponseRule {
            id: 0,
            event: self.event.clone(),
            comment: self.comment.clone(),
            group: group.to_owned(),
            conditions: self.conditions.clone(),
            actions: self.actions.clone(),
            webhooks: self.webhooks.clone(),
            disable: self.disable,
            cfg_type: String::new(),
            cluster_selector: None,
        }
    }
}

/// A rule that is about no group of ours, as a resource.
pub fn export(rule: &ResponseRule, targets: &Targets) -> Resource<Spec> {
    let prefix = if rule.cfg_type == CfgType::Federal { FED_PREFIX } else { "" };
    let name = format!("{prefix}{}--{}", rule.event.as_str(), rule.id);
    Resource::new(KIND, name, Spec { rule: RuleSpec::new(rule, targets) })
}
