//! `GET /v1/scan/sigstore/root_of_trust/{root_name}/verifier/{verifier_name}`

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::scan::SigstoreVerifier;

use crate::App;
use crate::http::error::Result;

/// Show a verifier of a root of trust
#[utoipa::path(
    get,
    path = "/v1/scan/sigstore/root_of_trust/{root_name}/verifier/{verifier_name}",
    tag = "sigstore",
    params(("root_name" = String, Path), ("verifier_name" = String, Path)),
    responses((status = OK, body = SigstoreVerifier)),
)]
pub(super) async fn verifier_get(
    State(app): State<App>,
    Path((root_name, verifier_name)): Path<(String, String)>,
) -> Result<Json<SigstoreVerifier>> {
    Ok(Json(app.registries.verifier(&root_name, &verifier_name).await?))
}
