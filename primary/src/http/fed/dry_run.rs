//! `POST /v1/fed/admission/dry_run`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::dry_run::{DryRunData, DryRunRequest};

use crate::App;
use crate::federation::dry_run;
use crate::http::error::{ApiError, Result};
use crate::http::extract::{FedReader, JsonBody};

const USUAL_DAYS: u32 = 7;
const MOST_DAYS: u32 = 90;

/// Try an admission rule on what clusters were asked before
///
/// Says what the rule would have denied, and what it would have admitted, in
/// which cluster, before it is in force. Nothing is changed. Rules that
/// clusters have of their own are not looked at. A role that is limited to some
/// clusters is told of these.
#[utoipa::path(
    post,
    path = "/v1/fed/admission/dry_run",
    tag = "federation",
    request_body = DryRunRequest,
    responses((status = OK, body = DryRunData)),
)]
pub(super) async fn fed_admission_dry_run(
    State(app): State<App>,
    FedReader(caller): FedReader,
    JsonBody(DryRunRequest { config, days }): JsonBody<DryRunRequest>,
) -> Result<Json<DryRunData>> {
    let days = days.unwrap_or(USUAL_DAYS);
    if !(1..=MOST_DAYS).contains(&days) {
        return Err(ApiError::invalid_request(format!("days is a number from 1 to {MOST_DAYS}.")));
    }
    let dry_run =
        dry_run::run(&app.database, caller.rights.scope(), config, days, app.clock.now()).await?;
    Ok(Json(DryRunData { dry_run }))
}
