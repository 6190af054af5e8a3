//! `GET /v1/dlp/rule/{name}`

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::sensor::SensorRuleData;
use palisade_policy::sensor::Dlp;

use crate::App;
use crate::federation::rules;
use crate::http::error::Result;

/// Show the rules of one name, and the DLP sensors that have them
#[utoipa::path(
    get,
    path = "/v1/dlp/rule/{name}",
    tag = "dlp",
    params(("name" = String, Path, description = "Name of the rule")),
    responses((status = OK, body = SensorRuleData)),
)]
pub(super) async fn dlp_rule_get(
    State(app): State<App>,
    Path(name): Path<String>,
) -> Result<Json<SensorRuleData>> {
    let rule = rules::sensor::rule::<Dlp>(&app.database, &name).await?;
    Ok(Json(SensorRuleData { rule }))
}
