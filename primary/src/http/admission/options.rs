//! `GET /v1/admission/options`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::admission::{
    AdmissionCategoryOptions, AdmissionConfigData, AdmissionRuleTypeOptions,
};
use palisade_policy::admission::RuleType;
use palisade_policy::admission::criteria::{custom_options, options};

use crate::App;
use crate::http::error::Result;

/// List what admission rules can look at
///
/// Criteria with their operators and values, by type of rules.
#[utoipa::path(
    get,
    path = "/v1/admission/options",
    tag = "admission",
    responses((status = OK, body = AdmissionConfigData)),
)]
pub(super) async fn admission_options_get(
    State(app): State<App>,
) -> Result<Json<AdmissionConfigData>> {
    let roots = app.registries.roots_of_trust().await?;
    let verifiers = roots.into_iter().flat_map(|root| {
        let verifiers = root.verifiers.unwrap_or_default().into_iter();
        verifiers.map(move |verifier| format!("{}/{}", root.name, verifier.name))
    });
    let of = |rule_type| AdmissionCategoryOptions { k8s_options: options(rule_type) };
    Ok(Json(AdmissionConfigData {
        state: None,
        admission_options: Some(AdmissionRuleTypeOptions {
            deny_options: of(RuleType::Deny),
            exception_options: of(RuleType::Allow),
            sigstore_verifiers: verifiers.collect(),
        }),
        admission_custom_criteria_options: custom_options(),
        k8s_env: true,
    }))
}
