//! Response rules: what is done when something is logged.

mod event;
mod names;

use palisade_api::rest::response_rule::{self as rest, EventCondition, ResponseRuleConfig};
use serde::{Deserialize, Serialize};

pub use event::{ConditionType, Event, options};

use crate::object::federated;
use crate::rule_id::RuleIds;
use crate::{CfgType, PolicyError, check_comment};

/// Ids of federated rules.
pub const FED_IDS: RuleIds = RuleIds::new("federated response rules", 100_001..=109_999);
/// Ids of rules made in a cluster. Those below 8 are only given to who asks for
/// them: elsewhere they are rules that come with the product.
pub const LOCAL_IDS: RuleIds = RuleIds::new("response rules", 1..=99_999).automatic_from(8);
/// The only group of a rule that is none of ours.
pub const EXTERNAL: &str = "external";
/// Webhooks of one rule.
const MAX_WEBHOOKS: usize = 64;
const MAX_VALUE_BYTES: usize = 1_024;

/// The ids of the rules of an owner.
pub const fn ids(cfg_type: CfgType) -> RuleIds {
    match cfg_type {
        CfgType::Federal => FED_IDS,
        _ => LOCAL_IDS,
    }
}

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Cuts the workload off the network.
    Quarantine,
    /// Keeps the record out of the logs.
    SuppressLog,
    /// Calls webhooks.
    Webhook,
}

impl Action {
    const ALL: [Self; 3] = [Self::Quarantine, Self::SuppressLog, Self::Webhook];

    /// The name that clients know.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Quarantine => "quarantine",
            Self::SuppressLog => "suppress-log",
            Self::Webhook => "webhook",
        }
    }
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// What is compared.
    #[serde(rename = "type")]
    pub condition_type: ConditionType,
    /// What it is compared with.
    pub value: String,
}

/// A response rule. Its JSON form is its payload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResponseRule {
    /// Its id.
    pub id: u32,
    /// What it responds to.
    pub event: Event,
    /// For people.
    #[serde(default)]
    pub comment: String,
    /// The group that it is about; empty: all.
    #[serde(default)]
    pub group: String,
    /// What must be met: all of them, each type once.
    pub conditions: Vec<Condition>,
    /// What it does.
    pub actions: Vec<Action>,
    /// Names of the webhooks that are called.
    #[serde(default)]
    pub webhooks: Vec<String>,
    /// Whether it is switched off.
    #[serde(default)]
    pub disable: bool,
    /// Who owns it.
    pub cfg_type: CfgType,
    /// Place in the list.
    pub position: i64,
}

impl ResponseRule {
    /// A new rule.
    pub fn create(
        rule: rest::ResponseRule,
        id: u32,
        cfg_type: CfgType,
        position: i64,
    ) -> Result<Self, PolicyError> {
        ids(cfg_type).check(id)?;
        let made = Self {
            id,
            event: event(&rule.event)?,
            comment: rule.comment,
            group: rule.group,
            conditions: Vec::new(),
            actions: actions(&rule.actions)?,
            webhooks: rule.webhooks,
            disable: rule.disable,
            cfg_type,
            position,
        };
        made.checked(rule.conditions)
    }

    /// The rule with what `config` names.
    pub fn update(mut self, config: ResponseRuleConfig) -> Result<Self, PolicyError> {
        if config.id != 0 && config.id != self.id {
            return Err(PolicyError::field("id", "it differs from that in the path"));
        }
        let conditions = config.conditions.unwrap_or_else(|| self.conditions_to_rest());
        if let Some(text) = config.event {
            self.event = event(&text)?;
        }
        if let Some(names) = config.actions {
            self.actions = actions(&names)?;
        }
        self.comment = config.comment.unwrap_or(self.comment);
        self.group = config.group.unwrap_or(self.group);
        self.webhooks = config.webhooks.unwrap_or(self.webhooks);
        self.disable = config.disable.unwrap_or(self.disable);
        self.checked(conditions)
    }

    /// The group that must exist.
    pub fn needed_group(&self) -> Option<&str> {
        (!self.group.is_empty() && self.group != EXTERNAL).then_some(self.group.as_str())
    }

    /// The webhooks that must exist.
    pub fn needed_webhooks(&self) -> impl Iterator<Item = &str> {
        let calls = self.actions.contains(&Action::Webhook);
        self.webhooks.iter().filter(move |_| calls).map(String::as_str)
    }

    /// The rule as clients know it.
    pub fn to_rest(&self) -> rest::ResponseRule {
        rest::ResponseRule {
            id: self.id,
            event: self.event.as_str().to_owned(),
            comment: self.comment.clone(),
            group: self.group.clone(),
            conditions: self.conditions_to_rest(),
            actions: self.actions.iter().map(|action| action.as_str().to_owned()).collect(),
            webhooks: self.webhooks.clone(),
            disable: self.disable,
            cfg_type: self.cfg_type.as_str().to_owned(),
            cluster_selector: None,
        }
    }

    fn conditions_to_rest(&self) -> Vec<EventCondition> {
        let to_rest = |condition: &Condition| EventCondition {
            condition_type: condition.condition_type.as_str().to_owned(),
            value: condition.value.clone(),
        };
        self.conditions.iter().map(to_rest).collect()
    }

    fn checked(mut self, given: Vec<EventCondition>) -> Result<Self, PolicyError> {
        check_comment(&self.comment)?;
        if given.is_empty() {
            return Err(PolicyError::field("conditions", "a rule needs one"));
        }
        self.conditions = Vec::with_capacity(given.len());
        for condition in given {
            let condition = self.condition(&condition)?;
            if self.conditions.iter().any(|old| old.condition_type == condition.condition_type) {
                let name = condition.condition_type.as_str();
                return Err(PolicyError::field("conditions", format!("{name} is there twice")));
            }
            self.conditions.push(condition);
        }
        if self.webhooks.len() > MAX_WEBHOOKS {
            return Err(PolicyError::field("webhooks", format!("{MAX_WEBHOOKS} at most")));
        }
        if let Some(group) = self.needed_group() {
            PolicyError::unless_same_owner(group, self.cfg_type)?;
        }
        Ok(self)
    }

    fn condition(&self, given: &EventCondition) -> Result<Condition, PolicyError> {
        use ConditionType as C;
        let wrong = |reason: String| PolicyError::criterion(&given.condition_type, reason);
        let kind = C::parse(&given.condition_type)
            .filter(|kind| self.event.conditions().contains(kind))
            .ok_or_else(|| {
                let known: Vec<_> =
                    self.event.conditions().iter().map(|kind| kind.as_str()).collect();
                wrong(format!("{} knows {}", self.event.as_str(), known.join(", ")))
            })?;
        let count = |text: &str| text.parse::<u32>().is_ok_and(|count| count > 0);
        let value = match kind {
            C::Name | C::Process => given.value.clone(),
            C::Level => {
                let levels = self.event.levels();
                let level = levels.iter().find(|level| level.eq_ignore_ascii_case(&given.value));
                let level = level.ok_or_else(|| wrong(format!("one of {}", levels.join(", "))))?;
                (*level).to_owned()
            }
            C::CveName => given.value.to_ascii_uppercase(),
            C::CveCritical | C::CveHighOnly | C::CveHigh | C::CveMedium => {
                if !count(&given.value) {
                    return Err(wrong("it is a number above 0".to_owned()));
                }
                given.value.clone()
            }
            C::CveCriticalWithFix | C::CveHighOnlyWithFix | C::CveHighWithFix => {
                let (number, days) = given.value.split_once('/').unwrap_or((&given.value, "1"));
                if !count(number) || !count(days) {
                    return Err(wrong("it is a number above 0, or number/days".to_owned()));
                }
                given.value.clone()
            }
        };
        if value.is_empty() || value.len() > MAX_VALUE_BYTES {
            return Err(wrong("its value is empty or too long".to_owned()));
        }
        Ok(Condition { condition_type: kind, value })
    }
}

federated!(ResponseRule, ResponseRule, id);

fn event(name: &str) -> Result<Event, PolicyError> {
    Event::parse(name).ok_or_else(|| {
        let known = Event::ALL.map(Event::as_str).join(", ");
        PolicyError::field("event", format!("it is one of {known}"))
    })
}

fn actions(names: &[String]) -> Result<Vec<Action>, PolicyError> {
    let known = Action::ALL.map(Action::as_str).join(", ");
    let mut actions = Vec::with_capacity(names.len());
    for name in names {
        let action = Action::ALL
            .into_iter()
            .find(|action| action.as_str() == name)
            .ok_or_else(|| PolicyError::field("actions", format!("they are of {known}")))?;
        if !actions.contains(&action) {
            actions.push(action);
        }
    }
    if actions.is_empty() {
        return Err(PolicyError::field("actions", format!("a rule needs one of {known}")));
    }
    Ok(actions)
}

#[cfg(test)]
mod tests;
