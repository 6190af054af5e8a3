//! `POST /v1/admission/rule/promote`

use axum::extract::State;
use palisade_api::rest::admission::AdmissionRulesData;
use palisade_api::rest::promote::RulesPromoteRequestData;

use crate::App;
use crate::federation::rules::promote;
use crate::http::error::{ApiError, Result};
use crate::http::extract::{FedAdmin, JsonBody};
use crate::http::home;
use crate::store::Actor;

/// Promote admission rules of the home cluster
///
/// The originals stay. Federated and built-in rules are passed over.
#[utoipa::path(
    post,
    path = "/v1/admission/rule/promote",
    tag = "admission",
    request_body = RulesPromoteRequestData,
    responses((status = OK)),
)]
pub(super) async fn admission_rule_promote(
    State(app): State<App>,
    FedAdmin(caller): FedAdmin,
    JsonBody(RulesPromoteRequestData { request }): JsonBody<RulesPromoteRequestData>,
) -> Result<()> {
    if request.ids.is_empty() {
        return Err(ApiError::invalid_request("No rule is named."));
    }
    let local: Option<AdmissionRulesData> =
        home::read(&app, &caller, "/v1/admission/rules?scope=local").await?;
    let rules = local.map(|data| data.rules).unwrap_or_default();
    let actor = Actor::from(&caller);
    promote::admission(&app.database, &actor, &rules, &request.ids).await?;
    Ok(())
}
