//! `PATCH /v1/admission/rule`

use axum::extract::State;
use palisade_api::rest::admission::AdmissionRuleConfigData;

use super::federated;
use crate::App;
use crate::federation::rules;
use crate::http::error::Result;
use crate::http::extract::{FedAdmin, JsonBody};
use crate::http::query::{Query, Scope};
use crate::store::Actor;

/// Change a federated admission rule
///
/// The body names it by its id; what is absent stays.
#[utoipa::path(
    patch,
    path = "/v1/admission/rule",
    tag = "admission",
    params(("scope" = Option<String>, Query, description = "`fed`")),
    request_body = AdmissionRuleConfigData,
    responses((status = OK)),
)]
pub(super) async fn admission_rule_update(
    State(app): State<App>,
    FedAdmin(caller): FedAdmin,
    query: Query,
    JsonBody(AdmissionRuleConfigData { config }): JsonBody<AdmissionRuleConfigData>,
) -> Result<()> {
    if query.scope()? != Some(Scope::Fed) {
        federated(&config)?;
    }
    let actor = Actor::from(&caller);
    rules::admission::update(&app.database, &actor, config).await?;
    Ok(())
}
