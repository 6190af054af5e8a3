//! `GET /v1/scan/sigstore/root_of_trust`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::scan::SigstoreRootOfTrustCollection;

use crate::App;
use crate::http::error::Result;
use crate::http::query::{Page, Query};

/// List the roots of trust for signatures
#[utoipa::path(
    get,
    path = "/v1/scan/sigstore/root_of_trust",
    tag = "sigstore",
    params(
        ("with_verifiers" = Option<bool>, Query, description = "Show their verifiers too."),
        Page,
    ),
    responses((status = OK, body = SigstoreRootOfTrustCollection)),
)]
pub(super) async fn root_of_trust_list(
    State(app): State<App>,
    query: Query,
) -> Result<Json<SigstoreRootOfTrustCollection>> {
    let mut roots = app.registries.roots_of_trust().await?;
    if !query.flag("with_verifiers") {
        for root in &mut roots {
            root.verifiers = None;
        }
    }
    Ok(Json(SigstoreRootOfTrustCollection { roots_of_trust: query.list(roots)? }))
}
