//! `GET /v1/policy/rule/{id}`

use axum::Json;
use axum::extract::State;
use palisade_api::ObjectKind;
use palisade_api::rest::policy_rule::PolicyRuleData;

use crate::App;
use crate::federation::rules;
use crate::federation::rules::target::targets_of;
use crate::http::error::Result;
use crate::http::extract::RuleId;

/// Show a network rule
#[utoipa::path(
    get,
    path = "/v1/policy/rule/{id}",
    tag = "policy",
    params(("id" = u32, Path, description = "Id of the rule")),
    responses((status = OK, body = PolicyRuleData)),
)]
pub(super) async fn policy_rule_get(
    State(app): State<App>,
    RuleId(id): RuleId,
) -> Result<Json<PolicyRuleData>> {
    let mut rule = rules::network::get(&app.database, id).await?.to_rest();
    let targets = targets_of(&app.database, ObjectKind::NetworkRule).await?;
    rule.cluster_selector = targets.get(ObjectKind::NetworkRule, &id.to_string());
    Ok(Json(PolicyRuleData { rule }))
}
