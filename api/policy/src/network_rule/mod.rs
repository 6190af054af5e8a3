//! Network rules: who may connect to whom, by what.

pub mod order;
mod ports;

use std::collections::BTreeSet;

use palisade_api::rest::policy_rule::{PolicyRule, PolicyRuleConfig};
use serde::{Deserialize, Serialize};

use crate::group::BUILT_IN_ENDPOINTS;
use crate::{CfgType, FED_PREFIX, PolicyError};

/// Ids of federated rules.
pub const FED_IDS: std::ops::RangeInclusive<u32> = 100_000..=109_999;
/// The first id that is given automatically.
const FIRST_AUTOMATIC: u32 = 100_001;
const MAX_APPLICATIONS: usize = 256;
const MAX_COMMENT_BYTES: usize = 4_096;

/// What a rule does with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It may be.
    Allow,
    /// It may not be.
    Deny,
}

impl Action {
    /// The name that clients know.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
        }
    }
}

/// A network rule. Its JSON form is the payload of the federated object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkRule {
    /// Its id.
    pub id: u32,
    /// For people.
    #[serde(default)]
    pub comment: String,
    /// Group that connects.
    pub from: String,
    /// Group that is connected to.
    pub to: String,
    /// `any`, or a list such as `tcp/80,udp/53-60`.
    pub ports: String,
    /// What happens.
    pub action: Action,
    /// `any`, or names of protocols.
    pub applications: Vec<String>,
    /// Whether it is switched off.
    #[serde(default)]
    pub disable: bool,
    /// Who owns it.
    pub cfg_type: CfgType,
    /// Order among rules from custom resources.
    #[serde(default)]
    pub priority: u32,
    /// Place in the list: rules are evaluated in ascending order.
    pub position: i64,
    /// Unix seconds.
    pub created_timestamp: i64,
    /// Unix seconds.
    pub last_modified_timestamp: i64,
}

impl NetworkRule {
    /// A new federated rule; `now` is in Unix seconds.
    pub fn create(rule: PolicyRule, id: u32, position: i64, now: i64) -> Result<Self, PolicyError> {
        if !FED_IDS.contains(&id) {
            return Err(PolicyError::InvalidId {
                id,
                what: "federated network rules",
                from: *FED_IDS.start(),
                to: *FED_IDS.end(),
            });
        }
        let made = Self {
            id,
            comment: rule.comment,
            from: rule.from,
            to: rule.to,
            ports: ports::normal(&rule.ports)?,
            action: action(&rule.action)?,
            applications: applications(rule.applications)?,
            disable: rule.disable,
            cfg_type: CfgType::Federal,
            priority: rule.priority,
            position,
            created_timestamp: now,
            last_modified_timestamp: now,
        };
        made.check()?;
        Ok(made)
    }

    /// The rule with what `config` names; `now` is in Unix seconds.
    pub fn update(mut self, config: PolicyRuleConfig, now: i64) -> Result<Self, PolicyError> {
        if config.id != 0 && config.id != self.id {
            return Err(PolicyError::field("id", "it differs from that in the path"));
        }
        if let Some(ports) = config.ports {
            self.ports = ports::normal(&ports)?;
        }
        if let Some(text) = config.action {
            self.action = action(&text)?;
        }
        if let Some(names) = config.applications {
            self.applications = applications(names)?;
        }
        self.comment = config.comment.unwrap_or(self.comment);
        self.from = config.from.unwrap_or(self.from);
        self.to = config.to.unwrap_or(self.to);
        self.disable = config.disable.unwrap_or(self.disable);
        self.priority = config.priority.unwrap_or(self.priority);
        self.last_modified_timestamp = now;
        self.check()?;
        Ok(self)
    }

    /// The groups that the rule names and that must exist.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        [self.from.as_str(), self.to.as_str()]
            .into_iter()
            .filter(|name| !BUILT_IN_ENDPOINTS.contains(name))
    }

    /// The rule as clients know it.
    pub fn to_rest(&self) -> PolicyRule {
        PolicyRule {
            id: self.id,
            comment: self.comment.clone(),
            from: self.from.clone(),
            to: self.to.clone(),
            ports: self.ports.clone(),
            action: self.action.as_str().to_owned(),
            applications: self.applications.clone(),
            learned: self.cfg_type == CfgType::Learned,
            disable: self.disable,
            created_timestamp: self.created_timestamp,
            last_modified_timestamp: self.last_modified_timestamp,
            cfg_type: self.cfg_type.as_str().to_owned(),
            priority: self.priority,
            match_counter: 0,
            last_match_timestamp: 0,
        }
    }

    fn check(&self) -> Result<(), PolicyError> {
        if self.comment.len() > MAX_COMMENT_BYTES {
            let reason = format!("longer than {MAX_COMMENT_BYTES} bytes");
            return Err(PolicyError::field("comment", reason));
        }
        for (field, name) in [("from", &self.from), ("to", &self.to)] {
            if name.is_empty() {
                return Err(PolicyError::field(field, "a group is needed"));
            }
        }
        if BUILT_IN_ENDPOINTS.contains(&self.from.as_str()) && self.from == self.to {
            let reason = format!("a rule from {:?} to itself says nothing", self.from);
            return Err(PolicyError::field("to", reason));
        }
        match self.groups().find(|name| !name.starts_with(FED_PREFIX)) {
            Some(name) => Err(PolicyError::LocalGroup(crate::error::shorten(name))),
            None => Ok(()),
        }
    }
}

/// The id of a new federated rule: the one asked for, or the next free one.
pub fn new_id(asked: u32, used: &BTreeSet<u32>) -> Result<u32, PolicyError> {
    if asked != 0 {
        return if used.contains(&asked) {
            Err(PolicyError::DuplicateRule(asked))
        } else {
            Ok(asked)
        };
    }
    let next = used.last().map_or(FIRST_AUTOMATIC, |last| (last + 1).max(FIRST_AUTOMATIC));
    if FED_IDS.contains(&next) {
        return Ok(next);
    }
    // The end is reached: fill the gaps.
    (FIRST_AUTOMATIC..=*FED_IDS.end())
        .find(|id| !used.contains(id))
        .ok_or(PolicyError::NoFreeId("federated network rules"))
}

fn action(text: &str) -> Result<Action, PolicyError> {
    match text {
        "allow" => Ok(Action::Allow),
        "deny" => Ok(Action::Deny),
        _ => Err(PolicyError::field("action", "it is allow or deny")),
    }
}

/// An empty list means any, as does one that holds `any`.
fn applications(names: Vec<String>) -> Result<Vec<String>, PolicyError> {
    if names.len() > MAX_APPLICATIONS {
        return Err(PolicyError::field("applications", format!("more than {MAX_APPLICATIONS}")));
    }
    let wrong = names.iter().find(|name| {
        name.is_empty()
            || name.len() > 64
            || !name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.' | '/'))
    });
    if let Some(name) = wrong {
        let reason = format!("{:?} is no application", crate::error::shorten(name));
        return Err(PolicyError::field("applications", reason));
    }
    if names.is_empty() || names.iter().any(|name| name.eq_ignore_ascii_case("any")) {
        return Ok(vec!["any".to_owned()]);
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule() -> PolicyRule {
        PolicyRule {
            from: "fed.orders".to_owned(),
            to: "external".to_owned(),
            ports: "tcp/443".to_owned(),
            action: "allow".to_owned(),
            ..PolicyRule::default()
        }
    }

    type Change = fn(&mut PolicyRule);

    #[test]
    fn rules_are_checked() {
        assert!(NetworkRule::create(rule(), 100_001, 0, 7).is_ok());
        let cases: [(&str, Change); 5] = [
            ("from", |r| r.from.clear()),
            ("a federated rule cannot use the local group \"orders\"", |r| {
                "orders".clone_into(&mut r.from);
            }),
            ("action", |r| "violate".clone_into(&mut r.action)),
            ("ports", |r| "tcp/99999".clone_into(&mut r.ports)),
            ("applications", |r| r.applications = vec!["\n".to_owned()]),
        ];
        for (text, change) in cases {
            let mut rule = rule();
            change(&mut rule);
            let error = NetworkRule::create(rule, 100_001, 0, 7).unwrap_err();
            assert!(error.to_string().starts_with(text), "{error}");
        }
        assert!(matches!(
            NetworkRule::create(rule(), 9, 0, 7),
            Err(PolicyError::InvalidId { id: 9, .. })
        ));
    }

    #[test]
    fn ids_are_the_next_free_ones() {
        let used = |ids: &[u32]| ids.iter().copied().collect::<BTreeSet<_>>();
        assert_eq!(new_id(0, &used(&[])), Ok(100_001));
        assert_eq!(new_id(0, &used(&[100_000])), Ok(100_001));
        assert_eq!(new_id(0, &used(&[100_001, 100_007])), Ok(100_008));
        assert_eq!(new_id(0, &used(&[100_001, 109_999])), Ok(100_002));
        assert_eq!(new_id(100_007, &used(&[100_007])), Err(PolicyError::DuplicateRule(100_007)));
    }

    #[test]
    fn what_is_absent_stays() {
        let before = NetworkRule::create(rule(), 100_001, 5, 7).unwrap();
        let change = PolicyRuleConfig { disable: Some(true), ..PolicyRuleConfig::default() };
        let after = before.clone().update(change, 9).unwrap();
        assert_eq!(after, NetworkRule { disable: true, last_modified_timestamp: 9, ..before });
    }
}
