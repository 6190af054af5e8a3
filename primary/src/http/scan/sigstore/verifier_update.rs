//! `PATCH /v1/scan/sigstore/root_of_trust/{root_name}/verifier/{verifier_name}`

use axum::extract::{Path, State};
use palisade_api::rest::scan::SigstoreVerifierChange;

use super::actor;
use crate::App;
use crate::http::error::Result;
use crate::http::extract::{Authenticated, JsonBody};
use crate::version::{Expected, Version};

/// Change a verifier; what is left out stays
#[utoipa::path(
    patch,
    path = "/v1/scan/sigstore/root_of_trust/{root_name}/verifier/{verifier_name}",
    tag = "sigstore",
    params(("root_name" = String, Path), ("verifier_name" = String, Path), Expected),
    request_body = SigstoreVerifierChange,
    responses((status = OK)),
)]
pub(super) async fn verifier_update(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    Path((root_name, verifier_name)): Path<(String, String)>,
    expected: Expected,
    JsonBody(change): JsonBody<SigstoreVerifierChange>,
) -> Result<Version> {
    let (root, name, actor) = (&root_name, &verifier_name, actor(&caller));
    Ok(app.registries.update_verifier(&actor, root, name, change, &expected).await?)
}
