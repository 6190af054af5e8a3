//! `GET /v1/fed/history`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::history::HistoryData;
use palisade_api::{ObjectKind, Revision};

use super::super::require_primary;
use super::{limit, number, shown};
use crate::App;
use crate::http::error::{ApiError, Result};
use crate::http::extract::FedReader;
use crate::http::query::Query;
use crate::store::history::{self, Wanted};

const LIMIT: u32 = 50;
const MOST: u32 = 200;

/// List the revisions of federated objects
///
/// Newest first: who changed what, and when. The history is kept for good.
#[utoipa::path(
    get,
    path = "/v1/fed/history",
    tag = "federation",
    params(
        ("before" = Option<u64>, Query, description = "Only revisions before this one"),
        ("limit" = Option<u32>, Query, description = "How many: 50, or up to 200"),
        (
            "text" = Option<String>,
            Query,
            description = "Text in the name of a changed object, or of who changed it",
        ),
        (
            "kind" = Option<String>,
            Query,
            description = "Kind of that object in words, such as `admission rule`",
        ),
    ),
    responses((status = OK, body = HistoryData)),
)]
pub(in crate::http::fed) async fn fed_history_list(
    State(app): State<App>,
    _: FedReader,
    query: Query,
) -> Result<Json<HistoryData>> {
    require_primary(&app).await?;
    let limit = limit(&query, LIMIT, MOST)?;
    if number::<u64>(&query, "start")?.is_some_and(|start| start > 0) {
        return Err(ApiError::invalid_request("The history goes on by `before`, not by `start`."));
    }
    let before = number::<u64>(&query, "before")?
        .filter(|before| i64::try_from(*before).is_ok())
        .map(Revision);
    let mut conn = app.database.acquire().await?;
    // No text of the database holds a zero.
    let text = query.get("text").unwrap_or_default().replace('\0', "");
    let kind = query.get("kind").unwrap_or_default();
    if !kind.is_empty() && !ObjectKind::ALL.iter().any(|one| one.as_str() == kind) {
        return Err(ApiError::invalid_request(format!("There is no kind {kind:?} of objects.")));
    }
    let wanted = Wanted { text: &text, kind };
    let mut entries = history::list(&mut conn, before, limit + 1, wanted).await?;
    let more = entries.len() > limit as usize;
    entries.truncate(limit as usize);
    let next = entries.last().filter(|_| more).map(|entry| entry.revision.0);
    Ok(Json(HistoryData { revisions: entries.into_iter().map(shown).collect(), next }))
}
