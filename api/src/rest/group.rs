//! Groups.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::cluster_selector::ClusterSelector;

/// One criterion of a group's members.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CriteriaEntry {
    /// What is compared: `image`, `domain`, `service`, a label, …
    pub key: String,
    /// What it is compared with.
    #[serde(default)]
    pub value: String,
    /// `=`, `!=`, `contains`, `prefix`, `regex` or `!regex`.
    pub op: String,
}

/// Settings of a group to create or change; what is absent stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
pub struct GroupConfig {
    /// Its name; federated ones start with `fed.`.
    #[serde(default)]
    pub name: String,
    /// For people.
    pub comment: Option<String>,
    /// Who its members are: all criteria must be met.
    pub criteria: Option<Vec<CriteriaEntry>>,
    /// `user_created` or `federal`.
    #[serde(default)]
    pub cfg_type: String,
    /// Whether sessions and bandwidth of the members are watched.
    pub monitor_metric: Option<bool>,
    /// Sessions at once, from where it is reported; 0: never.
    pub group_sess_cur: Option<u32>,
    /// New sessions a minute, from where it is reported; 0: never.
    pub group_sess_rate: Option<u32>,
    /// Mbit a second, from where it is reported; 0: never.
    pub group_band_width: Option<u32>,
    /// Which clusters it is for; empty: all.
    pub cluster_selector: Option<ClusterSelector>,
}

/// Body of `POST /v1/group` and `PATCH /v1/group/{name}`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct GroupConfigData {
    /// The settings.
    pub config: GroupConfig,
}

/// A group, without what it is used by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct GroupBrief {
    /// Its name.
    pub name: String,
    /// For people.
    pub comment: String,
    /// Whether it was learned.
    pub learned: bool,
    /// Whether it is built in.
    pub reserved: bool,
    /// `Discover`, `Monitor` or `Protect` of learned groups.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_mode: Option<String>,
    /// As `policy_mode`, for processes and files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile_mode: Option<String>,
    /// Whether the group is left out of the score.
    pub not_scored: bool,
    /// The namespace of its members, where it has one.
    pub domain: String,
    /// Namespaces of the user who made it.
    pub creater_domains: Vec<String>,
    /// `container`, `node`, `address` or `ip_service`.
    pub kind: String,
    /// Part of the platform, where it is one.
    pub platform_role: String,
    /// `learned`, `user_created`, `ground` or `federal`.
    pub cfg_type: String,
    /// Baseline of its process profile.
    pub baseline_profile: String,
    /// Whether sessions and bandwidth of the members are watched.
    pub monitor_metric: bool,
    /// Sessions at once, from where it is reported; 0: never.
    pub group_sess_cur: u32,
    /// New sessions a minute, from where it is reported; 0: never.
    pub group_sess_rate: u32,
    /// Mbit a second, from where it is reported; 0: never.
    pub group_band_width: u32,
    /// Which clusters it is for; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster_selector: Option<ClusterSelector>,
    /// Whether its modes can be chosen; told where `with_cap` asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap_change_mode: Option<bool>,
    /// Whether it can be left out of the score; told where `with_cap` asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap_scorable: Option<bool>,
}

impl GroupBrief {
    /// The same with what can be done with the group, where that is asked for: with
    /// learned ones alone something can.
    #[must_use]
    pub fn with_cap(self, asked: bool) -> Self {
        let able = asked.then_some(self.learned);
        Self { cap_change_mode: able, cap_scorable: able, ..self }
    }
}

/// A group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Group {
    /// The group itself.
    #[serde(flatten)]
    pub brief: GroupBrief,
    /// Who its members are: all criteria must be met.
    pub criteria: Vec<CriteriaEntry>,
    /// The members; a primary knows none.
    #[schema(value_type = Vec<Object>)]
    pub members: Vec<serde_json::Value>,
    /// Ids of the network rules that name it.
    pub policy_rules: Vec<u32>,
    /// Ids of the response rules that name it.
    pub response_rules: Vec<u32>,
}

/// A group with the rules that name it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct GroupDetail {
    /// The group itself.
    #[serde(flatten)]
    pub brief: GroupBrief,
    /// Who its members are: all criteria must be met.
    pub criteria: Vec<CriteriaEntry>,
    /// The members; a primary knows none.
    #[schema(value_type = Vec<Object>)]
    pub members: Vec<serde_json::Value>,
    /// The network rules that name it.
    pub policy_rules: Vec<super::policy_rule::PolicyRule>,
    /// The response rules that name it.
    pub response_rules: Vec<super::response_rule::ResponseRule>,
}

/// Answer of `GET /v1/group`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct GroupsData {
    /// The groups by name.
    pub groups: Vec<Group>,
}

/// Answer of `GET /v1/group?brief=true`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct GroupsBriefData {
    /// The groups by name.
    pub groups: Vec<GroupBrief>,
}

/// Answer of `GET /v1/group/{name}`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct GroupData {
    /// The group.
    pub group: GroupDetail,
}
