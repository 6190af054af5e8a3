//! `POST /v1/fed/cluster/{id}/approve`

use axum::extract::{Path, State};

use super::{actor, read_id, require_primary};
use crate::App;
use crate::federation::membership;
use crate::http::error::Result;
use crate::http::extract::FedAdmin;

/// Confirm that a cluster joins
///
/// For clusters that joined with a token made by `token create --approval`: they
/// are `pending` and get nothing that is federated before this. Of others it
/// changes nothing.
#[utoipa::path(
    post,
    path = "/v1/fed/cluster/{id}/approve",
    tag = "federation",
    params(("id" = String, Path, description = "Id of the cluster")),
    responses((status = OK)),
)]
pub(super) async fn fed_cluster_approve(
    State(app): State<App>,
    FedAdmin(caller): FedAdmin,
    Path(id): Path<String>,
) -> Result<()> {
    require_primary(&app).await?;
    membership::approve(&app, &actor(&caller), read_id(&id)?).await?;
    Ok(())
}
