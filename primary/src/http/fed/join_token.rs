//! `GET /v1/fed/join_token`

use axum::Json;
use axum::extract::State;
use chrono::TimeDelta;
use palisade_api::rest::fed::JoinTokenResponse;
use secrecy::ExposeSecret as _;

use super::actor;
use crate::App;
use crate::federation::FederationError;
use crate::federation::address::federation_address;
use crate::federation::promotion;
use crate::federation::token::{self, LONGEST_LIFE, TokenRequest};
use crate::http::error::Result;
use crate::http::extract::FedAdmin;
use crate::http::query::Query;
use crate::store::StoreError;
use crate::store::member_kind::MemberKind;

/// Minutes that a token is valid when nobody says otherwise.
const DEFAULT_MINUTES: i64 = 60;
/// Clients of this call expect a token that serves while it is valid.
const USES: u32 = 1_000;

/// Make a join token
///
/// It lets up to 1,000 clusters join until it expires. `palisade-primary token
/// create` makes tokens with other numbers of uses.
#[utoipa::path(
    get,
    path = "/v1/fed/join_token",
    tag = "federation",
    params(
        (
            "token_duration" = Option<String>,
            Query,
            description = "Minutes; anything but a positive number means 60",
        ),
        (
            "labels" = Option<String>,
            Query,
            description = "What the clusters that join with it are labelled with: `key=value`, with commas between",
        ),
    ),
    responses((status = OK, body = JoinTokenResponse)),
)]
pub(super) async fn fed_join_token_create(
    State(app): State<App>,
    FedAdmin(caller): FedAdmin,
    query: Query,
) -> Result<Json<JoinTokenResponse>> {
    let minutes = query
        .get("token_duration")
        .and_then(|text| text.parse().ok())
        .filter(|minutes| *minutes > 0)
        .unwrap_or(DEFAULT_MINUTES);
    let labels = query.get("labels").unwrap_or_default();
    let labels = labels.parse().map_err(FederationError::Labels)?;
    let life = TimeDelta::try_minutes(minutes).unwrap_or(LONGEST_LIFE).min(LONGEST_LIFE);
    let mut tx = app.database.begin().await?;
    let federation = promotion::require_primary(&mut tx).await?;
    let address = federation_address(&app.config, &federation);
    let (kind, approval) = (MemberKind::Remote, false);
    let request = TokenRequest { uses: USES, life, kind, approval, labels };
    let now = app.clock.now();
    let made = token::create(&mut tx, &app.trust, &actor(&caller), request, address, now).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(Json(JoinTokenResponse { join_token: made.text.expose_secret().to_owned() }))
}
