//! `GET /v1/server`

use axum::Json;
use palisade_api::rest::system::{MappableRoles, ServersData};
use palisade_identity::Role;

/// List the directories
///
/// There is none yet: all users are local.
#[utoipa::path(
    get,
    path = "/v1/server",
    tag = "server",
    responses((status = OK, body = ServersData)),
)]
pub(super) async fn server_list() -> Json<ServersData> {
    let names = |roles: &[Role]| roles.iter().map(|role| role.as_str().to_owned()).collect();
    Json(ServersData {
        servers: Vec::new(),
        mappable_roles: MappableRoles {
            default_roles: names(&[Role::Admin, Role::Reader, Role::Ciops, Role::None]),
            group_roles: names(&[
                Role::FedAdmin,
                Role::FedReader,
                Role::Admin,
                Role::Reader,
                Role::Ciops,
                Role::None,
            ]),
            group_domain_roles: names(&[Role::Admin, Role::Reader, Role::Ciops]),
        },
    })
}
