//! `GET /v1/fed/images`

use axum::extract::State;
use axum::response::Response;
use chrono::SecondsFormat;
use palisade_api::rest::fleet::{FedImage, FedImagesData};
use sqlx::PgConnection;

use super::answer::{answer, placed};
use super::export::{Row, Rows};
use super::parameters::{OfClusters, OfNamespaces, Part};
use super::question::ask;
use crate::App;
use crate::http::error::Result;
use crate::http::extract::FedReader;
use crate::http::query::Query;
use crate::store::question::Question;
use crate::store::workload::image_list::{self, RunningImage};

/// List the images that run in all clusters
///
/// With how many clusters and workloads have them, and what was found in them; brought up to date a
/// few times a minute. What has a parameter is a filter as `f_*`, too, and what `sort` names an
/// order as `s_*`; others are passed over.
#[utoipa::path(
    get,
    path = "/v1/fed/images",
    tag = "federation",
    params(
        OfClusters,
        OfNamespaces,
        ("name" = Option<String>, Query, description = "Text that the name contains"),
        ("vulnerability" = Option<String>, Query, description = "`CVE-2021-44228`, or several"),
        ("image_id" = Option<String>, Query, description = "Digest of the configuration"),
        ("scanned" = Option<bool>, Query),
        ("critical" = Option<i64>, Query, description = "Critical vulnerabilities at least"),
        ("high" = Option<i64>, Query, description = "High vulnerabilities at least"),
        ("clusters" = Option<i64>, Query, description = "Clusters at least"),
        ("since" = Option<String>, Query, description = "Scanned since: Unix seconds or RFC 3339"),
        ("until" = Option<String>, Query, description = "Scanned before"),
        (
            "sort" = Option<String>,
            Query,
            description = "`severity`, `name`, `clusters` or `workloads`",
        ),
        Part,
    ),
    responses((status = OK, body = FedImagesData)),
)]
pub(super) async fn fed_image_list(
    State(app): State<App>,
    FedReader(caller): FedReader,
    query: Query,
) -> Result<Response> {
    let asked = ask(&app, &caller, &query, &image_list::FIELDS, &image_list::ORDERS).await?;
    let page = |images, next| FedImagesData { images, next };
    answer(app, asked, |conn, question| Box::pin(read(conn, question)), page).await
}

async fn read(conn: &mut PgConnection, question: &Question) -> Rows<FedImage> {
    let found = image_list::list(conn, question).await?;
    Ok(placed(found, question.order, RunningImage::place, shown))
}

fn shown(image: RunningImage) -> FedImage {
    FedImage {
        name: image.name,
        image_id: image.image_id,
        clusters: image.clusters,
        workloads: image.workloads,
        scanned: image.scanned_at.is_some(),
        scanned_at: image
            .scanned_at
            .map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true))
            .unwrap_or_default(),
        critical: image.critical,
        high: image.high,
        medium: image.medium,
        low: image.low,
    }
}

impl Row for FedImage {
    const LIST: &'static str = "images";
    const COLUMNS: &'static [&'static str] = &[
        "name",
        "image_id",
        "clusters",
        "workloads",
        "scanned",
        "scanned_at",
        "critical",
        "high",
        "medium",
        "low",
    ];
}
