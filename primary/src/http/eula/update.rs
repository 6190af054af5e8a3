//! `POST /v1/eula`

use axum::extract::State;
use palisade_api::rest::system::EulaData;

use super::SETTING;
use crate::App;
use crate::http::error::Result;
use crate::http::extract::JsonBody;
use crate::store::setting;

/// Accept the licence agreement
///
/// Once accepted it stays accepted: clients send this before they log in.
#[utoipa::path(
    post,
    path = "/v1/eula",
    tag = "eula",
    request_body = EulaData,
    responses((status = OK)),
)]
pub(super) async fn eula_update(
    State(app): State<App>,
    JsonBody(data): JsonBody<EulaData>,
) -> Result<()> {
    if data.eula.accepted {
        let mut conn = app.database.acquire().await?;
        setting::put_once(&mut conn, SETTING, &true).await?;
    }
    Ok(())
}
