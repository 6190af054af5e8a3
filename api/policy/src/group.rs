//! Groups: who a rule is about.

use palisade_api::rest::group::{self as rest, CriteriaEntry, GroupConfig};
use serde::{Deserialize, Serialize};

use crate::{CfgType, FED_PREFIX, PolicyError, pattern};

/// Criteria of one group.
const MAX_CRITERIA: usize = 256;
const MAX_NAME_BYTES: usize = 1_024;
const MAX_VALUE_BYTES: usize = 2_048;
const MAX_COMMENT_BYTES: usize = 4_096;

/// Names of the federated groups that are always there.
pub const RESERVED: [&str; 2] = ["fed.nodes", "fed.containers"];

/// Endpoints of network rules that are no groups of ours.
pub const BUILT_IN_ENDPOINTS: [&str; 3] = ["external", "nodes", "Workload:ingress"];

/// How a criterion compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Operator {
    /// Equal.
    #[serde(rename = "=")]
    Equal,
    /// Not equal.
    #[serde(rename = "!=")]
    NotEqual,
    /// Holds the value.
    #[serde(rename = "contains")]
    Contains,
    /// Begins with the value.
    #[serde(rename = "prefix")]
    Prefix,
    /// The expression matches somewhere.
    #[serde(rename = "regex")]
    Regex,
    /// The expression matches nowhere.
    #[serde(rename = "!regex")]
    NotRegex,
}

impl Operator {
    const ALL: [Self; 6] =
        [Self::Equal, Self::NotEqual, Self::Contains, Self::Prefix, Self::Regex, Self::NotRegex];

    /// The operator's sign.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Contains => "contains",
            Self::Prefix => "prefix",
            Self::Regex => "regex",
            Self::NotRegex => "!regex",
        }
    }

    fn parse(sign: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operator| operator.as_str() == sign)
    }
}

/// One criterion of a group's members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Criterion {
    /// What is compared: `image`, `domain`, `service`, a label, …
    pub key: String,
    /// What it is compared with.
    pub value: String,
    /// How.
    pub op: Operator,
}

/// A group. Its JSON form is the payload of the federated object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// For people.
    #[serde(default)]
    pub comment: String,
    /// Who its members are: all must be met.
    #[serde(default)]
    pub criteria: Vec<Criterion>,
    /// Whether it is built in, and cannot be changed or deleted.
    #[serde(default)]
    pub reserved: bool,
    /// Who owns it.
    pub cfg_type: CfgType,
    /// Whether sessions and bandwidth of the members are watched.
    #[serde(default)]
    pub monitor_metric: bool,
    /// Sessions at once, from where it is reported; 0: never.
    #[serde(default)]
    pub group_sess_cur: u32,
    /// New sessions a minute, from where it is reported; 0: never.
    #[serde(default)]
    pub group_sess_rate: u32,
    /// Mbit a second, from where it is reported; 0: never.
    #[serde(default)]
    pub group_band_width: u32,
}

impl Group {
    /// The groups that every federation has.
    pub fn reserved() -> [Self; 2] {
        let group = |name: &str, key: &str| Self {
            name: name.to_owned(),
            comment: String::new(),
            criteria: vec![Criterion {
                key: key.to_owned(),
                value: "*".to_owned(),
                op: Operator::Equal,
            }],
            reserved: true,
            cfg_type: CfgType::Federal,
            monitor_metric: false,
            group_sess_cur: 0,
            group_sess_rate: 0,
            group_band_width: 0,
        };
        [group(RESERVED[0], "node"), group(RESERVED[1], "container")]
    }

    /// A new group.
    pub fn create(config: GroupConfig, cfg_type: CfgType) -> Result<Self, PolicyError> {
        check_name(&config.name, cfg_type)?;
        let group = Self {
            name: config.name.clone(),
            comment: String::new(),
            criteria: Vec::new(),
            reserved: false,
            cfg_type,
            monitor_metric: false,
            group_sess_cur: 0,
            group_sess_rate: 0,
            group_band_width: 0,
        };
        group.update(config)
    }

    /// The group with what `config` names.
    pub fn update(mut self, config: GroupConfig) -> Result<Self, PolicyError> {
        if !config.name.is_empty() && config.name != self.name {
            return Err(PolicyError::field("name", "a group cannot be renamed"));
        }
        if let Some(comment) = config.comment {
            if comment.len() > MAX_COMMENT_BYTES {
                let reason = format!("longer than {MAX_COMMENT_BYTES} bytes");
                return Err(PolicyError::field("comment", reason));
            }
            self.comment = comment;
        }
        if let Some(criteria) = config.criteria {
            let criteria = parse_criteria(criteria)?;
            if self.reserved && criteria != self.criteria {
                let reason = format!("those of the reserved group {:?} are fixed", self.name);
                return Err(PolicyError::field("criteria", reason));
            }
            self.criteria = criteria;
        }
        self.monitor_metric = config.monitor_metric.unwrap_or(self.monitor_metric);
        self.group_sess_cur = config.group_sess_cur.unwrap_or(self.group_sess_cur);
        self.group_sess_rate = config.group_sess_rate.unwrap_or(self.group_sess_rate);
        self.group_band_width = config.group_band_width.unwrap_or(self.group_band_width);
        Ok(self)
    }

    /// The criteria as clients know them.
    pub fn criteria_entries(&self) -> Vec<CriteriaEntry> {
        self.criteria
            .iter()
            .map(|criterion| CriteriaEntry {
                key: criterion.key.clone(),
                value: criterion.value.clone(),
                op: criterion.op.as_str().to_owned(),
            })
            .collect()
    }

    /// The group as clients know it, without what uses it.
    pub fn brief(&self) -> rest::GroupBrief {
        let exact =
            |key: &str| self.criteria.iter().find(|c| c.key == key && c.op == Operator::Equal);
        rest::GroupBrief {
            name: self.name.clone(),
            comment: self.comment.clone(),
            reserved: self.reserved,
            domain: exact("domain").map(|c| c.value.clone()).unwrap_or_default(),
            kind: if self.criteria.iter().any(|c| c.key == "node") {
                "node"
            } else if self.criteria.iter().any(|c| c.key == "address") {
                "address"
            } else {
                "container"
            }
            .to_owned(),
            cfg_type: self.cfg_type.as_str().to_owned(),
            monitor_metric: self.monitor_metric,
            group_sess_cur: self.group_sess_cur,
            group_sess_rate: self.group_sess_rate,
            group_band_width: self.group_band_width,
            ..rest::GroupBrief::default()
        }
    }
}

/// Checks the name of a group: a federated one begins with `fed.`, another one
/// must not.
fn check_name(name: &str, cfg_type: CfgType) -> Result<(), PolicyError> {
    let invalid = |reason| PolicyError::InvalidName { name: crate::error::shorten(name), reason };
    let own = match (name.strip_prefix(FED_PREFIX), cfg_type) {
        (Some(own), CfgType::Federal) => own,
        (None, CfgType::Federal) => {
            return Err(invalid("a federated group begins with \"fed.\""));
        }
        (Some(_), _) => return Err(invalid("only federated groups begin with \"fed.\"")),
        (None, _) => name,
    };
    let well_formed = own.starts_with(|c: char| c.is_ascii_alphanumeric())
        && own.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '_' | '-'));
    if !well_formed || name.len() > MAX_NAME_BYTES {
        return Err(invalid(
            "letters, digits, '.', ':', '_' and '-', beginning with a letter or digit",
        ));
    }
    if cfg_type != CfgType::Federal && BUILT_IN_ENDPOINTS.contains(&name) {
        return Err(invalid("the name is reserved"));
    }
    Ok(())
}

fn parse_criteria(entries: Vec<CriteriaEntry>) -> Result<Vec<Criterion>, PolicyError> {
    if entries.len() > MAX_CRITERIA {
        return Err(PolicyError::field("criteria", format!("more than {MAX_CRITERIA}")));
    }
    entries
        .into_iter()
        .map(|entry| {
            let wrong = |reason: String| PolicyError::criterion(&entry.key, reason);
            if entry.key.is_empty() || entry.key.len() > MAX_VALUE_BYTES {
                return Err(wrong("its key is empty or too long".to_owned()));
            }
            if entry.value.is_empty() || entry.value.len() > MAX_VALUE_BYTES {
                return Err(wrong("its value is empty or too long".to_owned()));
            }
            let op = Operator::parse(&entry.op).ok_or_else(|| {
                let known = Operator::ALL.map(Operator::as_str).join(", ");
                wrong(format!(
                    "{:?} is no operator; use one of: {known}",
                    crate::error::shorten(&entry.op)
                ))
            })?;
            if matches!(op, Operator::Regex | Operator::NotRegex) {
                pattern::regex(&entry.value).map_err(wrong)?;
            }
            Ok(Criterion { key: entry.key, value: entry.value, op })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use palisade_api::Code;

    use super::*;

    fn config(name: &str, criteria: &[(&str, &str, &str)]) -> GroupConfig {
        GroupConfig {
            name: name.to_owned(),
            criteria: Some(
                criteria
                    .iter()
                    .map(|(key, op, value)| CriteriaEntry {
                        key: (*key).to_owned(),
                        value: (*value).to_owned(),
                        op: (*op).to_owned(),
                    })
                    .collect(),
            ),
            ..GroupConfig::default()
        }
    }

    #[test]
    fn names_follow_their_owner() {
        for (name, owner, fits) in [
            ("fed.orders", CfgType::Federal, true),
            ("orders", CfgType::Federal, false),
            ("fed.", CfgType::Federal, false),
            ("fed.or ders", CfgType::Federal, false),
            ("orders", CfgType::UserCreated, true),
            ("fed.orders", CfgType::UserCreated, false),
            ("external", CfgType::UserCreated, false),
        ] {
            let made = Group::create(config(name, &[]), owner);
            assert_eq!(made.is_ok(), fits, "{name} {owner:?}: {made:?}");
            if let Err(error) = made {
                assert_eq!(error.code(), Code::InvalidName);
            }
        }
    }

    #[test]
    fn criteria_are_checked() {
        for (criterion, fits) in [
            (("service", "=", "orders"), true),
            (("image", "regex", "^shop/.*"), true),
            (("image", "regex", "("), false),
            (("image", "~", "x"), false),
            (("", "=", "x"), false),
            (("image", "=", ""), false),
        ] {
            let made = Group::create(config("fed.g", &[criterion]), CfgType::Federal);
            assert_eq!(made.is_ok(), fits, "{criterion:?}: {made:?}");
        }
    }

    #[test]
    fn reserved_groups_keep_their_criteria() {
        let [nodes, _] = Group::reserved();
        assert!(nodes.clone().update(config("fed.nodes", &[("node", "=", "*")])).is_ok());
        assert!(nodes.update(config("fed.nodes", &[("node", "=", "n1")])).is_err());
    }

    #[test]
    fn the_payload_survives_a_round_trip() {
        let group =
            Group::create(config("fed.g", &[("domain", "!=", "x")]), CfgType::Federal).unwrap();
        let json = serde_json::to_string(&group).unwrap();
        assert_eq!(serde_json::from_str::<Group>(&json).unwrap(), group);
    }
}
