//! `GET /v1/scan/sigstore/root_of_trust/{root_name}`

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::scan::SigstoreRootOfTrust;

use crate::App;
use crate::http::error::Result;
use crate::http::query::Query;

/// Show a root of trust
#[utoipa::path(
    get,
    path = "/v1/scan/sigstore/root_of_trust/{root_name}",
    tag = "sigstore",
    params(
        ("root_name" = String, Path),
        ("with_verifiers" = Option<bool>, Query, description = "Show its verifiers too."),
    ),
    responses((status = OK, body = SigstoreRootOfTrust)),
)]
pub(super) async fn root_of_trust_get(
    State(app): State<App>,
    Path(root_name): Path<String>,
    query: Query,
) -> Result<Json<SigstoreRootOfTrust>> {
    let mut root = app.registries.root_of_trust(&root_name).await?;
    if !query.flag("with_verifiers") {
        root.verifiers = None;
    }
    Ok(Json(root))
}
