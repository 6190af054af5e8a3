//! `DELETE /v1/group/{name}`

use axum::extract::{Path, State};

use crate::App;
use crate::federation::rules;
use crate::http::error::Result;
use crate::http::extract::FedAdmin;
use crate::store::Actor;

/// Delete a federated group that no rule names
#[utoipa::path(
    delete,
    path = "/v1/group/{name}",
    tag = "group",
    params(("name" = String, Path, description = "Name of the group")),
    responses((status = OK)),
)]
pub(super) async fn group_delete(
    State(app): State<App>,
    FedAdmin(caller): FedAdmin,
    Path(name): Path<String>,
) -> Result<()> {
    let actor = Actor::from(&caller);
    rules::group::delete(&app.database, &actor, &name).await?;
    Ok(())
}
