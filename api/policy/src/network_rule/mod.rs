//! Network rules: who may connect to whom, by what.

pub mod application;
mod ports;

use palisade_api::rest::policy_rule::{PolicyRule, PolicyRuleConfig};
use serde::{Deserialize, Serialize};

use crate::group::BUILT_IN_ENDPOINTS;
use crate::object::federated;
use crate::rule_id::RuleIds;
use crate::{CfgType, PolicyError, check_comment};

/// Ids of federated rules.
pub const FED_IDS: RuleIds =
    RuleIds::new("federated network rules", 100_000..=109_999).automatic_from(100_001);
/// Ids of rules made in a cluster. What is learned has those above.
pub const LOCAL_IDS: RuleIds = RuleIds::new("network rules", 1..=9_999);
/// Endpoint that stands for what comes through the tunnel interface of a node.
const TUNNEL: &str = "Workload:ingress";
/// Prefixes of endpoints that are one host or one workload: a cluster alone knows
/// them.
const SINGLE: [&str; 2] = ["Host:", "Workload:"];
const MAX_PRIORITY: u32 = 100;

/// The ids of the rules of an owner.
pub const fn ids(cfg_type: CfgType) -> RuleIds {
    match cfg_type {
        CfgType::Federal => FED_IDS,
        _ => LOCAL_IDS,
    }
}

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

    /// The action of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Allow, Self::Deny].into_iter().find(|action| action.as_str() == name)
    }
}

/// A network rule. Its JSON form is its payload.
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
    /// A new rule; `now` is in Unix seconds.
    pub fn create(
        rule: PolicyRule,
        id: u32,
        cfg_type: CfgType,
        position: i64,
        now: i64,
    ) -> Result<Self, PolicyError> {
        ids(cfg_type).check(id)?;
        let made = Self {
            id,
            comment: rule.comment,
            from: rule.from,
            to: rule.to,
            ports: ports::normal(&rule.ports)?,
            action: action(&rule.action)?,
            applications: application::normal(&rule.applications)?,
            disable: rule.disable,
            cfg_type,
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
            self.applications = application::normal(&names)?;
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
            .filter(|name| !is_no_group(name, self.cfg_type))
    }

    /// Whether it connects a group, or to a group.
    pub fn names(&self, group: &str) -> bool {
        self.from == group || self.to == group
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
            cluster_selector: None,
        }
    }

    fn check(&self) -> Result<(), PolicyError> {
        check_comment(&self.comment)?;
        if self.priority > MAX_PRIORITY {
            return Err(PolicyError::field("priority", format!("0 to {MAX_PRIORITY}")));
        }
        for (field, name) in [("from", &self.from), ("to", &self.to)] {
            if name.is_empty() {
                return Err(PolicyError::field(field, "a group is needed"));
            }
        }
        if self.to == TUNNEL {
            return Err(PolicyError::field("to", format!("{TUNNEL:?} only connects")));
        }
        if self.groups().next().is_none() {
            let reason = format!("a rule from {:?} to {:?} names no group", self.from, self.to);
            return Err(PolicyError::field("to", reason));
        }
        self.groups().try_for_each(|name| PolicyError::unless_same_owner(name, self.cfg_type))
    }
}

/// Whether an endpoint of a rule is none of its owner's groups.
pub(crate) fn is_no_group(name: &str, cfg_type: CfgType) -> bool {
    BUILT_IN_ENDPOINTS.contains(&name) || (cfg_type != CfgType::Federal && is_single(name))
}

/// Whether an endpoint of a rule is one host or one workload of a cluster.
pub(crate) fn is_single(name: &str) -> bool {
    name != TUNNEL && SINGLE.iter().any(|prefix| name.starts_with(prefix))
}

federated!(NetworkRule, NetworkRule, id);

fn action(text: &str) -> Result<Action, PolicyError> {
    Action::parse(text).ok_or_else(|| PolicyError::field("action", "it is allow or deny"))
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
        assert!(NetworkRule::create(rule(), 100_001, CfgType::Federal, 0, 7).is_ok());
        let cases: [(&str, Change); 9] = [
            ("from", |r| r.from.clear()),
            ("to", |r| "nodes".clone_into(&mut r.from)),
            ("to", |r| "Workload:ingress".clone_into(&mut r.to)),
            ("priority", |r| r.priority = 101),
            ("comment", |r| r.comment = "x".repeat(5_000)),
            ("a federated rule cannot use the local group \"orders\"", |r| {
                "orders".clone_into(&mut r.from);
            }),
            ("action", |r| "violate".clone_into(&mut r.action)),
            ("ports", |r| "tcp/99999".clone_into(&mut r.ports)),
            ("applications", |r| r.applications = vec!["GOPHER".to_owned()]),
        ];
        for (text, change) in cases {
            let mut rule = rule();
            change(&mut rule);
            let error = NetworkRule::create(rule, 100_001, CfgType::Federal, 0, 7).unwrap_err();
            assert!(error.to_string().starts_with(text), "{error}");
        }
        assert!(matches!(
            NetworkRule::create(rule(), 9, CfgType::Federal, 0, 7),
            Err(PolicyError::InvalidId { id: 9, .. })
        ));
    }

    #[test]
    fn the_rules_of_a_cluster_name_its_own_groups() {
        for (id, from, to, wrong) in [
            (1, "orders", "external", None),
            (9_999, "orders", "containers", None),
            (5, "Host:worker-1", "orders", None),
            (5, "orders", "Workload:10.0.0.7", None),
            (5, "Host:worker-1", "external", Some("to: a rule from")),
            (5, "fed.orders", "external", Some("a rule of this cluster cannot use")),
            (5, "orders", "fed.nodes", Some("a rule of this cluster cannot use")),
            (100_001, "orders", "external", Some("id 100001 is not in the range 1 to 9999")),
        ] {
            let rule = PolicyRule { from: from.to_owned(), to: to.to_owned(), ..rule() };
            let made = NetworkRule::create(rule, id, CfgType::UserCreated, 0, 7);
            let text = made.as_ref().err().map(ToString::to_string);
            let fits = match (&text, wrong) {
                (Some(text), Some(wrong)) => text.starts_with(wrong),
                (None, None) => true,
                _ => false,
            };
            assert!(fits, "{id} {from} {to}: {made:?}");
        }
    }

    #[test]
    fn what_is_absent_stays() {
        let before = NetworkRule::create(rule(), 100_001, CfgType::Federal, 5, 7).unwrap();
        let change = PolicyRuleConfig { disable: Some(true), ..PolicyRuleConfig::default() };
        let after = before.clone().update(change, 9).unwrap();
        assert_eq!(after, NetworkRule { disable: true, last_modified_timestamp: 9, ..before });
    }
}
