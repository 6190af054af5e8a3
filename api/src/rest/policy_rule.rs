//! Network rules.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::cluster_selector::ClusterSelector;

/// A network rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PolicyRule {
    /// Its id; 0 in a request: the next free one.
    pub id: u32,
    /// For people.
    pub comment: String,
    /// Group that connects.
    pub from: String,
    /// Group that is connected to.
    pub to: String,
    /// `any`, or a list such as `tcp/80,udp/53-60`.
    pub ports: String,
    /// `allow` or `deny`.
    pub action: String,
    /// `any`, or names of protocols.
    pub applications: Vec<String>,
    /// Whether it was learned.
    pub learned: bool,
    /// Whether it is switched off.
    pub disable: bool,
    /// Unix seconds.
    pub created_timestamp: i64,
    /// Unix seconds.
    pub last_modified_timestamp: i64,
    /// `learned`, `user_created`, `ground` or `federal`.
    pub cfg_type: String,
    /// Order among rules from custom resources.
    pub priority: u32,
    /// Connections that it decided.
    pub match_counter: u64,
    /// Unix seconds of the last of them.
    pub last_match_timestamp: i64,
    /// Which clusters it is for; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster_selector: Option<ClusterSelector>,
}

/// Answer of `GET /v1/policy/rule`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct PolicyRulesData {
    /// The rules in the order of their evaluation.
    pub rules: Vec<PolicyRule>,
}

/// Answer of `GET /v1/policy/rule/{id}`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct PolicyRuleData {
    /// The rule.
    pub rule: PolicyRule,
}

/// Settings of a rule to change; what is absent stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
pub struct PolicyRuleConfig {
    /// The rule's id.
    #[serde(default)]
    pub id: u32,
    /// For people.
    pub comment: Option<String>,
    /// Group that connects.
    pub from: Option<String>,
    /// Group that is connected to.
    pub to: Option<String>,
    /// `any`, or a list such as `tcp/80,udp/53-60`.
    pub ports: Option<String>,
    /// `allow` or `deny`.
    pub action: Option<String>,
    /// `any`, or names of protocols.
    pub applications: Option<Vec<String>>,
    /// Whether it is switched off.
    pub disable: Option<bool>,
    /// `user_created` or `federal`.
    #[serde(default)]
    pub cfg_type: String,
    /// Order among rules from custom resources.
    pub priority: Option<u32>,
    /// Which clusters it is for; empty: all.
    pub cluster_selector: Option<ClusterSelector>,
}

/// Body of `PATCH /v1/policy/rule/{id}`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct PolicyRuleConfigData {
    /// The settings.
    pub config: PolicyRuleConfig,
}

/// Moves a rule.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct PolicyRuleMove {
    /// Behind the rule of this id; before it when negative; absent: to the
    /// end; 0: to the front. Federated rules stay before those of a cluster.
    pub after: Option<i64>,
    /// The rule that is moved.
    pub id: u32,
}

/// Inserts rules.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct PolicyRuleInsert {
    /// As in a move.
    pub after: Option<i64>,
    /// The rules in their order.
    #[serde(default)]
    pub rules: Vec<PolicyRule>,
}

/// Body of `PATCH /v1/policy/rule`: what is present is done in this order.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
pub struct PolicyRuleActionData {
    /// Moves a rule.
    #[serde(rename = "move")]
    pub move_: Option<PolicyRuleMove>,
    /// Inserts rules.
    pub insert: Option<PolicyRuleInsert>,
    /// Replaces the whole list: rules that are left out are deleted. One that has nothing
    /// but its id stays as it is, and what is of another owner is passed over.
    pub rules: Option<Vec<PolicyRule>>,
    /// Deletes rules by id; those that are gone already are passed over.
    pub delete: Option<Vec<u32>>,
}

impl PolicyRuleActionData {
    /// Whether nothing is to be done: no rule is named.
    pub fn is_empty(&self) -> bool {
        let Self { move_, insert, rules, delete } = self;
        let inserts = insert.as_ref().is_some_and(|insert| !insert.rules.is_empty());
        let deletes = delete.as_ref().is_some_and(|ids| !ids.is_empty());
        move_.is_none() && rules.is_none() && !inserts && !deletes
    }
}

/// Answer of `GET /v1/list/application`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct ApplicationListData {
    /// The list.
    pub list: ApplicationList,
}

/// What there is to choose from.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct ApplicationList {
    /// Names of applications.
    pub application: Vec<String>,
}
