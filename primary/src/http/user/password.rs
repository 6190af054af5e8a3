//! `POST /v1/user/{fullname}/password`

use axum::extract::{Path, State};
use palisade_api::rest::event::name;
use palisade_api::rest::user::UserPwdConfigData;

use super::same_name;
use crate::App;
use crate::http::error::{ApiError, Result};
use crate::http::extract::{Authenticated, JsonBody};
use crate::http::trail;
use crate::identity::ResetPassword;

/// Unblock a user, or reset its password
///
/// A new password ends the sessions of the user. Without
/// `force_reset_password` only an expired one can be reset, where passwords
/// expire.
#[utoipa::path(
    post,
    path = "/v1/user/{fullname}/password",
    tag = "user",
    params(("fullname" = String, Path)),
    request_body = UserPwdConfigData,
    responses((status = OK)),
)]
pub(super) async fn user_password_create(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    Path(fullname): Path<String>,
    JsonBody(UserPwdConfigData { config }): JsonBody<UserPwdConfigData>,
) -> Result<()> {
    same_name(&fullname, &config.fullname)?;
    if config.force_reset_password && config.new_password.is_none() {
        return Err(ApiError::invalid_request("The key new_password is missing."));
    }
    let reset = ResetPassword {
        clear_failed_login: config.clear_failed_login,
        new_password: config.new_password,
        force: config.force_reset_password,
        again_at_next_login: config.reset_password_in_next_login,
    };
    let (unblocked, chosen) = (reset.clear_failed_login, reset.new_password.is_some());
    app.identity.reset_password(&caller, &fullname, reset).await?;
    for (done, name, what) in [
        (unblocked, name::LOGIN_UNBLOCKED, "unblocked"),
        (chosen, name::PASSWORD_RESET, "reset the password of"),
    ] {
        if done {
            let message = format!("{} {what} {fullname}.", caller.recorded());
            trail::did(&app, &caller, name, &message).await;
        }
    }
    Ok(())
}
