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
use crate::http::query::{Page, Query, Scope};
use crate::http::selected::Selected;

/// List the network rules
///
/// Those of the federation, in the order of their evaluation.
#[utoipa::path(
    get,
    path = "/v1/policy/rule",
    tag = "policy",
    params(
        ("scope" = Option<String>, Query, description = "`fed` or `local`"),
        (
            "cluster_selector" = Option<String>,
            Query,
            description = "Only what is for a cluster with such labels, as `kubectl get -l` takes them",
        ),
        Page,
    ),
    responses((status = OK, body = PolicyRulesData)),
)]
pub(super) async fn policy_rule_list(
    State(app): State<App>,
    query: Query,
    selected: Selected,
) -> Result<Json<PolicyRulesData>> {
    let targeted = selected.of(&app, ObjectKind::NetworkRule).await?;
    let rules = match query.scope()? {
        Some(Scope::Local) => Vec::new(),
        Some(Scope::Fed) | None => rules::network::list(&app.database).await?,
    };
    let targets = targets_of(&app.database, ObjectKind::NetworkRule).await?;
    let shown = |rule: &NetworkRule| PolicyRule {
        cluster_selector: targets.get(ObjectKind::NetworkRule, &rule.id.to_string()),
        ..rule.to_rest()
    };
    let rules = query.list(
        rules.iter().filter(|rule| targeted.has(&rule.id.to_string())).map(shown).collect(),
    )?;
    Ok(Json(PolicyRulesData { rules }))
}
