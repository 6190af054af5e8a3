//! `DELETE /v1/scan/sigstore/root_of_trust/{root_name}/verifier/{verifier_name}`

use axum::extract::{Path, State};

use super::actor;
use crate::App;
use crate::http::error::Result;
use crate::http::extract::Authenticated;
use crate::version::Expected;

/// Remove a verifier from a root of trust
#[utoipa::path(
    delete,
    path = "/v1/scan/sigstore/root_of_trust/{root_name}/verifier/{verifier_name}",
    tag = "sigstore",
    params(("root_name" = String, Path), ("verifier_name" = String, Path), Expected),
    responses((status = OK)),
)]
pub(super) async fn verifier_delete(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    Path((root_name, verifier_name)): Path<(String, String)>,
    expected: Expected,
) -> Result<()> {
    let (root, name, actor) = (&root_name, &verifier_name, actor(&caller));
    app.registries.delete_verifier(&actor, root, name, &expected).await?;
    Ok(())
}
