//! `GET /v1/response/options`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::response_rule::ResponseRuleOptionData;
use palisade_policy::response_rule::options;
use palisade_policy::sensor::{Dlp, Inspection, Waf};

use crate::App;
use crate::federation::rules;
use crate::http::error::Result;
use crate::http::query::{Query, Scope};

/// List what response rules can look at
///
/// Types of conditions, names and levels by event, and the webhooks that rules
/// of the scope can call.
#[utoipa::path(
    get,
    path = "/v1/response/options",
    tag = "response",
    params(("scope" = Option<String>, Query, description = "`fed` or `local`")),
    responses((status = OK, body = ResponseRuleOptionData)),
)]
pub(super) async fn response_options_get(
    State(app): State<App>,
    query: Query,
) -> Result<Json<ResponseRuleOptionData>> {
    let webhooks = match query.scope()? {
        Some(Scope::Fed) => rules::webhook::list(&app.database).await?,
        Some(Scope::Local) | None => Vec::new(),
    };
    let mut raised = threats::<Dlp>(&app).await?;
    raised.extend(threats::<Waf>(&app).await?);
    Ok(Json(ResponseRuleOptionData {
        response_rule_options: options(&raised),
        webhooks: webhooks.into_iter().map(|webhook| webhook.name).collect(),
    }))
}

/// The names of the threats that federated sensors raise.
async fn threats<I: Inspection>(app: &App) -> Result<Vec<String>> {
    let rules = rules::sensor::rules::<I>(&app.database).await?;
    let mut names: Vec<_> =
        rules.iter().map(|rule| format!("{}{}", I::THREAT, rule.name)).collect();
    names.dedup();
    Ok(names)
}
