//! `POST /v1/fed/history/{revision}/rollback`

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::history::RollbackData;
use serde::Deserialize;

use super::super::{actor, policy};
use super::revision;
use crate::App;
use crate::federation::rules::rollback;
use crate::http::error::Result;
use crate::http::extract::{FedAdmin, JsonBody};
use crate::http::query::Query;

/// What the query says: in the body, where other calls have it, it must not be passed
/// over.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::http::fed) struct Wish {
    dry_run: bool,
}

/// Make federated objects again what they were at a revision
///
/// All of them or none, as a new revision. Refused with the reason where what
/// was then cannot be now. Registries stay as they are.
#[utoipa::path(
    post,
    path = "/v1/fed/history/{revision}/rollback",
    tag = "federation",
    params(
        ("revision" = u64, Path, description = "Number of the revision"),
        ("dry_run" = Option<bool>, Query, description = "Only say what would be done"),
    ),
    responses((status = OK, body = RollbackData)),
)]
pub(in crate::http::fed) async fn fed_history_rollback(
    State(app): State<App>,
    FedAdmin(caller): FedAdmin,
    Path(number): Path<String>,
    query: Query,
    JsonBody(wish): JsonBody<Option<Wish>>,
) -> Result<Json<RollbackData>> {
    let wanted = revision(&number)?;
    let dry_run =
        query.strict_flag("dry_run")?.unwrap_or_default() || wish.is_some_and(|wish| wish.dry_run);
    let plan = rollback::roll_back(&app.database, &actor(&caller), wanted, dry_run).await?;
    let plan: Vec<_> = plan.into_iter().map(policy::shown).collect();
    Ok(Json(RollbackData { objects: plan.len() as u64, applied: !dry_run, plan }))
}
