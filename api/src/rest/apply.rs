//! Declarative changes of the federation.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// Answer of `POST /v1/fed/policy`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FedPolicyPlan {
    /// Whether it was done; false for a dry run.
    pub applied: bool,
    /// What was done or would be, by kind and name. Empty where all is so
    /// already.
    pub plan: Vec<PlannedChange>,
    /// What of local objects, which become federated, the federation has no place
    /// for: modes of groups, for example. And what stands in no file: what new registries
    /// are logged in with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
}

/// What becomes of one object.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PlannedChange {
    /// `create`, `change` or `delete`.
    pub action: String,
    /// For example `network rule`.
    pub kind: String,
    /// Its name; the id of a rule.
    pub name: String,
    /// What changes in it, where it is changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<PlannedField>,
}

/// A field that changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PlannedField {
    /// Its name.
    pub name: String,
    /// What it was; null where it was not there.
    pub before: Value,
    /// What it becomes; null where it goes.
    pub after: Value,
}
