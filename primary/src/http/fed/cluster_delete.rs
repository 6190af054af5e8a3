//! `DELETE /v1/fed/cluster/{id}`

use axum::extract::{Path, State};

use super::{actor, read_id, require_primary};
use crate::App;
use crate::federation::membership::{self, Ending};
use crate::http::error::Result;
use crate::http::extract::FedAdmin;

/// Remove a cluster from the federation
///
/// Its certificate is refused from now on, and it drops what is federated. A scan
/// worker, which is no cluster elsewhere, is removed in the same way.
#[utoipa::path(
    delete,
    path = "/v1/fed/cluster/{id}",
    tag = "federation",
    params(("id" = String, Path, description = "Id of the cluster")),
    responses((status = OK)),
)]
pub(super) async fn fed_cluster_delete(
    State(app): State<App>,
    FedAdmin(caller): FedAdmin,
    Path(id): Path<String>,
) -> Result<()> {
    require_primary(&app).await?;
    membership::remove(&app, &actor(&caller), read_id(&id)?, Ending::Kicked).await?;
    Ok(())
}
