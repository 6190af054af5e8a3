//! `GET /v1/vulasset`

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use palisade_api::Digest;
use palisade_api::rest::vulasset::{
    ImageAsset, VulnerabilityAsset, VulnerabilityAssetIds, VulnerabilityAssetPage,
    VulnerabilityQuery, VulnerablePackageVersion,
};

use super::filter::{contains, filter, ordered};
use super::{answer, gone, rows, token};
use crate::App;
use crate::http::error::{ApiError, Result};
use crate::http::extract::Authenticated;
use crate::http::query::Query;
use crate::store::asset_query::{self, AssetKind};
use crate::store::vulnerability::{
    self, FoundVulnerability, VulnerabilityFilter, VulnerabilityOrder, VulnerabilityPage,
};

/// Give a page of a query about vulnerabilities
///
/// Many rows are sent as they are read.
#[utoipa::path(
    get,
    path = "/v1/vulasset",
    tag = "vulnerability",
    params(
        ("token" = String, Query, description = "The query_id"),
        ("start" = Option<i64>, Query, description = "Vulnerabilities to leave out"),
        ("row" = Option<i64>, Query, description = "Vulnerabilities, 100 where nobody says; -1 for all"),
        ("orderbyColumn" = Option<String>, Query),
        ("orderby" = Option<String>, Query),
        ("qf" = Option<String>, Query, description = "Text that the name contains"),
        ("scoretype" = Option<String>, Query),
        ("lastmtime" = Option<i64>, Query, description = "Unix seconds: what changed since"),
    ),
    responses((status = OK, body = VulnerabilityAssetPage)),
)]
pub(super) async fn vulasset_page(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    query: Query,
) -> Result<Response> {
    let id = token(&query)?;
    let mut tx = app.database.begin_snapshot().await?;
    let kind = AssetKind::Vulnerability;
    let kept = asset_query::get(&mut tx, id, &caller.fullname, kind).await?.ok_or_else(gone)?;
    let mut asked: VulnerabilityQuery = serde_json::from_str(&kept).map_err(ApiError::internal)?;
    if let Some(since) = query.get("lastmtime").and_then(|text| text.parse().ok()) {
        asked.last_modified_timestamp = since;
    }
    let Some(mut filter) = filter(&asked) else {
        return Ok(Json(VulnerabilityAssetPage::default()).into_response());
    };
    if let Some(text) = query.get("qf").and_then(contains) {
        filter.name = Some(text);
    }
    let (order, descending) = order(&asked, &query);
    drop(tx);
    let head = |all: i64| format!("{{\"qf_matched_records\":{all},\"vulnerabilities\":[");
    answer(rows(&query), head, move |rows| {
        let (app, filter) = (app.clone(), filter.clone());
        let page = VulnerabilityPage { order, descending, start: rows.start, limit: rows.count };
        async move { filled(&app, &filter, page).await }
    })
    .await
}

/// A page of all vulnerabilities, with the ids of the images that have them.
pub(in crate::http) async fn listed(
    app: &App,
    page: VulnerabilityPage,
) -> Result<Vec<VulnerabilityAssetIds>> {
    let (found, _) = filled(app, &VulnerabilityFilter::default(), page).await?;
    let with_ids = found.into_iter().map(|one| VulnerabilityAssetIds {
        images: one.images.into_iter().map(|image| image.id).collect(),
        name: one.name,
        severity: one.severity,
        description: one.description,
        packages: one.packages,
        link: one.link,
        score: one.score,
        vectors: one.vectors,
        score_v3: one.score_v3,
        vectors_v3: one.vectors_v3,
        published_timestamp: one.published_timestamp,
        last_modified_timestamp: one.last_modified_timestamp,
        ..VulnerabilityAssetIds::default()
    });
    Ok(with_ids.collect())
}

/// A page with packages and images, and how many vulnerabilities are meant.
async fn filled(
    app: &App,
    filter: &VulnerabilityFilter,
    page: VulnerabilityPage,
) -> Result<(Vec<VulnerabilityAsset>, i64)> {
    let mut tx = app.database.begin_question().await?;
    let found = vulnerability::page(&mut tx, filter, page).await?;
    let ids: Vec<i32> = found.iter().map(|one| one.id).collect();
    let packages = vulnerability::packages(&mut tx, &ids, None).await?;
    let images = vulnerability::images(&mut tx, &ids).await?;
    drop(tx);
    let matched = found.first().map_or(0, |one| one.matched);
    let mut vulnerabilities: HashMap<i32, VulnerabilityAsset> =
        found.iter().map(|one| (one.id, shown(one))).collect();
    for package in packages {
        if let Some(one) = vulnerabilities.get_mut(&package.vulnerability) {
            let versions = one.packages.entry(package.package_name).or_default();
            versions.push(VulnerablePackageVersion {
                package_version: package.package_version,
                fixed_version: package.fixed_version,
            });
        }
    }
    for image in images {
        if let Some(one) = vulnerabilities.get_mut(&image.vulnerability) {
            one.images.push(ImageAsset {
                id: image.image_id,
                registry: image.registry,
                display_name: format!("{}:{}", image.repository, image.tag),
                policy_mode: String::new(),
                digest: Digest::try_from(image.digest.as_slice())
                    .map(Digest::to_oci)
                    .unwrap_or_default(),
            });
        }
    }
    Ok((ids.iter().filter_map(|id| vulnerabilities.remove(id)).collect(), matched))
}

/// The order of the page, or that of the query, and whether the largest come first.
fn order(asked: &VulnerabilityQuery, query: &Query) -> (VulnerabilityOrder, bool) {
    let column = query.get("orderbyColumn").unwrap_or(&asked.order_by_column);
    let order = match ordered(column) {
        VulnerabilityOrder::Score if query.get("scoretype") == Some("v3") => {
            VulnerabilityOrder::ScoreV3
        }
        order => order,
    };
    let direction = query.get("orderby").unwrap_or(&asked.order_by);
    (order, direction != "asc")
}

/// The word for a severity of the store.
pub(in crate::http) const fn severity(number: i16) -> &'static str {
    match number {
        4 => "Critical",
        3 => "High",
        2 => "Medium",
        1 => "Low",
        _ => "Unknown",
    }
}

fn shown(found: &FoundVulnerability) -> VulnerabilityAsset {
    VulnerabilityAsset {
        name: found.name.clone(),
        severity: severity(found.severity).to_owned(),
        description: found.description.clone(),
        link: found.link.clone(),
        score: found.score,
        vectors: found.vectors.clone(),
        score_v3: found.score_v3,
        vectors_v3: found.vectors_v3.clone(),
        published_timestamp: found.published,
        last_modified_timestamp: found.modified,
        feed_rating: found.feed_rating.clone(),
        ..VulnerabilityAsset::default()
    }
}
