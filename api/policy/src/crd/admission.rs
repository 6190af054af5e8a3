//! Admission rules as a resource.

use palisade_api::rest::admission::{AdmissionCriterion, AdmissionRuleConfig};
use palisade_api::rest::cluster_selector::ClusterSelector;
use serde::{Deserialize, Serialize};

use super::{Resource, owner_name};
use crate::CfgType;
use crate::admission::rule::LOCAL_IDS;
use crate::admission::{AdmissionRule, RuleType};
use crate::cluster::Targets;

/// The kind of the resource.
pub const KIND: &str = "NvAdmissionControlSecurityRule";

/// An admission rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RuleSpec {
    /// `allow` or `deny`.
    pub action: String,
    /// What must be met.
    pub criteria: Vec<AdmissionCriterion>,
    /// Whether it is switched off.
    pub disabled: bool,
    /// When a deny rule refuses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule_mode: Option<String>,
    /// Which containers it is about.
    pub containers: Vec<String>,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The id of a built-in rule, or in a list of our own of any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<u32>,
    /// The id that the rule had where it was exported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversion_id_ref: Option<u32>,
    /// Which clusters it is for; absent: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_selector: Option<ClusterSelector>,
}

/// What a resource says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Spec {
    /// The state of a cluster's admission control. The federation has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<Config>,
    /// The rules.
    pub rules: Vec<RuleSpec>,
}

/// The state of a cluster's admission control.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Whether it works.
    pub enable: bool,
    /// `monitor` or `protect`.
    pub mode: String,
    /// How Kubernetes reaches it.
    pub client_mode: String,
}

impl RuleSpec {
    /// The rule as a file tells it.
    pub fn new(rule: &AdmissionRule, targets: &Targets) -> Self {
        let denies = rule.rule_type == RuleType::Deny;
        let rest = rule.to_rest();
        Self {
            action: if denies { "deny" } else { "allow" }.to_owned(),
            criteria: rest.criteria,
            disabled: rest.disable,
            rule_mode: denies.then_some(rest.rule_mode),
            containers: rest.containers,
            comment: Some(rest.comment).filter(|comment| !comment.is_empty()),
            id: rule.critical.then_some(rest.id),
            conversion_id_ref: Some(rest.id),
            cluster_selector: targets.of(rule),
        }
    }

    /// The id of the built-in rule that this is, which the federation has none of.
    pub fn built_in(&self) -> Option<u32> {
        self.id.filter(|id| (1..LOCAL_IDS.first()).contains(id))
    }

    /// The rule as a client would describe it.
    pub fn into_config(self) -> AdmissionRuleConfig {
        AdmissionRuleConfig {
            rule_type: self.action,
            criteria: Some(self.criteria),
            disable: Some(self.disabled),
            rule_mode: self.rule_mode,
            containers: Some(self.containers).filter(|containers| !containers.is_empty()),
            comment: Some(self.comment.unwrap_or_default()),
            ..AdmissionRuleConfig::default()
        }
    }
}

/// Rules of one owner as one resource, and the state of admission control where it is to
/// be in it.
pub fn export<'a>(
    cfg_type: CfgType,
    config: Option<Config>,
    rules: impl IntoIterator<Item = &'a AdmissionRule>,
    targets: &Targets,
) -> Resource<Spec> {
    let rules = rules.into_iter().map(|rule| RuleSpec::new(rule, targets)).collect();
    Resource::new(KIND, owner_name(cfg_type), Spec { config, rules })
}
