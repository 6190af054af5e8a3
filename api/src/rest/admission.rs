//! Admission rules and state.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::cluster_selector::ClusterSelector;

/// One criterion of an admission rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AdmissionCriterion {
    /// What is looked at, for example `cveHighWithFixCount`.
    pub name: String,
    /// How it is compared, for example `>=`.
    #[serde(default)]
    pub op: String,
    /// What it is compared with; a list is separated by commas.
    #[serde(default)]
    pub value: String,
    /// Narrows what is looked at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(no_recursion)]
    pub sub_criteria: Vec<AdmissionCriterion>,
    /// `customPath` or the name again.
    #[serde(default, rename = "type", skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// What a custom path is relative to.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub template_kind: String,
    /// The custom path.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// Type of the value at the custom path.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub value_type: String,
}

/// An admission rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AdmissionRule {
    /// Its id.
    pub id: u32,
    /// `Kubernetes`.
    pub category: String,
    /// For people.
    pub comment: String,
    /// What must be met.
    pub criteria: Vec<AdmissionCriterion>,
    /// Whether it is switched off.
    pub disable: bool,
    /// Whether it is built in.
    pub critical: bool,
    /// `user_created`, `ground` or `federal`.
    pub cfg_type: String,
    /// `exception` (allow) or `deny`.
    pub rule_type: String,
    /// Empty for the global mode, `monitor` or `protect`; deny rules only.
    pub rule_mode: String,
    /// `containers`, `init_containers`, `ephemeral_containers`.
    pub containers: Vec<String>,
    /// Which clusters it is for; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster_selector: Option<ClusterSelector>,
}

/// Settings of a rule to create or change; what is absent stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
pub struct AdmissionRuleConfig {
    /// The rule to change; 0 for a new one.
    #[serde(default)]
    pub id: u32,
    /// `Kubernetes`.
    pub category: Option<String>,
    /// For people.
    pub comment: Option<String>,
    /// What must be met.
    pub criteria: Option<Vec<AdmissionCriterion>>,
    /// Whether it is switched off.
    pub disable: Option<bool>,
    /// Not used.
    pub actions: Option<Vec<String>>,
    /// `user_created` or `federal`.
    #[serde(default)]
    pub cfg_type: String,
    /// `exception` (allow) or `deny`.
    #[serde(default)]
    pub rule_type: String,
    /// Empty for the global mode, `monitor` or `protect`; deny rules only.
    pub rule_mode: Option<String>,
    /// `containers`, `init_containers`, `ephemeral_containers`; all three for
    /// a new rule that leaves it out.
    pub containers: Option<Vec<String>>,
    /// Which clusters it is for; empty: all.
    pub cluster_selector: Option<ClusterSelector>,
}

/// Body of `POST` and `PATCH /v1/admission/rule`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct AdmissionRuleConfigData {
    /// The settings.
    pub config: AdmissionRuleConfig,
}

/// Answer of `GET /v1/admission/rule/{id}` and `POST /v1/admission/rule`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct AdmissionRuleData {
    /// The rule.
    pub rule: AdmissionRule,
}

/// Answer of `GET /v1/admission/rules`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct AdmissionRulesData {
    /// The rules in the order of their evaluation.
    pub rules: Vec<AdmissionRule>,
}

/// The state of admission control; in a request, what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AdmissionState {
    /// Whether requests are judged at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable: Option<bool>,
    /// `monitor` or `protect`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// `allow`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_action: Option<String>,
    /// How Kubernetes reaches the webhook: `service` or `url`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adm_client_mode: Option<String>,
    /// Type of the webhook's service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adm_svc_type: Option<String>,
    /// `ignore`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_policy: Option<String>,
    /// The webhook's address by client mode.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub adm_client_mode_options: BTreeMap<String, String>,
    /// Which kinds of control run.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ctrl_states: BTreeMap<String, bool>,
    /// `user_created` or `ground`.
    #[serde(default)]
    pub cfg_type: String,
}

/// What a criterion can be compared with, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AdmissionRuleOption {
    /// Name of the criterion.
    pub name: String,
    /// Its operators.
    pub ops: Vec<String>,
    /// The values it can have, where they are few.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// `yaml`, `image` or `both`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub match_src: String,
    /// Sub-criteria by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(no_recursion)]
    pub sub_options: BTreeMap<String, AdmissionRuleOption>,
}

/// What the value at a path of a client's own can be compared with, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AdmissionCustomCriteriaOption {
    /// Its operators.
    pub ops: Vec<String>,
    /// The values it can have, where they are few.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// Type of the value: `key`, `string`, `number` or `boolean`.
    #[serde(rename = "valuetype")]
    pub value_type: String,
}

/// Criteria of one type of rules, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AdmissionRuleOptions {
    /// Criteria by name.
    pub rule_options: BTreeMap<String, AdmissionRuleOption>,
}

/// Criteria of one type of rules.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AdmissionCategoryOptions {
    /// For Kubernetes, the only category.
    pub k8s_options: AdmissionRuleOptions,
}

/// Criteria by type of rules.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AdmissionRuleTypeOptions {
    /// Of deny rules.
    pub deny_options: AdmissionCategoryOptions,
    /// Of allow rules.
    pub exception_options: AdmissionCategoryOptions,
    /// `root/verifier` of all verifiers that there are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sigstore_verifiers: Vec<String>,
}

/// Answer of `GET /v1/admission/state` and `/v1/admission/options`; body of
/// `PATCH /v1/admission/state`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AdmissionConfigData {
    /// The state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<AdmissionState>,
    /// The criteria.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub admission_options: Option<AdmissionRuleTypeOptions>,
    /// How values at paths of a client's own are compared, by their type.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub admission_custom_criteria_options: Vec<AdmissionCustomCriteriaOption>,
    /// Whether the cluster is one of Kubernetes.
    #[serde(default)]
    pub k8s_env: bool,
}

/// Requests that admission control has seen since it started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AdmissionStats {
    /// Allowed.
    pub k8s_allowed_requests: u64,
    /// Denied.
    pub k8s_denied_requests: u64,
    /// Malformed.
    pub k8s_erroneous_requests: u64,
    /// Of kinds that are not judged.
    pub k8s_ignored_requests: u64,
    /// Under way.
    pub k8s_processing_requests: u64,
    /// Always 0.
    pub jenkins_allowed_requests: u64,
    /// Always 0.
    pub jenkins_denied_requests: u64,
    /// Always 0.
    pub jenkins_erroneous_requests: u64,
}

/// Answer of `GET /v1/admission/stats`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AdmissionStatsData {
    /// The counts.
    pub stats: AdmissionStats,
}

/// Answer of `POST /v1/assess/admission/rule`: what would be decided about the
/// objects of a manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AdmissionAssessment {
    /// Criteria of which a manifest tells nothing: rules with them are not met.
    pub props_unavailable: Vec<String>,
    /// `monitor` or `protect`.
    pub global_mode: String,
    /// By object, in the order of the manifest.
    pub results: Vec<AdmissionAssessmentResult>,
}

/// What would be decided about one object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AdmissionAssessmentResult {
    /// Its number in the manifest, from 1.
    pub index: u32,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// The decision in words, or why there is none.
    pub message: String,
    /// The rules that it meets, up to the one that decides.
    pub matched_rules: Vec<AdmissionAssessmentRule>,
    /// Whether it would be admitted.
    pub allowed: bool,
}

/// A rule that an object meets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AdmissionAssessmentRule {
    /// The image of the container that meets it.
    pub container_image: String,
    /// Its id.
    pub id: u32,
    /// Whether it is disabled: it decides nothing then.
    pub disabled: bool,
    /// `allow` or `deny`.
    #[serde(rename = "type")]
    pub rule_type: String,
    /// `monitor`, `protect`, or empty for the cluster's.
    pub mode: String,
    /// Its criteria in words.
    pub rule_details: String,
    /// The same for programs, with long values cut short.
    #[serde(default)]
    pub rule_criteria: Vec<AdmissionCriterion>,
    /// Who owns it.
    pub rule_cfg_type: String,
}
