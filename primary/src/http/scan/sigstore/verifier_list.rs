//! `GET /v1/scan/sigstore/root_of_trust/{root_name}/verifier`

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::scan::SigstoreVerifierCollection;

use crate::App;
use crate::http::error::Result;
use crate::http::query::{Page, Query};

/// List the verifiers of a root of trust
#[utoipa::path(
    get,
    path = "/v1/scan/sigstore/root_of_trust/{root_name}/verifier",
    tag = "sigstore",
    params(("root_name" = String, Path), Page),
    responses((status = OK, body = SigstoreVerifierCollection)),
)]
pub(super) async fn verifier_list(
    State(app): State<App>,
    Path(root_name): Path<String>,
    query: Query,
) -> Result<Json<SigstoreVerifierCollection>> {
    let root = app.registries.root_of_trust(&root_name).await?;
    let verifiers = query.list(root.verifiers.unwrap_or_default())?;
    Ok(Json(SigstoreVerifierCollection { verifiers }))
}
