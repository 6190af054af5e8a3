//! `PATCH /v1/policy/rule/{id}`

use axum::extract::State;
use palisade_api::rest::policy_rule::PolicyRuleConfigData;

use crate::App;
use crate::federation::rules;
use crate::http::error::Result;
use crate::http::extract::{FedAdmin, JsonBody, RuleId};
use crate::store::Actor;

/// Change a federated network rule
///
/// What is absent stays.
#[utoipa::path(
    patch,
    path = "/v1/policy/rule/{id}",
    tag = "policy",
    params(("id" = u32, Path, description = "Id of the rule")),
    request_body = PolicyRuleConfigData,
    responses((status = OK)),
)]
pub(super) async fn policy_rule_update(
    State(app): State<App>,
    FedAdmin(caller): FedAdmin,
    RuleId(id): RuleId,
    JsonBody(PolicyRuleConfigData { config }): JsonBody<PolicyRuleConfigData>,
) -> Result<()> {
    let actor = Actor::from(&caller);
    let now = app.clock.now().timestamp();
    rules::network::update(&app.database, &actor, id, config, now).await?;
    Ok(())
}
