//! `POST /v1/vulasset`

use axum::Json;
use axum::extract::State;
use palisade_api::rest::vulasset::{
    AssetVulnerabilityCount, VulnerabilityCounts, VulnerabilityQuery, VulnerabilityQueryStats,
    VulnerabilityQuerySummary,
};
use uuid::Uuid;

use super::filter::filter;
use crate::App;
use crate::http::error::{ApiError, Result};
use crate::http::extract::{Authenticated, JsonBody};
use crate::store::asset_query::{self, AssetKind};
use crate::store::image_asset::ImageOrder;
use crate::store::vulnerability::{self, SeverityCounts, VulnerabilityFilter};
use crate::store::{StoreError, plan_for_values};

/// Images that are named as the worst.
const TOP: i64 = 5;

/// Open a query about the vulnerabilities of all images
#[utoipa::path(
    post,
    path = "/v1/vulasset",
    tag = "vulnerability",
    request_body = VulnerabilityQuery,
    responses((status = OK, body = VulnerabilityQueryStats)),
)]
pub(super) async fn vulasset_query(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    JsonBody(asked): JsonBody<Option<VulnerabilityQuery>>,
) -> Result<Json<VulnerabilityQueryStats>> {
    let asked = asked.unwrap_or_default();
    let id = Uuid::new_v4();
    let kept = serde_json::to_string(&asked).map_err(ApiError::internal)?;
    let mut tx = app.database.begin().await?;
    plan_for_values(&mut tx).await?;
    asset_query::put(&mut tx, id, &caller.fullname, AssetKind::Vulnerability, &kept).await?;
    let all = vulnerability::count(&mut tx, &VulnerabilityFilter::default()).await?;
    let matched = match filter(&asked) {
        Some(filter) => vulnerability::count(&mut tx, &filter).await?,
        None => SeverityCounts::default(),
    };
    tx.commit().await.map_err(StoreError::from)?;
    Ok(Json(VulnerabilityQueryStats {
        total_records: all.all,
        total_matched_records: matched.all,
        query_id: id.to_string(),
        query_token: id.to_string(),
        debug_perf_stats: Vec::new(),
        summary: VulnerabilityQuerySummary {
            count_distribution: VulnerabilityCounts {
                critical: matched.critical,
                high: matched.high,
                medium: matched.medium,
                low: matched.low,
                image: matched.all,
                ..VulnerabilityCounts::default()
            },
            top_images: top_images(&app).await?,
            top_nodes: Vec::new(),
        },
        status: "ready".to_owned(),
    }))
}

/// The images with most vulnerabilities.
pub(in crate::http) async fn top_images(app: &App) -> Result<Vec<AssetVulnerabilityCount>> {
    let order = ImageOrder::Vulnerabilities;
    let images = app.registries.image_assets(None, order, true, 0, TOP).await?;
    Ok(images
        .page
        .into_iter()
        .map(|image| AssetVulnerabilityCount {
            id: image.summary.image_id,
            display_name: format!("{}:{}", image.summary.repository, image.summary.tag),
            critical: image.summary.brief.critical,
            high: image.summary.brief.high,
            medium: image.summary.brief.medium,
            low: image.low,
        })
        .collect())
}
