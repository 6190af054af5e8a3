//! `POST /v1/admission/rule`

use axum::Json;
use axum::extract::State;
use palisade_api::ObjectKind;
use palisade_api::rest::admission::{AdmissionRuleConfigData, AdmissionRuleData};

use super::federated;
use crate::App;
use crate::federation::rules;
use crate::federation::rules::target::targets_of;
use crate::http::error::Result;
use crate::http::extract::{FedAdmin, JsonBody};
use crate::http::query::{Query, Scope};
use crate::store::Actor;

/// Add a federated admission rule
///
/// With `cfg_type` `federal`, or `scope=fed`. Without an id it gets the next
/// free one.
#[utoipa::path(
    post,
    path = "/v1/admission/rule",
    tag = "admission",
    params(("scope" = Option<String>, Query, description = "`fed`")),
    request_body = AdmissionRuleConfigData,
    responses((status = OK, body = AdmissionRuleData)),
)]
pub(super) async fn admission_rule_create(
    State(app): State<App>,
    FedAdmin(caller): FedAdmin,
    query: Query,
    JsonBody(AdmissionRuleConfigData { config }): JsonBody<AdmissionRuleConfigData>,
) -> Result<Json<AdmissionRuleData>> {
    if query.scope()? != Some(Scope::Fed) {
        federated(&config)?;
    }
    let actor = Actor::from(&caller);
    let mut rule = rules::admission::create(&app.database, &actor, config).await?.to_rest();
    let targets = targets_of(&app.database, ObjectKind::AdmissionRule).await?;
    rule.cluster_selector = targets.get(ObjectKind::AdmissionRule, &rule.id.to_string());
    Ok(Json(AdmissionRuleData { rule }))
}
