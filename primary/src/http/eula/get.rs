//! `GET /v1/eula`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::system::{Eula, EulaData};

use super::SETTING;
use crate::App;
use crate::http::error::Result;
use crate::store::setting;

/// Tell whether the licence agreement was accepted
#[utoipa::path(get, path = "/v1/eula", tag = "eula", responses((status = OK, body = EulaData)))]
pub(super) async fn eula_get(State(app): State<App>) -> Result<Json<EulaData>> {
    let mut conn = app.database.acquire().await?;
    let accepted = setting::get(&mut conn, SETTING).await?.unwrap_or(false);
    Ok(Json(EulaData { eula: Eula { accepted }, bootstrap_password_command: String::new() }))
}
