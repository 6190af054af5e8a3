//! `POST /v1/scan/sigstore/root_of_trust`

use axum::extract::State;
use palisade_api::rest::scan::SigstoreRootOfTrust;

use super::actor;
use crate::App;
use crate::http::error::Result;
use crate::http::extract::{Authenticated, JsonBody};
use crate::version::Version;

/// Add a root of trust for signatures
#[utoipa::path(
    post,
    path = "/v1/scan/sigstore/root_of_trust",
    tag = "sigstore",
    request_body = SigstoreRootOfTrust,
    responses((
        status = OK,
        headers(("ETag" = String, description = "The version that was made, for `If-Match`")),
    )),
)]
pub(super) async fn root_of_trust_create(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    JsonBody(root): JsonBody<SigstoreRootOfTrust>,
) -> Result<Version> {
    Ok(app.registries.create_root_of_trust(&actor(&caller), root).await?)
}
