//! `GET /v1/scan/asset/images`

use axum::extract::State;
use axum::response::Response;
use palisade_api::rest::scan::RegistryImageSummary;
use palisade_api::rest::vulasset::{AssetQuery, ImageAssetPage, ImageAssetView};

use crate::App;
use crate::http::error::{ApiError, Result};
use crate::http::extract::Authenticated;
use crate::http::query::Query;
use crate::http::vulasset::{answer, contains, gone, rows, token};
use crate::registry::asset::ImageAsset;
use crate::store::asset_query::{self, AssetKind};
use crate::store::image_asset::ImageOrder;

/// Give a page of a query about images
///
/// Many rows are sent as they are read.
#[utoipa::path(
    get,
    path = "/v1/scan/asset/images",
    tag = "scan",
    params(
        ("token" = String, Query, description = "The query_id"),
        ("start" = Option<i64>, Query, description = "Images to leave out"),
        ("row" = Option<i64>, Query, description = "Images, 100 where nobody says; -1 for all"),
        ("orderbyColumn" = Option<String>, Query),
        ("orderby" = Option<String>, Query),
        ("qf" = Option<String>, Query, description = "Text that the name contains"),
    ),
    responses((status = OK, body = ImageAssetPage)),
)]
pub(super) async fn scan_asset_images_page(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    query: Query,
) -> Result<Response> {
    let id = token(&query)?;
    let mut conn = app.database.acquire().await?;
    let kept = asset_query::get(&mut conn, id, &caller.fullname, AssetKind::Image).await?;
    drop(conn);
    let asked: AssetQuery =
        serde_json::from_str(&kept.ok_or_else(gone)?).map_err(ApiError::internal)?;
    let name = contains(query.get("qf").unwrap_or(&asked.quick_filter));
    let order = match query.get("orderbyColumn").unwrap_or(&asked.order_by_column) {
        "imageid" => ImageOrder::ImageId,
        "os" => ImageOrder::BaseOs,
        "size" => ImageOrder::Size,
        "createdat" => ImageOrder::CreatedAt,
        "scannedat" => ImageOrder::ScannedAt,
        "cvecount" => ImageOrder::Vulnerabilities,
        _ => ImageOrder::Repository,
    };
    let descending = query.get("orderby").unwrap_or(&asked.order_by) == "desc";
    let head = |all: i64| format!("{{\"type\":\"image\",\"qf_matched_records\":{all},\"data\":[");
    answer(rows(&query), head, move |rows| {
        let (app, name) = (app.clone(), name.clone());
        async move {
            let (start, limit) = (rows.start, rows.count);
            let images =
                app.registries.image_assets(name.as_deref(), order, descending, start, limit);
            let images = images.await?;
            let views: Vec<ImageAssetView> = images.page.into_iter().map(shown).collect();
            Ok::<_, ApiError>((views, images.matched))
        }
    })
    .await
}

fn shown(asset: ImageAsset) -> ImageAssetView {
    let ImageAsset { registry, url, summary, low: _ } = asset;
    let RegistryImageSummary { repository, tag, image_id, digest, size, created_at, brief, .. } =
        summary;
    ImageAssetView {
        image_id,
        repository,
        critical: brief.critical,
        high: brief.high,
        medium: brief.medium,
        created_at,
        scanned_at: brief.scanned_at,
        digest,
        base_os: brief.base_os,
        reg_name: registry,
        repo_url: url,
        size,
        tag,
        cvedb_version: brief.scanner_version,
        cvedb_create_time: brief.cvedb_create_time,
    }
}
