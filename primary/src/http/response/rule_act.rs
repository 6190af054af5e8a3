//! `PATCH /v1/response/rule`

use axum::extract::State;
use palisade_api::rest::response_rule::ResponseRuleActionData;

use super::federated;
use crate::App;
use crate::federation::rules;
use crate::http::error::{ApiError, Result};
use crate::http::extract::{FedAdmin, JsonBody};
use crate::http::query::Query;
use crate::store::Actor;

/// Insert federated response rules
///
/// All of them say that they are federated, or `scope=fed` does.
#[utoipa::path(
    patch,
    path = "/v1/response/rule",
    tag = "response",
    params(("scope" = Option<String>, Query, description = "`fed`")),
    request_body = ResponseRuleActionData,
    responses((status = OK)),
)]
pub(super) async fn response_rule_act(
    State(app): State<App>,
    FedAdmin(caller): FedAdmin,
    query: Query,
    JsonBody(ResponseRuleActionData { insert }): JsonBody<ResponseRuleActionData>,
) -> Result<()> {
    let insert = insert
        .filter(|insert| !insert.rules.is_empty())
        .ok_or_else(|| ApiError::invalid_request("A rule to insert is needed."))?;
    federated(&query, insert.rules.iter().all(|rule| rule.cfg_type == "federal"))?;
    let actor = Actor::from(&caller);
    rules::response::insert(&app.database, &actor, insert).await?;
    Ok(())
}
