//! Groups: who a rule is about.

mod criterion;
pub(crate) mod learned;

use palisade_api::rest::group::{self as rest, CriteriaEntry, GroupConfig};
use serde::{Deserialize, Serialize};

pub use criterion::{Criterion, Operator};

use crate::object::federated;
use crate::{CfgType, PolicyError, check_comment, name};

/// Names of the federated groups that are always there.
pub const RESERVED: [&str; 2] = ["fed.nodes", "fed.containers"];

/// Names of the groups that are always there in a cluster.
const OWN_RESERVED: [&str; 3] = [EXTERNAL, "nodes", "containers"];

/// The group of all that is neither a node nor a container.
const EXTERNAL: &str = "external";

/// Prefixes of names that a cluster gives to what it learns, and of single hosts and
/// workloads.
const OWN_PREFIXES: [&str; 3] = [learned::PREFIX, "Host:", "Workload:"];

/// Endpoints of network rules that are no groups of ours.
pub const BUILT_IN_ENDPOINTS: [&str; 3] = ["external", "nodes", "Workload:ingress"];

/// What the members of a group are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupKind {
    /// Containers: the only members that have profiles of files and sensors.
    Container,
    /// Nodes of the cluster.
    Node,
    /// Addresses outside.
    Address,
    /// All that is neither a node nor a container.
    External,
}

impl GroupKind {
    /// The name that clients know.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Container => "container",
            Self::Node => "node",
            Self::Address => "address",
            Self::External => "external",
        }
    }

    /// Whether the members have processes.
    pub const fn has_processes(self) -> bool {
        matches!(self, Self::Container | Self::Node)
    }
}

/// A group. Its JSON form is its payload.
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
        [
            Self::built_in(RESERVED[0], Some("node"), CfgType::Federal),
            Self::built_in(RESERVED[1], Some("container"), CfgType::Federal),
        ]
    }

    /// The groups that every cluster has.
    pub fn own_reserved() -> [Self; 3] {
        [
            Self::built_in(OWN_RESERVED[0], None, CfgType::Learned),
            Self::built_in(OWN_RESERVED[1], Some("node"), CfgType::Learned),
            Self::built_in(OWN_RESERVED[2], Some("container"), CfgType::UserCreated),
        ]
    }

    /// The group of everything that is a `key`.
    fn built_in(name: &str, key: Option<&str>, cfg_type: CfgType) -> Self {
        let all = |key: &str| Criterion {
            key: key.to_owned(),
            value: "*".to_owned(),
            op: Operator::Equal,
        };
        Self {
            criteria: key.map(all).into_iter().collect(),
            reserved: true,
            ..Self::named(name, cfg_type)
        }
    }

    fn named(name: &str, cfg_type: CfgType) -> Self {
        Self {
            name: name.to_owned(),
            comment: String::new(),
            criteria: Vec::new(),
            reserved: false,
            cfg_type,
            monitor_metric: false,
            group_sess_cur: 0,
            group_sess_rate: 0,
            group_band_width: 0,
        }
    }

    /// A new group.
    pub fn create(config: GroupConfig, cfg_type: CfgType) -> Result<Self, PolicyError> {
        check_name(&config.name, cfg_type)?;
        if config.criteria.is_none() {
            return Err(PolicyError::field("criteria", "a group needs one"));
        }
        Self::named(&config.name, cfg_type).update(config)
    }

    /// The group with what `config` names.
    pub fn update(mut self, config: GroupConfig) -> Result<Self, PolicyError> {
        if !config.name.is_empty() && config.name != self.name {
            return Err(PolicyError::field("name", "a group cannot be renamed"));
        }
        if let Some(comment) = config.comment {
            check_comment(&comment)?;
            self.comment = comment;
        }
        if let Some(criteria) = config.criteria {
            let criteria = criterion::parse(criteria)?;
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

    /// What its members are.
    pub fn kind(&self) -> GroupKind {
        if self.reserved && self.name == EXTERNAL {
            GroupKind::External
        } else if self.criteria.iter().any(|criterion| criterion.key == "node") {
            GroupKind::Node
        } else if self.criteria.iter().any(Criterion::is_address) {
            GroupKind::Address
        } else {
            GroupKind::Container
        }
    }

    /// The namespaces that its members, which are containers, are in, as names and
    /// patterns; none where they may be in any.
    pub fn namespaces(&self) -> Option<Vec<&str>> {
        if self.kind() != GroupKind::Container {
            return None;
        }
        // Criteria of one key are alternatives, so each of them has to name one.
        ["domain", "namespace"].into_iter().find_map(|key| {
            let of_key = self.criteria.iter().filter(|criterion| criterion.key == key);
            let names = of_key.map(|one| (one.op == Operator::Equal).then_some(one.value.as_str()));
            names.collect::<Option<Vec<_>>>().filter(|names| !names.is_empty())
        })
    }

    /// The criteria as clients know them.
    pub fn criteria_entries(&self) -> Vec<CriteriaEntry> {
        self.criteria.iter().map(Criterion::to_rest).collect()
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
            kind: self.kind().as_str().to_owned(),
            cfg_type: self.cfg_type.as_str().to_owned(),
            monitor_metric: self.monitor_metric,
            group_sess_cur: self.group_sess_cur,
            group_sess_rate: self.group_sess_rate,
            group_band_width: self.group_band_width,
            ..rest::GroupBrief::default()
        }
    }
}

federated!(Group, Group, name);

fn check_name(text: &str, cfg_type: CfgType) -> Result<(), PolicyError> {
    name::check(text, cfg_type)?;
    let taken =
        OWN_RESERVED.contains(&text) || OWN_PREFIXES.iter().any(|prefix| text.starts_with(prefix));
    if cfg_type == CfgType::UserCreated && taken {
        let reason = "the name is reserved";
        return Err(PolicyError::InvalidName { name: text.to_owned(), reason });
    }
    Ok(())
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
            ("containers", CfgType::UserCreated, false),
            ("nv.orders.shop", CfgType::UserCreated, false),
            ("nv.orders.shop", CfgType::Learned, true),
            ("Host:worker-1", CfgType::UserCreated, false),
        ] {
            let made = Group::create(config(name, &[("service", "=", "x")]), owner);
            assert_eq!(made.is_ok(), fits, "{name} {owner:?}: {made:?}");
            if let Err(error) = made {
                assert_eq!(error.refusal().code, Code::InvalidName);
            }
        }
    }

    #[test]
    fn reserved_groups_keep_their_criteria() {
        let [nodes, _] = Group::reserved();
        assert!(nodes.clone().update(config("fed.nodes", &[("node", "=", "*")])).is_ok());
        assert!(nodes.update(config("fed.nodes", &[("node", "=", "n1")])).is_err());
    }

    #[test]
    fn the_reserved_groups_of_a_cluster_have_their_kinds() {
        let kinds = Group::own_reserved().map(|group| (group.name.clone(), group.kind().as_str()));
        let named = |name: &str, kind| (name.to_owned(), kind);
        assert_eq!(
            kinds,
            [
                named("external", "external"),
                named("nodes", "node"),
                named("containers", "container")
            ]
        );
    }

    #[test]
    fn criteria_that_name_namespaces_keep_its_members_in_them() {
        type Case = (
            &'static [(&'static str, &'static str, &'static str)],
            Option<&'static [&'static str]>,
        );
        let cases: &[Case] = &[
            (&[("domain", "=", "shop")], Some(&["shop"])),
            (&[("namespace", "=", "shop"), ("service", "=", "x")], Some(&["shop"])),
            (&[("domain", "=", "shop"), ("domain", "=", "bank*")], Some(&["shop", "bank*"])),
            (&[("domain", "=", "shop"), ("domain", "!=", "bank")], None),
            (&[("domain", "prefix", "shop")], None),
            (&[("domain", "!=", "bank"), ("namespace", "=", "shop")], Some(&["shop"])),
            (&[("domain", "=", "shop"), ("node", "=", "*")], None),
            (&[("service", "=", "shop")], None),
            (&[("address", "=", "10.0.0.1")], None),
        ];
        for (criteria, namespaces) in cases {
            let group = Group::create(config("g", criteria), CfgType::UserCreated).unwrap();
            assert_eq!(group.namespaces().as_deref(), *namespaces, "{criteria:?}");
        }
        for group in Group::own_reserved() {
            assert_eq!(group.namespaces(), None, "{}", group.name);
        }
    }

    #[test]
    fn the_payload_survives_a_round_trip() {
        let group =
            Group::create(config("fed.g", &[("domain", "!=", "x")]), CfgType::Federal).unwrap();
        let json = serde_json::to_string(&group).unwrap();
        assert_eq!(serde_json::from_str::<Group>(&json).unwrap(), group);
    }
}
