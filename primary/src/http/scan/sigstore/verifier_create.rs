//! `POST /v1/scan/sigstore/root_of_trust/{root_name}/verifier`

use axum::extract::{Path, State};
use palisade_api::rest::scan::SigstoreVerifier;

use super::actor;
use crate::App;
use crate::http::error::Result;
use crate::http::extract::{Authenticated, JsonBody};
use crate::version::Version;

/// Add a verifier to a root of trust
#[utoipa::path(
    post,
    path = "/v1/scan/sigstore/root_of_trust/{root_name}/verifier",
    tag = "sigstore",
    params(("root_name" = String, Path)),
    request_body = SigstoreVerifier,
    responses((
        status = OK,
        headers(("ETag" = String, description = "The version that was made, for `If-Match`")),
    )),
)]
pub(super) async fn verifier_create(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    Path(root_name): Path<String>,
    JsonBody(verifier): JsonBody<SigstoreVerifier>,
) -> Result<Version> {
    Ok(app.registries.create_verifier(&actor(&caller), &root_name, verifier).await?)
}
