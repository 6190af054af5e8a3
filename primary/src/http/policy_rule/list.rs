//! `GET /v1/policy/rule`

use axum::Json;
use axum::extract::State;
use palisade_api::ObjectKind;
use palisade_api::rest::policy_rule::PolicyRule;
use palisade_api::rest::policy_rule::PolicyRulesData;
use palisade_policy::network_rule::NetworkRule;

use crate::App;
use crate::federation::rules;
use crate::federation::rules::target::targets_of;
use crate::http::error::Result;
use crate::http::query::{Query, Scope};

/// List the network rules
///
/// Those of the federation, in the order of their evaluation.
#[utoipa::path(
    get,
    path = "/v1/policy/rule",
    tag = "policy",
    params(("scope" = Option<String>, Query, description = "`fed` or `local`")),
    responses((status = OK, body = PolicyRulesData)),
)]
pub(super) async fn policy_rule_list(
    State(app): State<App>,
    query: Query,
) -> Result<Json<PolicyRulesData>> {
    let rules = match query.scope()? {
        Some(Scope::Local) => Vec::new(),
        Some(Scope::Fed) | None => rules::network::list(&app.database).await?,
    };
    let targets = targets_of(&app.database, ObjectKind::NetworkRule).await?;
    let shown = |rule: &NetworkRule| PolicyRule {
        cluster_selector: targets.get(ObjectKind::NetworkRule, &rule.id.to_string()),
        ..rule.to_rest()
    };
    let rules = query.list(rules.iter().map(shown).collect())?;
    Ok(Json(PolicyRulesData { rules }))
}
