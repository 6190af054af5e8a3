//! `DELETE /v1/response/rule/{id}`

use axum::extract::State;

use crate::App;
use crate::federation::rules;
use crate::http::error::Result;
use crate::http::extract::{FedAdmin, RuleId};
use crate::store::Actor;

/// Delete a federated response rule
#[utoipa::path(
    delete,
    path = "/v1/response/rule/{id}",
    tag = "response",
    params(("id" = u32, Path, description = "Id of the rule")),
    responses((status = OK)),
)]
pub(super) async fn response_rule_delete(
    State(app): State<App>,
    FedAdmin(caller): FedAdmin,
    RuleId(id): RuleId,
) -> Result<()> {
    let actor = Actor::from(&caller);
    rules::response::delete(&app.database, &actor, id).await?;
    Ok(())
}
