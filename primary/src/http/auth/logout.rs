//! `DELETE /v1/auth`

use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse};
use http::header;
use palisade_api::rest::event::name;

use super::cookie;
use crate::App;
use crate::http::error::Result;
use crate::http::extract::Authenticated;
use crate::http::trail;

/// Log out
///
/// Ends the session, and takes the cookie away.
#[utoipa::path(delete, path = "/v1/auth", tag = "auth", responses((status = OK)))]
pub(super) async fn auth_delete(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
) -> Result<impl IntoResponse> {
    app.identity.logout(&caller).await?;
    // A key has no session that could end.
    if caller.session().is_some() {
        let message = format!("{} logged out.", caller.fullname);
        trail::did(&app, &caller, name::LOGOUT, &message).await;
    }
    Ok(AppendHeaders([(header::SET_COOKIE, cookie::clear(cookie::NAME)?)]))
}
