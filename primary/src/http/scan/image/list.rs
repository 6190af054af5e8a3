//! `GET /v1/scan/image`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::scan::{ScanImageSummary, ScanImageSummaryData};

use crate::App;
use crate::http::error::Result;
use crate::http::query::Query;
use crate::registry::asset::ImageAsset;
use crate::store::image_asset::ImageOrder;

/// Images of one answer at most: filters look at these alone.
const MOST: i64 = 10_000;

/// List the images that were scanned, with the summaries of their scans
#[utoipa::path(
    get,
    path = "/v1/scan/image",
    tag = "scan",
    params(
        ("start" = Option<i64>, Query, description = "Images to leave out"),
        ("limit" = Option<i64>, Query, description = "Images at most: 10,000"),
    ),
    responses((status = OK, body = ScanImageSummaryData)),
)]
pub(super) async fn scan_image_list(
    State(app): State<App>,
    query: Query,
) -> Result<Json<ScanImageSummaryData>> {
    let (start, limit) = match query.page() {
        _ if query.has_clauses() => (0, MOST),
        (start, 0) => (start.max(0), MOST),
        (start, limit) => (start.max(0), limit.min(MOST)),
    };
    let order = ImageOrder::Repository;
    let images = app.registries.image_assets(None, order, false, start, limit).await?;
    let images: Vec<ScanImageSummary> = images.page.into_iter().map(shown).collect();
    let images = if query.has_clauses() { query.list(images)? } else { images };
    Ok(Json(ScanImageSummaryData { images }))
}

fn shown(asset: ImageAsset) -> ScanImageSummary {
    let ImageAsset { url, summary, .. } = asset;
    let host = url.split_once("://").map_or(url.as_str(), |(_, host)| host);
    ScanImageSummary {
        image: format!("{host}{}:{}", summary.repository, summary.tag),
        image_id: summary.image_id,
        author: summary.author,
        created_at: summary.created_at,
        brief: summary.brief,
    }
}
