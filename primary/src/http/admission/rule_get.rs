//! `GET /v1/admission/rule/{id}`

use axum::Json;
use axum::extract::State;
use palisade_api::ObjectKind;
use palisade_api::rest::admission::AdmissionRuleData;

use crate::App;
use crate::federation::rules;
use crate::federation::rules::target::targets_of;
use crate::http::error::Result;
use crate::http::extract::RuleId;

/// Show an admission rule
#[utoipa::path(
    get,
    path = "/v1/admission/rule/{id}",
    tag = "admission",
    params(("id" = u32, Path, description = "Id of the rule")),
    responses((status = OK, body = AdmissionRuleData)),
)]
pub(super) async fn admission_rule_get(
    State(app): State<App>,
    RuleId(id): RuleId,
) -> Result<Json<AdmissionRuleData>> {
    let mut rule = rules::admission::get(&app.database, id).await?.to_rest();
    let targets = targets_of(&app.database, ObjectKind::AdmissionRule).await?;
    rule.cluster_selector = targets.get(ObjectKind::AdmissionRule, &id.to_string());
    Ok(Json(AdmissionRuleData { rule }))
}
