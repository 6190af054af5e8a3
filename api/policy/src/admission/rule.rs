//! An admission rule: what it is made of, and its validation.

use palisade_api::rest::admission as rest;
pub use palisade_api::rest::admission::AdmissionCriterion;
use serde::{Deserialize, Serialize};

use super::container::ContainerKind;
use super::criteria;
use crate::object::federated;
use crate::rule_id::RuleIds;
use crate::{CfgType, PolicyError, check_comment};

/// Ids of federated rules, allow and deny together.
pub const FED_IDS: RuleIds = RuleIds::new("federated admission rules", 100_001..=109_999);
/// Ids of rules made in a cluster.
pub const LOCAL_IDS: RuleIds = RuleIds::new("admission rules", 1_000..=99_999);

const CATEGORY: &str = "Kubernetes";
const MAX_CRITERIA: usize = 256;

/// What a rule does when it is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RuleType {
    /// Allows.
    #[serde(rename = "exception")]
    Allow,
    /// Denies.
    #[serde(rename = "deny")]
    Deny,
}

impl RuleType {
    /// The name that clients know.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "exception",
            Self::Deny => "deny",
        }
    }
}

/// The mode of a cluster's admission control.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// What would be denied is only recorded.
    #[default]
    Monitor,
    /// What is denied is refused.
    Protect,
}

impl Mode {
    /// The name that clients know.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Monitor => "monitor",
            Self::Protect => "protect",
        }
    }

    /// The mode of that name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Monitor, Self::Protect].into_iter().find(|mode| mode.as_str() == text)
    }
}

/// The mode of one deny rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RuleMode {
    /// That of the cluster.
    #[default]
    #[serde(rename = "")]
    Global,
    /// Only recorded, whatever the cluster's mode.
    #[serde(rename = "monitor")]
    Monitor,
    /// Refused, whatever the cluster's mode.
    #[serde(rename = "protect")]
    Protect,
}

impl RuleMode {
    /// The name that clients know.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Global => "",
            Self::Monitor => "monitor",
            Self::Protect => "protect",
        }
    }

    /// Whether a rule of this mode refuses in a cluster of that mode.
    pub const fn refuses(self, cluster: Mode) -> bool {
        match self {
            Self::Global => matches!(cluster, Mode::Protect),
            Self::Monitor => false,
            Self::Protect => true,
        }
    }
}

/// An admission rule. Its JSON form is the payload of the federated object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdmissionRule {
    /// Its id.
    pub id: u32,
    /// `Kubernetes`.
    pub category: String,
    /// For people.
    #[serde(default)]
    pub comment: String,
    /// What must be met.
    pub criteria: Vec<AdmissionCriterion>,
    /// Whether it is switched off.
    #[serde(default)]
    pub disable: bool,
    /// Whether it is built in.
    #[serde(default)]
    pub critical: bool,
    /// Who owns it.
    pub cfg_type: CfgType,
    /// What it does.
    pub rule_type: RuleType,
    /// When it refuses.
    #[serde(default)]
    pub rule_mode: RuleMode,
    /// Which containers it is about; none means the ordinary ones.
    #[serde(default)]
    pub containers: Vec<ContainerKind>,
}

impl AdmissionRule {
    /// A new rule.
    pub fn create(
        config: rest::AdmissionRuleConfig,
        id: u32,
        cfg_type: CfgType,
    ) -> Result<Self, PolicyError> {
        ids(cfg_type).check(id)?;
        let rule = Self {
            id,
            category: CATEGORY.to_owned(),
            comment: String::new(),
            criteria: Vec::new(),
            disable: false,
            critical: false,
            cfg_type,
            rule_type: rule_type(&config.rule_type)?,
            rule_mode: RuleMode::Global,
            containers: ContainerKind::ALL.to_vec(),
        };
        if config.criteria.is_none() {
            return Err(PolicyError::field("criteria", "a rule needs at least one"));
        }
        rule.update(config)
    }

    /// The rule with what `config` names.
    pub fn update(mut self, config: rest::AdmissionRuleConfig) -> Result<Self, PolicyError> {
        if self.critical {
            self.disable = config.disable.unwrap_or(self.disable);
            return Ok(self);
        }
        if !config.rule_type.is_empty() && rule_type(&config.rule_type)? != self.rule_type {
            let reason = "an allow rule cannot become a deny rule, nor the reverse";
            return Err(PolicyError::field("rule_type", reason));
        }
        if config.category.is_some_and(|category| !category.is_empty() && category != CATEGORY) {
            return Err(PolicyError::field("category", "it is Kubernetes"));
        }
        if let Some(comment) = config.comment {
            check_comment(&comment)?;
            self.comment = comment;
        }
        if let Some(mode) = config.rule_mode {
            self.rule_mode = match mode.as_str() {
                "" => RuleMode::Global,
                "monitor" => RuleMode::Monitor,
                "protect" => RuleMode::Protect,
                _ => return Err(PolicyError::field("rule_mode", "empty, monitor or protect")),
            };
            if self.rule_type == RuleType::Allow && self.rule_mode != RuleMode::Global {
                return Err(PolicyError::field("rule_mode", "only deny rules have one"));
            }
        }
        if let Some(containers) = config.containers {
            self.containers = containers
                .iter()
                .map(|kind| {
                    ContainerKind::parse(kind).ok_or_else(|| {
                        let known = ContainerKind::ALL.map(ContainerKind::as_str).join(", ");
                        PolicyError::field("containers", format!("they are: {known}"))
                    })
                })
                .collect::<Result<_, _>>()?;
            self.containers.sort_unstable();
            self.containers.dedup();
        }
        if let Some(criteria) = config.criteria {
            if criteria.is_empty() || criteria.len() > MAX_CRITERIA {
                let reason = format!("a rule needs 1 to {MAX_CRITERIA}");
                return Err(PolicyError::field("criteria", reason));
            }
            self.criteria = criteria::normal(criteria, self.rule_type)?;
        }
        self.disable = config.disable.unwrap_or(self.disable);
        Ok(self)
    }

    /// The rule as clients know it.
    pub fn to_rest(&self) -> rest::AdmissionRule {
        rest::AdmissionRule {
            id: self.id,
            category: self.category.clone(),
            comment: self.comment.clone(),
            criteria: self.criteria.clone(),
            disable: self.disable,
            critical: self.critical,
            cfg_type: self.cfg_type.as_str().to_owned(),
            rule_type: self.rule_type.as_str().to_owned(),
            rule_mode: self.rule_mode.as_str().to_owned(),
            containers: self.containers.iter().map(|kind| kind.as_str().to_owned()).collect(),
            cluster_selector: None,
        }
    }

    /// The rules that every cluster has: the namespaces without which
    /// Kubernetes itself does not run are let through.
    pub fn built_in() -> Vec<Self> {
        vec![Self {
            id: 1,
            category: CATEGORY.to_owned(),
            comment: "Allow deployments in system namespaces.".to_owned(),
            criteria: vec![AdmissionCriterion {
                name: "namespace".to_owned(),
                op: "containsAny".to_owned(),
                value: "kube-system,kube-public,istio-system".to_owned(),
                ..AdmissionCriterion::default()
            }],
            disable: false,
            critical: true,
            cfg_type: CfgType::UserCreated,
            rule_type: RuleType::Allow,
            rule_mode: RuleMode::Global,
            containers: ContainerKind::ALL.to_vec(),
        }]
    }
}

federated!(AdmissionRule, AdmissionRule, id);

/// The ids of the rules of an owner.
pub const fn ids(cfg_type: CfgType) -> RuleIds {
    match cfg_type {
        CfgType::Federal => FED_IDS,
        _ => LOCAL_IDS,
    }
}

fn rule_type(text: &str) -> Result<RuleType, PolicyError> {
    match text {
        "exception" | "allow" => Ok(RuleType::Allow),
        "deny" => Ok(RuleType::Deny),
        _ => Err(PolicyError::field("rule_type", "it is exception or deny")),
    }
}
