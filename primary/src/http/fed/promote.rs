//! `POST /v1/fed/promote`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::fed::{FED_ROLE_MASTER, PromoteRequest, PromoteResponse};

use super::{actor, master};
use crate::App;
use crate::federation::address::federation_address;
use crate::federation::promotion;
use crate::http::error::{ApiError, Result};
use crate::http::extract::{Authenticated, JsonBody};

/// Make this cluster the primary of a federation
///
/// The user `admin` and the caller become fedAdmin and have to log in anew.
#[utoipa::path(
    post,
    path = "/v1/fed/promote",
    tag = "federation",
    request_body = PromoteRequest,
    responses((status = OK, body = PromoteResponse)),
)]
pub(super) async fn fed_promote(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    JsonBody(request): JsonBody<Option<PromoteRequest>>,
) -> Result<Json<PromoteResponse>> {
    if !caller.server.is_empty() {
        return Err(ApiError::access_denied("Only a local user may promote this cluster."));
    }
    let request = request.unwrap_or_default();
    // A key makes nobody who happens to have its name an administrator.
    let promoter = caller.session().map(|_| caller.fullname.as_str());
    let federation = promotion::promote(&app, &actor(&caller), promoter, &request).await?;
    let address = federation_address(&app.config, &federation);
    Ok(Json(PromoteResponse {
        fed_role: FED_ROLE_MASTER.to_owned(),
        master_cluster: master(String::new(), federation.cluster_id, "", address),
        use_proxy: Some(federation.use_proxy).filter(|proxy| !proxy.is_empty()),
        deploy_repo_scan_data: federation.deploy_repo_scan_data,
    }))
}
