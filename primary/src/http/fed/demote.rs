//! `POST /v1/fed/demote`

use axum::extract::State;

use super::actor;
use crate::App;
use crate::federation::promotion;
use crate::http::error::Result;
use crate::http::extract::FedAdmin;

/// Dissolve the federation
///
/// Releases all remote clusters and deletes all federated objects. Users with
/// a federated role fall back to the local one.
#[utoipa::path(post, path = "/v1/fed/demote", tag = "federation", responses((status = OK)))]
pub(super) async fn fed_demote(State(app): State<App>, FedAdmin(caller): FedAdmin) -> Result<()> {
    promotion::demote(&app, &actor(&caller)).await?;
    Ok(())
}
