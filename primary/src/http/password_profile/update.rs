//! `PATCH /v1/password_profile/{name}`

use axum::extract::{Path, State};
use palisade_api::rest::password_profile::{PwdProfileConfig, PwdProfileConfigData};
use palisade_identity::PasswordProfile;

use super::missing;
use crate::App;
use crate::http::error::{ApiError, Result};
use crate::http::extract::{Authenticated, JsonBody};
use crate::identity::DEFAULT_PROFILE;
use crate::version::{Expected, Version};

/// Change the rules of passwords
///
/// They hold from the next password on; where passwords begin to expire, the
/// age of all begins now.
#[utoipa::path(
    patch,
    path = "/v1/password_profile/{name}",
    tag = "password_profile",
    params(("name" = String, Path), Expected),
    request_body = PwdProfileConfigData,
    responses((status = OK)),
)]
pub(super) async fn password_profile_update(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    Path(name): Path<String>,
    expected: Expected,
    JsonBody(PwdProfileConfigData { config }): JsonBody<PwdProfileConfigData>,
) -> Result<Version> {
    if config.name != name {
        return Err(ApiError::invalid_request("The name in the body is not that of the path."));
    }
    if name != DEFAULT_PROFILE {
        return Err(missing());
    }
    let change = |profile: &mut PasswordProfile| apply(config, profile);
    Ok(app.identity.change_password_profile(&caller, &expected, change).await?)
}

fn apply(config: PwdProfileConfig, profile: &mut PasswordProfile) {
    macro_rules! set {
        ($($field:ident)*) => {$(
            if let Some(value) = config.$field {
                profile.$field = value;
            }
        )*};
    }
    set!(
        comment min_len min_uppercase_count min_lowercase_count min_digit_count min_special_count
        enable_password_expiration password_expire_after_days enable_password_history
        password_keep_history_count enable_block_after_failed_login block_after_failed_login_count
        block_minutes session_timeout
    );
}
