//! `GET /v1/fed/member/{id}/errors`

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::ObjectKind;
use palisade_api::rest::fed::{MemberError, MemberErrors};

use super::{find_member, require_primary};
use crate::App;
use crate::http::error::Result;
use crate::http::extract::FedReader;
use crate::store::member_seen;

/// List what a member could not put in force
///
/// The federated objects that it reported errors of, last time that it told how far
/// it is. `GET /v1/fed/object_status` tells the same of one object in all members.
#[utoipa::path(
    get,
    path = "/v1/fed/member/{id}/errors",
    tag = "federation",
    params(("id" = String, Path, description = "Id of the cluster")),
    responses((status = OK, body = MemberErrors)),
)]
pub(super) async fn fed_member_errors(
    State(app): State<App>,
    FedReader(caller): FedReader,
    Path(id): Path<String>,
) -> Result<Json<MemberErrors>> {
    require_primary(&app).await?;
    let member = find_member(&app, &caller, &id).await?;
    let mut conn = app.database.acquire().await?;
    let progress = member_seen::progress(&mut conn).await?.remove(&member.id);
    let reported = progress.map(|progress| progress.errors).unwrap_or_default();
    let shown = reported.into_iter().map(|error| MemberError {
        kind: ObjectKind::from_number(error.kind)
            .map_or_else(|| error.kind.to_string(), |kind| kind.as_str().to_owned()),
        name: error.name,
        revision: error.revision,
        code: error.code,
        field: error.field,
        error: error.text,
    });
    Ok(Json(MemberErrors { errors: shown.collect() }))
}
