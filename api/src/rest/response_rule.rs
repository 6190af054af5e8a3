//! Response rules.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::cluster_selector::ClusterSelector;

/// One condition of a response rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct EventCondition {
    /// What is compared: `name`, `level`, `process`, `cve-name`, …
    #[serde(rename = "type")]
    pub condition_type: String,
    /// What it is compared with.
    pub value: String,
}

/// A response rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ResponseRule {
    /// Its id; 0 in a request: the next free one.
    pub id: u32,
    /// `event`, `security-event`, `cve-report`, `compliance`,
    /// `admission-control` or `serverless`.
    pub event: String,
    /// For people.
    pub comment: String,
    /// The group that it is about; empty: all.
    pub group: String,
    /// What must be met: all of them.
    pub conditions: Vec<EventCondition>,
    /// `quarantine`, `suppress-log`, `webhook`.
    pub actions: Vec<String>,
    /// Names of the webhooks that are called.
    pub webhooks: Vec<String>,
    /// Whether it is switched off.
    pub disable: bool,
    /// `user_created`, `ground` or `federal`.
    pub cfg_type: String,
    /// Which clusters it is for; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster_selector: Option<ClusterSelector>,
}

/// Answer of `GET /v1/response/rule`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct ResponseRulesData {
    /// The rules in their order.
    pub rules: Vec<ResponseRule>,
}

/// Answer of `GET /v1/response/rule/{id}`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct ResponseRuleData {
    /// The rule.
    pub rule: ResponseRule,
}

/// Settings of a response rule to change; what is absent stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
pub struct ResponseRuleConfig {
    /// The rule's id.
    #[serde(default)]
    pub id: u32,
    /// For people.
    pub comment: Option<String>,
    /// The group that it is about; empty: all.
    pub group: Option<String>,
    /// What it responds to.
    pub event: Option<String>,
    /// What must be met: all of them.
    pub conditions: Option<Vec<EventCondition>>,
    /// What is done.
    pub actions: Option<Vec<String>>,
    /// Names of the webhooks that are called.
    pub webhooks: Option<Vec<String>>,
    /// Whether it is switched off.
    pub disable: Option<bool>,
    /// `user_created` or `federal`.
    #[serde(default)]
    pub cfg_type: String,
    /// Which clusters it is for; empty: all.
    pub cluster_selector: Option<ClusterSelector>,
}

/// Body of `PATCH /v1/response/rule/{id}`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct ResponseRuleConfigData {
    /// The settings.
    pub config: ResponseRuleConfig,
}

/// Inserts response rules.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct ResponseRuleInsert {
    /// Behind the rule of this id; before it when negative; absent: to the
    /// end; 0: to the front.
    pub after: Option<i64>,
    /// The rules in their order.
    #[serde(default)]
    pub rules: Vec<ResponseRule>,
}

/// Body of `PATCH /v1/response/rule`.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
pub struct ResponseRuleActionData {
    /// Inserts rules.
    pub insert: Option<ResponseRuleInsert>,
}

/// What the rules of one event can look at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ResponseRuleOptions {
    /// Types of conditions.
    pub types: Vec<String>,
    /// Values of `name`, each as `name:…`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub name: Vec<String>,
    /// Values of `level`, each as `level:…`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub level: Vec<String>,
}

/// Answer of `GET /v1/response/options`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct ResponseRuleOptionData {
    /// By event.
    pub response_rule_options: BTreeMap<String, ResponseRuleOptions>,
    /// Names of the webhooks that rules can call.
    pub webhooks: Vec<String>,
}
