//! `DELETE /v1/policy/rule/{id}`

use axum::extract::State;

use crate::App;
use crate::federation::rules;
use crate::http::error::Result;
use crate::http::extract::{FedAdmin, RuleId};
use crate::store::Actor;

/// Delete a federated network rule
#[utoipa::path(
    delete,
    path = "/v1/policy/rule/{id}",
    tag = "policy",
    params(("id" = u32, Path, description = "Id of the rule")),
    responses((status = OK)),
)]
pub(super) async fn policy_rule_delete(
    State(app): State<App>,
    FedAdmin(caller): FedAdmin,
    RuleId(id): RuleId,
) -> Result<()> {
    let actor = Actor::from(&caller);
    rules::network::delete(&app.database, &actor, &[id]).await?;
    Ok(())
}
