//! `GET /v1/fed/authority`

use axum::Json;
use axum::extract::State;
use chrono::SecondsFormat;
use palisade_api::rest::fed::{FedAuthorities, FedAuthority};

use crate::App;
use crate::federation::rotation::{self, AuthorityStatus};
use crate::http::error::Result;
use crate::http::extract::FedReader;

/// Show the certificate authority
///
/// While it is being replaced there are two: the old one is forgotten when no
/// member depends on it any more.
#[utoipa::path(
    get,
    path = "/v1/fed/authority",
    tag = "federation",
    responses((status = OK, body = FedAuthorities)),
)]
pub(super) async fn fed_authority_get(
    State(app): State<App>,
    FedReader(_caller): FedReader,
) -> Result<Json<FedAuthorities>> {
    let mut conn = app.database.acquire().await?;
    let authorities = rotation::status(&mut conn, app.clock.now()).await?;
    Ok(Json(FedAuthorities { authorities: authorities.iter().map(show).collect() }))
}

fn show(one: &AuthorityStatus) -> FedAuthority {
    FedAuthority {
        fingerprint: one.fingerprint.to_string(),
        created_at: one.created_at.to_rfc3339_opts(SecondsFormat::Secs, true),
        expires_at: one.expires_at.to_rfc3339_opts(SecondsFormat::Secs, true),
        issuing: one.issuing,
        members: one.members,
    }
}
