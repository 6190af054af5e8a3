//! `GET /v1/response/rule`

use axum::Json;
use axum::extract::State;
use palisade_api::ObjectKind;
use palisade_api::rest::response_rule as rest;
use palisade_api::rest::response_rule::ResponseRulesData;
use palisade_policy::response_rule::ResponseRule;

use crate::App;
use crate::federation::rules;
use crate::federation::rules::target::targets_of;
use crate::http::error::Result;
use crate::http::query::{Page, Query, Scope};
use crate::http::selected::Selected;

/// List the response rules
///
/// Those of the federation, in their order.
#[utoipa::path(
    get,
    path = "/v1/response/rule",
    tag = "response",
    params(
        ("scope" = Option<String>, Query, description = "`fed` or `local`"),
        (
            "cluster_selector" = Option<String>,
            Query,
            description = "Only what is for a cluster with such labels, as `kubectl get -l` takes them",
        ),
        Page,
    ),
    responses((status = OK, body = ResponseRulesData)),
)]
pub(super) async fn response_rule_list(
    State(app): State<App>,
    query: Query,
    selected: Selected,
) -> Result<Json<ResponseRulesData>> {
    let targeted = selected.of(&app, ObjectKind::ResponseRule).await?;
    let rules = match query.scope()? {
        Some(Scope::Local) => Vec::new(),
        Some(Scope::Fed) | None => rules::response::list(&app.database).await?,
    };
    let targets = targets_of(&app.database, ObjectKind::ResponseRule).await?;
    let shown = |rule: &ResponseRule| rest::ResponseRule {
        cluster_selector: targets.get(ObjectKind::ResponseRule, &rule.id.to_string()),
        ..rule.to_rest()
    };
    let rules = query.list(
        rules.iter().filter(|rule| targeted.has(&rule.id.to_string())).map(shown).collect(),
    )?;
    Ok(Json(ResponseRulesData { rules }))
}
