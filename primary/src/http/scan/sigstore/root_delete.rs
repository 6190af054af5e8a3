//! `DELETE /v1/scan/sigstore/root_of_trust/{root_name}`

use axum::extract::{Path, State};

use super::actor;
use crate::App;
use crate::http::error::Result;
use crate::http::extract::Authenticated;
use crate::version::Expected;

/// Remove a root of trust with its verifiers
#[utoipa::path(
    delete,
    path = "/v1/scan/sigstore/root_of_trust/{root_name}",
    tag = "sigstore",
    params(("root_name" = String, Path), Expected),
    responses((status = OK)),
)]
pub(super) async fn root_of_trust_delete(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    Path(root_name): Path<String>,
    expected: Expected,
) -> Result<()> {
    app.registries.delete_root_of_trust(&actor(&caller), &root_name, &expected).await?;
    Ok(())
}
