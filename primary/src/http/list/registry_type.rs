//! `GET /v1/list/registry_type`

use axum::Json;
use palisade_api::rest::scan::{RegistryTypeList, RegistryTypeListData};
use palisade_scanner::source::registry::RegistryKind;

/// List the kinds of registries
#[utoipa::path(
    get,
    path = "/v1/list/registry_type",
    tag = "registry",
    responses((status = OK, body = RegistryTypeListData)),
)]
pub(super) async fn registry_type_list() -> Json<RegistryTypeListData> {
    let registry_type = RegistryKind::ALL.iter().map(|(_, name)| (*name).to_owned()).collect();
    Json(RegistryTypeListData { list: RegistryTypeList { registry_type } })
}
