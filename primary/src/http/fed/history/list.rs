//! `GET /v1/fed/history`

use axum::Json;
use axum::extract::{Query, State};
use palisade_api::Revision;
use palisade_api::rest::history::HistoryData;
use serde::Deserialize;
use utoipa::IntoParams;

use super::super::require_primary;
use super::shown;
use crate::App;
use crate::http::error::Result;
use crate::http::extract::FedReader;
use crate::store::history;

const LIMIT: u32 = 50;
const MOST: u32 = 200;

/// Which page of the history.
#[derive(Debug, Deserialize, IntoParams)]
pub(in crate::http::fed) struct HistoryQuery {
    /// Only revisions before this one.
    before: Option<u64>,
    /// How many, 200 at most.
    limit: Option<u32>,
}

/// List the revisions of federated objects
///
/// Newest first: who changed what, and when. The history is kept for good.
#[utoipa::path(
    get,
    path = "/v1/fed/history",
    tag = "federation",
    params(HistoryQuery),
    responses((status = OK, body = HistoryData)),
)]
pub(in crate::http::fed) async fn fed_history_list(
    State(app): State<App>,
    _: FedReader,
    Query(query): Query<HistoryQuery>,
) -> Result<Json<HistoryData>> {
    require_primary(&app).await?;
    let limit = query.limit.unwrap_or(LIMIT).clamp(1, MOST);
    let before = query.before.filter(|before| i64::try_from(*before).is_ok()).map(Revision);
    let mut conn = app.database.acquire().await?;
    let mut entries = history::list(&mut conn, before, limit + 1).await?;
    let more = entries.len() > limit as usize;
    entries.truncate(limit as usize);
    let next = entries.last().filter(|_| more).map(|entry| entry.revision.0);
    Ok(Json(HistoryData { revisions: entries.into_iter().map(shown).collect(), next }))
}
