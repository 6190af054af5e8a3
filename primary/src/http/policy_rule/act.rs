//! `PATCH /v1/policy/rule`

use axum::extract::State;
use palisade_api::rest::policy_rule::PolicyRuleActionData;

use super::federated;
use crate::App;
use crate::federation::rules;
use crate::http::error::{ApiError, Result};
use crate::http::extract::{FedAdmin, JsonBody};
use crate::http::query::Query;
use crate::store::Actor;

/// Move, insert, replace or delete federated network rules
///
/// What the body names is done as one change, or not at all.
#[utoipa::path(
    patch,
    path = "/v1/policy/rule",
    tag = "policy",
    params(("scope" = Option<String>, Query, description = "`fed`")),
    request_body = PolicyRuleActionData,
    responses((status = OK)),
)]
pub(super) async fn policy_rule_act(
    State(app): State<App>,
    FedAdmin(caller): FedAdmin,
    query: Query,
    JsonBody(action): JsonBody<PolicyRuleActionData>,
) -> Result<()> {
    federated(&query, says_federal(&action)?)?;
    let actor = Actor::from(&caller);
    rules::network::act(&app.database, &actor, action, app.clock.now().timestamp()).await?;
    Ok(())
}

/// Whether all rules that the action brings say that they are federated.
fn says_federal(action: &PolicyRuleActionData) -> Result<bool> {
    if action.is_empty() {
        return Err(ApiError::invalid_request("One of move, insert, rules and delete is needed."));
    }
    let PolicyRuleActionData { insert, rules, .. } = action;
    let named = insert.iter().flat_map(|insert| &insert.rules).chain(rules.iter().flatten());
    let mut kinds = named.map(|rule| rule.cfg_type.as_str()).peekable();
    Ok(kinds.peek().is_some() && kinds.all(|kind| kind == "federal"))
}
