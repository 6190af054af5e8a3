//! `DELETE /v1/api_key/{name}`

use axum::extract::{Path, State};

use crate::App;
use crate::http::error::Result;
use crate::http::extract::Authenticated;

/// Remove an API key
///
/// It counts no more with the next call.
#[utoipa::path(
    delete,
    path = "/v1/api_key/{name}",
    tag = "api_key",
    params(("name" = String, Path)),
    responses((status = OK)),
)]
pub(super) async fn api_key_delete(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    Path(name): Path<String>,
) -> Result<()> {
    app.identity.delete_api_key(&caller, &name).await?;
    Ok(())
}
