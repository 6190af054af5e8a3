//! `PATCH /v1/auth`

/// Keep the session alive
///
/// As every call does.
#[utoipa::path(patch, path = "/v1/auth", tag = "auth", responses((status = OK)))]
pub(super) async fn auth_update() {}
