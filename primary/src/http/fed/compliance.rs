//! `GET /v1/fed/compliance`

use axum::extract::State;
use axum::response::Response;
use chrono::SecondsFormat;
use palisade_api::rest::fleet::{FedComplianceData, FedComplianceItem};
use sqlx::PgConnection;

use super::answer::{answer, placed};
use super::export::{Row, Rows};
use super::parameters::{OfClusters, OfNamespaces, Part};
use super::question::ask;
use crate::App;
use crate::http::error::Result;
use crate::http::extract::FedReader;
use crate::http::query::Query;
use crate::store::image_check::{self, RunningCheck};
use crate::store::question::Question;

/// List the checks that the images do not pass which run in all clusters
///
/// One row for each check and image, brought up to date a few times a minute. What has a parameter
/// is a filter as `f_*`, too, and what `sort` names an order as `s_*`; others are passed over.
#[utoipa::path(
    get,
    path = "/v1/fed/compliance",
    tag = "federation",
    params(
        OfClusters,
        OfNamespaces,
        ("test_number" = Option<String>, Query, description = "`I.4.1`, or several"),
        ("category" = Option<String>, Query, description = "`image`"),
        ("level" = Option<String>, Query, description = "`WARN` or `INFO`"),
        ("profile" = Option<String>, Query, description = "`Level 1` or `Level 2`"),
        ("scored" = Option<bool>, Query),
        ("image" = Option<String>, Query, description = "Text that the image's name contains"),
        ("image_id" = Option<String>, Query, description = "Digest of the configuration"),
        ("clusters" = Option<i64>, Query, description = "Clusters at least"),
        ("workloads" = Option<i64>, Query, description = "Workloads at least"),
        ("since" = Option<String>, Query, description = "Scanned since: Unix seconds or RFC 3339"),
        ("until" = Option<String>, Query, description = "Scanned before"),
        (
            "sort" = Option<String>,
            Query,
            description = "`test_number`, `image`, `workloads` or `scanned_at`",
        ),
        Part,
    ),
    responses((status = OK, body = FedComplianceData)),
)]
pub(super) async fn fed_compliance_list(
    State(app): State<App>,
    FedReader(caller): FedReader,
    query: Query,
) -> Result<Response> {
    let asked = ask(&app, &caller, &query, &image_check::FIELDS, &image_check::ORDERS).await?;
    let page = |items, next| FedComplianceData { items, next };
    answer(app, asked, |conn, question| Box::pin(read(conn, question)), page).await
}

async fn read(conn: &mut PgConnection, question: &Question) -> Rows<FedComplianceItem> {
    let found = image_check::list(conn, question).await?;
    Ok(placed(found, question.order, RunningCheck::place, shown))
}

fn shown(one: RunningCheck) -> FedComplianceItem {
    FedComplianceItem {
        test_number: one.test_number,
        category: one.category,
        kind: one.kind,
        level: one.level,
        profile: one.profile,
        scored: one.scored,
        description: one.description,
        remediation: one.remediation,
        message: one.message,
        messages: one.messages,
        image: one.image,
        image_id: one.image_id,
        clusters: one.clusters,
        workloads: one.workloads,
        scanned_at: one.scanned_at.to_rfc3339_opts(SecondsFormat::Secs, true),
    }
}

impl Row for FedComplianceItem {
    const LIST: &'static str = "items";
    const FILE: &'static str = "compliance";
    const COLUMNS: &'static [&'static str] = &[
        "test_number",
        "level",
        "profile",
        "scored",
        "category",
        "type",
        "description",
        "image",
        "image_id",
        "clusters",
        "workloads",
        "scanned_at",
        "message",
        "messages",
        "remediation",
    ];
}
