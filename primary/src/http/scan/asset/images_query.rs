//! `POST /v1/scan/asset/images`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::vulasset::{AssetQuery, AssetQueryStats, AssetQuerySummary};
use uuid::Uuid;

use crate::App;
use crate::http::error::{ApiError, Result};
use crate::http::extract::{Authenticated, JsonBody};
use crate::http::vulasset::{contains, top_images};
use crate::store::StoreError;
use crate::store::asset_query::{self, AssetKind};
use crate::store::image_asset::{self, ImageOrder};

/// Open a query about all images
#[utoipa::path(
    post,
    path = "/v1/scan/asset/images",
    tag = "scan",
    request_body = AssetQuery,
    responses((status = OK, body = AssetQueryStats)),
)]
pub(super) async fn scan_asset_images_query(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    JsonBody(asked): JsonBody<AssetQuery>,
) -> Result<Json<AssetQueryStats>> {
    if asked.kind != "image" {
        return Err(ApiError::invalid_request("The type is image."));
    }
    let id = Uuid::new_v4();
    let kept = serde_json::to_string(&asked).map_err(ApiError::internal)?;
    let name = contains(&asked.quick_filter);
    let mut tx = app.database.begin().await?;
    asset_query::put(&mut tx, id, &caller.fullname, AssetKind::Image, &kept).await?;
    let order = ImageOrder::Repository;
    let first = image_asset::page(&mut tx, name.as_deref(), order, false, 0, 1).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(Json(AssetQueryStats {
        total_records: first.first().map_or(0, |image| image.matched),
        query_id: id.to_string(),
        query_token: id.to_string(),
        debug_perf_stats: Vec::new(),
        summary: AssetQuerySummary { top_images: top_images(&app).await? },
    }))
}
