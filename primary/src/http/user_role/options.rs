//! `GET /v1/user_role_permission/options`

use axum::Json;
use palisade_api::rest::user_role::{AllUserPermitOptions, UserPermitOption, UserPermitOptions};
use palisade_identity::Permission;
use palisade_identity::permission::Grantable;

/// List the permissions that custom roles can hold
#[utoipa::path(
    get,
    path = "/v1/user_role_permission/options",
    tag = "user_role",
    responses((status = OK, body = AllUserPermitOptions)),
)]
pub(super) async fn user_role_permission_options_get() -> Json<AllUserPermitOptions> {
    let options = |which: fn(&Grantable) -> bool| {
        let grantable = Permission::ALL.iter().filter_map(|one| Some((one, one.grantable()?)));
        grantable
            .filter(|(_, grantable)| which(grantable))
            .map(|(permission, grantable)| UserPermitOption {
                id: permission.id().to_owned(),
                read_supported: grantable.read,
                write_supported: grantable.write,
            })
            .collect()
    };
    let options = UserPermitOptions {
        global_options: options(|_| true),
        domain_options: options(|grantable| grantable.in_namespaces),
    };
    Json(AllUserPermitOptions { options })
}
