//! Promotion of rules of the own cluster to the federation.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The rules to promote.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct RulesPromoteRequest {
    /// Their ids.
    pub ids: Vec<u32>,
}

/// Body of `POST /v1/policy/rules/promote` and `POST /v1/admission/rule/promote`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct RulesPromoteRequestData {
    /// The request.
    pub request: RulesPromoteRequest,
}
