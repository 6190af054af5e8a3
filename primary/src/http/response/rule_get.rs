//! `GET /v1/response/rule/{id}`

use axum::Json;
use axum::extract::State;
use palisade_api::ObjectKind;
use palisade_api::rest::response_rule::ResponseRuleData;

use crate::App;
use crate::federation::rules;
use crate::federation::rules::target::targets_of;
use crate::http::error::Result;
use crate::http::extract::RuleId;

/// Show a response rule
#[utoipa::path(
    get,
    path = "/v1/response/rule/{id}",
    tag = "response",
    params(("id" = u32, Path, description = "Id of the rule")),
    responses((status = OK, body = ResponseRuleData)),
)]
pub(super) async fn response_rule_get(
    State(app): State<App>,
    RuleId(id): RuleId,
) -> Result<Json<ResponseRuleData>> {
    let mut rule = rules::response::get(&app.database, id).await?.to_rest();
    let targets = targets_of(&app.database, ObjectKind::ResponseRule).await?;
    rule.cluster_selector = targets.get(ObjectKind::ResponseRule, &id.to_string());
    Ok(Json(ResponseRuleData { rule }))
}
