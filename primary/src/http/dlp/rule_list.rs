//! `GET /v1/dlp/rule`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::sensor::SensorRulesData;
use palisade_policy::sensor::Dlp;

use crate::App;
use crate::federation::rules;
use crate::http::error::Result;
use crate::http::query::{Page, Query, Scope};

/// List the rules of all DLP sensors
///
/// Those of the federation, by name.
#[utoipa::path(
    get,
    path = "/v1/dlp/rule",
    tag = "dlp",
    params(("scope" = Option<String>, Query, description = "`fed` or `local`"), Page),
    responses((status = OK, body = SensorRulesData)),
)]
pub(super) async fn dlp_rule_list(
    State(app): State<App>,
    query: Query,
) -> Result<Json<SensorRulesData>> {
    let rules = match query.scope()? {
        Some(Scope::Local) => Vec::new(),
        Some(Scope::Fed) | None => rules::sensor::rules::<Dlp>(&app.database).await?,
    };
    let rules = query.list(rules)?;
    Ok(Json(SensorRulesData { rules }))
}
