//! `POST /v1/assetvul`

use axum::Json;
use axum::extract::{Request, State};
use palisade_api::rest::vulasset::{
    AssetView, ImageAssetVulnerabilities, ImageAssetWithout, VulnerabilityQuery,
    VulnerabilityQueryStats,
};

use super::ApiRouter;
use super::error::{ApiError, Result};
use super::extract::{Authenticated, MAX_BODY_BYTES, from_json, read_body};
use super::query::Query;
use super::vulasset::{filter, gone, token};
use crate::App;
use crate::http::endpoint::routes;
use crate::store::asset_query::{self, AssetKind};
use crate::store::vulnerability::{self, VulnerableImage};
use palisade_api::Digest;

pub(super) fn router() -> ApiRouter {
    ApiRouter::new().routes(routes!(assetvul_query))
}

/// Give the images that have the vulnerabilities of a query
///
/// 1,000 images with most of them at most, each with 1,000 names at most. Where
/// `include_no_vul_assets` asks, 1,000 at most of the images that have none of them too.
#[utoipa::path(
    post,
    path = "/v1/assetvul",
    tag = "vulnerability",
    params(("token" = String, Query, description = "The query_id")),
    request_body = VulnerabilityQuery,
    responses((status = OK, body = AssetView)),
)]
pub(super) async fn assetvul_query(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    query: Query,
    request: Request,
) -> Result<Json<AssetView>> {
    let id = token(&query)?;
    let body = read_body(request, MAX_BODY_BYTES).await?;
    let narrowed: VulnerabilityQuery = from_json::<Option<_>>(&body)?.unwrap_or_default();
    let mut tx = app.database.begin_question().await?;
    let kind = AssetKind::Vulnerability;
    let kept = asset_query::get(&mut tx, id, &caller.fullname, kind).await?.ok_or_else(gone)?;
    let mut asked: VulnerabilityQuery = serde_json::from_str(&kept).map_err(ApiError::internal)?;
    if narrowed.last_modified_timestamp > 0 {
        asked.last_modified_timestamp = narrowed.last_modified_timestamp;
    }
    let (query_id, query_token) = (id.to_string(), id.to_string());
    let summary = VulnerabilityQueryStats { query_id, query_token, ..Default::default() };
    let Some(filter) = filter(&asked) else {
        return Ok(Json(AssetView { summary, ..AssetView::default() }));
    };
    let assets = vulnerability::assets(&mut tx, &filter, narrowed.include_no_vul_assets).await?;
    drop(tx);
    let images = assets
        .having
        .into_iter()
        .map(|image| ImageAssetVulnerabilities {
            name: name_of(&image),
            digest: digest_of(&image),
            id: image.image_id,
            critical: image.critical,
            high: image.high,
            medium: image.medium,
            low: image.low,
            vulnerabilities: image.vulnerabilities,
            cvedb_version: image.cvedb_version,
            cvedb_create_time: image.cvedb_create_time,
        })
        .collect();
    let no_vul_images = assets
        .without
        .into_iter()
        .map(|image| ImageAssetWithout {
            name: name_of(&image),
            digest: digest_of(&image),
            id: image.image_id,
            cvedb_version: image.cvedb_version,
            cvedb_create_time: image.cvedb_create_time,
        })
        .collect();
    Ok(Json(AssetView { images, no_vul_images, summary, ..AssetView::default() }))
}

fn name_of(image: &VulnerableImage) -> String {
    format!("{}:{}", image.repository, image.tag)
}

fn digest_of(image: &VulnerableImage) -> String {
    Digest::try_from(image.digest.as_slice()).map(Digest::to_oci).unwrap_or_default()
}
