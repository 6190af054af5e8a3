//! `GET /v1/admission/rules`

use axum::Json;
use axum::extract::State;
use palisade_api::ObjectKind;
use palisade_api::rest::admission as rest;
use palisade_api::rest::admission::AdmissionRulesData;
use palisade_policy::admission::AdmissionRule;

use crate::App;
use crate::federation::rules;
use crate::federation::rules::target::targets_of;
use crate::http::error::Result;
use crate::http::query::{Page, Query, Scope};
use crate::http::selected::Selected;

/// List the admission rules
///
/// Those of the federation, in the order of their evaluation.
#[utoipa::path(
    get,
    path = "/v1/admission/rules",
    tag = "admission",
    params(
        ("scope" = Option<String>, Query, description = "`fed` or `local`"),
        (
            "cluster_selector" = Option<String>,
            Query,
            description = "Only what is for a cluster with such labels, as `kubectl get -l` takes them",
        ),
        Page,
    ),
    responses((status = OK, body = AdmissionRulesData)),
)]
pub(super) async fn admission_rule_list(
    State(app): State<App>,
    query: Query,
    selected: Selected,
) -> Result<Json<AdmissionRulesData>> {
    let targeted = selected.of(&app, ObjectKind::AdmissionRule).await?;
    let rules = match query.scope()? {
        Some(Scope::Local) => Vec::new(),
        Some(Scope::Fed) | None => rules::admission::list(&app.database).await?,
    };
    let targets = targets_of(&app.database, ObjectKind::AdmissionRule).await?;
    let shown = |rule: &AdmissionRule| rest::AdmissionRule {
        cluster_selector: targets.get(ObjectKind::AdmissionRule, &rule.id.to_string()),
        ..rule.to_rest()
    };
    let rules = query.list(
        rules.iter().filter(|rule| targeted.has(&rule.id.to_string())).map(shown).collect(),
    )?;
    Ok(Json(AdmissionRulesData { rules }))
}
