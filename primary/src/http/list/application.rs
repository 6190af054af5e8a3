//! `GET /v1/list/application`

use axum::Json;
use palisade_api::rest::policy_rule::{ApplicationList, ApplicationListData};
use palisade_policy::network_rule::application;

/// List the applications that network rules can name
#[utoipa::path(
    get,
    path = "/v1/list/application",
    tag = "policy",
    responses((status = OK, body = ApplicationListData)),
)]
pub(super) async fn application_list() -> Json<ApplicationListData> {
    let application = application::KNOWN.iter().map(|(_, name)| (*name).to_owned()).collect();
    Json(ApplicationListData { list: ApplicationList { application } })
}
