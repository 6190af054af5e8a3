//! `PATCH /v1/scan/sigstore/root_of_trust/{root_name}`

use axum::extract::{Path, State};
use palisade_api::rest::scan::SigstoreRootOfTrustChange;

use super::actor;
use crate::App;
use crate::http::error::Result;
use crate::http::extract::{Authenticated, JsonBody};
use crate::version::{Expected, Version};

/// Change a root of trust; what is left out stays
#[utoipa::path(
    patch,
    path = "/v1/scan/sigstore/root_of_trust/{root_name}",
    tag = "sigstore",
    params(("root_name" = String, Path), Expected),
    request_body = SigstoreRootOfTrustChange,
    responses((status = OK)),
)]
pub(super) async fn root_of_trust_update(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    Path(root_name): Path<String>,
    expected: Expected,
    JsonBody(change): JsonBody<SigstoreRootOfTrustChange>,
) -> Result<Version> {
    let actor = actor(&caller);
    Ok(app.registries.update_root_of_trust(&actor, &root_name, change, &expected).await?)
}
