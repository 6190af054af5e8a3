//! `GET /v1/fed/history/{revision}`

use axum::Json;
use axum::extract::{Path, State};
use palisade_api::rest::history::{HistoryChange, HistoryDifference, HistoryRevisionData};
use serde_json::Value;
use serde_json::value::RawValue;

use super::super::require_primary;
use super::{limit, number, revision, shown};
use crate::App;
use crate::federation::difference;
use crate::http::error::{ApiError, Result};
use crate::http::extract::FedReader;
use crate::http::query::Query;
use crate::store::history::Difference;
use crate::store::history::{self, Wanted};

const LIMIT: u32 = 100;
const MOST: u32 = 500;

/// Show what a revision did
///
/// Each object before and after, and the fields that differ.
#[utoipa::path(
    get,
    path = "/v1/fed/history/{revision}",
    tag = "federation",
    params(
        ("revision" = u64, Path, description = "Number of the revision"),
        ("start" = Option<u32>, Query, description = "So many objects are left out at first"),
        ("limit" = Option<u32>, Query, description = "How many objects: 100, or up to 500"),
    ),
    responses((status = OK, body = HistoryRevisionData)),
)]
pub(in crate::http::fed) async fn fed_history_get(
    State(app): State<App>,
    _: FedReader,
    Path(named): Path<String>,
    query: Query,
) -> Result<Json<HistoryRevisionData>> {
    require_primary(&app).await?;
    let wanted = revision(&named)?;
    let mut conn = app.database.acquire().await?;
    let entry = history::list(&mut conn, Some(wanted.next()), 1, Wanted::default()).await?.pop();
    let entry = entry.filter(|entry| entry.revision == wanted).ok_or_else(|| {
        ApiError::object_not_found(format!("Revision {wanted} changed no federated object."))
    })?;
    let start = number(&query, "start")?.unwrap_or(0);
    let limit = limit(&query, LIMIT, MOST)?;
    let differences = history::differences(&mut conn, wanted, start, limit).await?;
    Ok(Json(HistoryRevisionData {
        revision: shown(entry),
        differences: differences.into_iter().map(difference).collect::<Result<_>>()?,
    }))
}

fn difference(stored: Difference) -> Result<HistoryDifference> {
    let value = |json: Option<Box<RawValue>>| {
        json.map(|json| serde_json::from_str::<Value>(json.get())).transpose()
    };
    let before = value(stored.before).map_err(ApiError::internal)?;
    let after = value(stored.after).map_err(ApiError::internal)?;
    Ok(HistoryDifference {
        change: HistoryChange { action: stored.action, kind: stored.kind, name: stored.name },
        fields: difference::fields(before.as_ref(), after.as_ref()),
        before,
        after,
    })
}
