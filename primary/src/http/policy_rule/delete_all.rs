//! `DELETE /v1/policy/rule`

use axum::extract::State;

use super::federated;
use crate::App;
use crate::federation::rules;
use crate::http::error::Result;
use crate::http::extract::FedAdmin;
use crate::http::query::Query;
use crate::store::Actor;

/// Delete all federated network rules
#[utoipa::path(
    delete,
    path = "/v1/policy/rule",
    tag = "policy",
    params(("scope" = Option<String>, Query, description = "`fed`")),
    responses((status = OK)),
)]
pub(super) async fn policy_rule_delete_all(
    State(app): State<App>,
    FedAdmin(caller): FedAdmin,
    query: Query,
) -> Result<()> {
    federated(&query, false)?;
    let actor = Actor::from(&caller);
    rules::network::delete_all(&app.database, &actor).await?;
    Ok(())
}
