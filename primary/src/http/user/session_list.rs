//! `GET /v1/user/{fullname}/session`

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::user::{UserSession, UserSessionsData};

use crate::App;
use crate::http::error::Result;
use crate::http::extract::Authenticated;
use crate::http::query::{Page, Query};

/// List the sessions of a user
#[utoipa::path(
    get,
    path = "/v1/user/{fullname}/session",
    tag = "user",
    params(("fullname" = String, Path), Page),
    responses((status = OK, body = UserSessionsData)),
)]
pub(super) async fn user_session_list(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    Path(fullname): Path<String>,
    query: Query,
) -> Result<Json<UserSessionsData>> {
    let sessions = app.identity.sessions(&caller, &fullname).await?;
    let sessions = sessions
        .into_iter()
        .map(|session| UserSession {
            current: caller.session() == Some(session.id),
            id: session.id.to_string(),
            address: session.address,
            created_timestamp: session.created_at.timestamp(),
            last_seen_timestamp: session.last_seen_at.timestamp(),
            ends_timestamp: session.ends_at.timestamp(),
        })
        .collect();
    Ok(Json(UserSessionsData { sessions: query.list(sessions)? }))
}
