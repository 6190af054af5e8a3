//! `POST /v1/fed/authority`

use axum::extract::State;

use super::actor;
use crate::App;
use crate::federation::rotation;
use crate::http::error::Result;
use crate::http::extract::FedAdmin;

/// Replace the certificate authority
///
/// A new one signs from now on; the old one is trusted until the last member has
/// a certificate of the new one. Tokens made before are of no use after that.
#[utoipa::path(post, path = "/v1/fed/authority", tag = "federation", responses((status = OK)))]
pub(super) async fn fed_authority_rotate(
    State(app): State<App>,
    FedAdmin(caller): FedAdmin,
) -> Result<()> {
    rotation::begin(&app.database, &app.sealer, &actor(&caller), app.clock.now()).await?;
    Ok(())
}
