//! `GET /v1/waf/rule`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::sensor::SensorRulesData;
use palisade_policy::sensor::Waf;

use crate::App;
use crate::federation::rules;
use crate::http::error::Result;
use crate::http::query::{Page, Query, Scope};

/// List the rules of all WAF sensors
///
/// Those of the federation, by name.
#[utoipa::path(
    get,
    path = "/v1/waf/rule",
    tag = "waf",
    params(("scope" = Option<String>, Query, description = "`fed` or `local`"), Page),
    responses((status = OK, body = SensorRulesData)),
)]
pub(super) async fn waf_rule_list(
    State(app): State<App>,
    query: Query,
) -> Result<Json<SensorRulesData>> {
    let rules = match query.scope()? {
        Some(Scope::Local) => Vec::new(),
        Some(Scope::Fed) | None => rules::sensor::rules::<Waf>(&app.database).await?,
    };
    let rules = query.list(rules)?;
    Ok(Json(SensorRulesData { rules }))
}
