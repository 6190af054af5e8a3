//! `GET /v1/admission/options`

use axum::Json;
use palisade_api::rest::admission::{
    AdmissionCategoryOptions, AdmissionConfigData, AdmissionRuleTypeOptions,
};
use palisade_policy::admission::RuleType;
use palisade_policy::admission::criteria::options;

/// List what admission rules can look at
///
/// Criteria with their operators and values, by type of rules.
#[utoipa::path(
    get,
    path = "/v1/admission/options",
    tag = "admission",
    responses((status = OK, body = AdmissionConfigData)),
)]
pub(super) async fn admission_options_get() -> Json<AdmissionConfigData> {
    let of = |rule_type| AdmissionCategoryOptions { k8s_options: options(rule_type) };
    Json(AdmissionConfigData {
        state: None,
        admission_options: Some(AdmissionRuleTypeOptions {
            deny_options: of(RuleType::Deny),
            exception_options: of(RuleType::Allow),
        }),
        k8s_env: true,
    })
}
