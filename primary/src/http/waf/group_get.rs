//! `GET /v1/waf/group/{name}`

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::sensor::WafGroupData;
use palisade_policy::sensor::Waf;

use crate::App;
use crate::federation::rules;
use crate::http::error::Result;

/// Show the WAF sensors that are bound to a group
#[utoipa::path(
    get,
    path = "/v1/waf/group/{name}",
    tag = "waf",
    params(("name" = String, Path, description = "Name of the group")),
    responses((status = OK, body = WafGroupData)),
)]
pub(super) async fn waf_group_get(
    State(app): State<App>,
    Path(name): Path<String>,
) -> Result<Json<WafGroupData>> {
    let waf_group = rules::sensor::group::get::<Waf>(&app.database, &name).await?;
    Ok(Json(WafGroupData { waf_group }))
}
