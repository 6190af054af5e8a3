//! `PATCH /v1/response/rule/{id}`

use axum::extract::State;
use palisade_api::rest::response_rule::ResponseRuleConfigData;

use crate::App;
use crate::federation::rules;
use crate::http::error::Result;
use crate::http::extract::{FedAdmin, JsonBody, RuleId};
use crate::store::Actor;

/// Change a federated response rule
///
/// What is absent stays.
#[utoipa::path(
    patch,
    path = "/v1/response/rule/{id}",
    tag = "response",
    params(("id" = u32, Path, description = "Id of the rule")),
    request_body = ResponseRuleConfigData,
    responses((status = OK)),
)]
pub(super) async fn response_rule_update(
    State(app): State<App>,
    FedAdmin(caller): FedAdmin,
    RuleId(id): RuleId,
    JsonBody(ResponseRuleConfigData { config }): JsonBody<ResponseRuleConfigData>,
) -> Result<()> {
    let actor = Actor::from(&caller);
    rules::response::update(&app.database, &actor, id, config).await?;
    Ok(())
}
