//! `DELETE /v1/admission/rules`

use axum::extract::State;

use crate::App;
use crate::federation::rules::{self, RuleError};
use crate::http::error::Result;
use crate::http::extract::FedAdmin;
use crate::http::query::{Query, Scope};
use crate::store::Actor;

/// Delete all federated admission rules
#[utoipa::path(
    delete,
    path = "/v1/admission/rules",
    tag = "admission",
    params(("scope" = Option<String>, Query, description = "`fed`")),
    responses((status = OK)),
)]
pub(super) async fn admission_rule_delete_all(
    State(app): State<App>,
    FedAdmin(caller): FedAdmin,
    query: Query,
) -> Result<()> {
    if query.scope()? != Some(Scope::Fed) {
        return Err(RuleError::NotFederated("admission rules").into());
    }
    let actor = Actor::from(&caller);
    rules::admission::delete_all(&app.database, &actor).await?;
    Ok(())
}
