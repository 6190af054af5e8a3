//! `GET /v1/fed/workloads`

use std::collections::HashMap;

use axum::extract::State;
use axum::response::Response;
use chrono::SecondsFormat;
use palisade_api::rest::fleet::{FedWorkload, FedWorkloadsData};
use sqlx::PgConnection;

use super::answer::answer;
use super::export::{Row, Rows};
use super::parameters::{OfClusters, OfNamespaces, Part};
use super::question::ask;
use crate::App;
use crate::http::error::Result;
use crate::http::extract::FedReader;
use crate::http::query::Query;
use crate::store::question::Question;
use crate::store::workload::image_list::{self, RunningImage};
use crate::store::workload::list::{self, ClusterWorkload};

/// List what runs in all clusters
///
/// As their agents report it, with what is known of the images. What has a parameter is a filter as
/// `f_*`, too, and what `sort` names an order as `s_*`; others are passed over.
#[utoipa::path(
    get,
    path = "/v1/fed/workloads",
    tag = "federation",
    params(
        OfClusters,
        ("name" = Option<String>, Query, description = "Text that the name contains"),
        OfNamespaces,
        ("pod" = Option<String>, Query, description = "Text that the pod's name contains"),
        ("host" = Option<String>, Query, description = "Name of the node, or several"),
        ("image" = Option<String>, Query, description = "Text that the image contains"),
        ("vulnerability" = Option<String>, Query, description = "`CVE-2021-44228`, or several"),
        ("run_as_root" = Option<bool>, Query),
        ("since" = Option<String>, Query, description = "Started since: Unix seconds or RFC 3339"),
        ("until" = Option<String>, Query, description = "Started before"),
        (
            "sort" = Option<String>,
            Query,
            description = "`name`, `namespace`, `image`, `started_at` or `cluster` (by id)",
        ),
        Part,
    ),
    responses((status = OK, body = FedWorkloadsData)),
)]
pub(super) async fn fed_workload_list(
    State(app): State<App>,
    FedReader(caller): FedReader,
    query: Query,
) -> Result<Response> {
    let asked = ask(&app, &caller, &query, &list::FIELDS, &list::ORDERS).await?;
    let page = |workloads, next| FedWorkloadsData { workloads, next };
    answer(app, asked, |conn, question| Box::pin(read(conn, question)), page).await
}

async fn read(conn: &mut PgConnection, question: &Question) -> Rows<FedWorkload> {
    let workloads = list::list(conn, question).await?;
    let images: Vec<i32> = workloads.iter().map(|one| one.running_image).collect();
    let images = image_list::by_number(conn, &images).await?;
    let images: HashMap<i32, RunningImage> =
        images.into_iter().map(|image| (image.id, image)).collect();
    let placed = |one: ClusterWorkload| {
        let place = one.place(question.order);
        (shown(&one, images.get(&one.running_image)), place)
    };
    Ok(workloads.into_iter().map(placed).collect())
}

fn shown(one: &ClusterWorkload, image: Option<&RunningImage>) -> FedWorkload {
    let workload = &one.workload;
    let scanned = image.filter(|image| image.scanned_at.is_some());
    let started = Some(workload.started_at).filter(|at| at.timestamp() > 0);
    FedWorkload {
        cluster_id: one.cluster.to_string(),
        cluster_name: one.cluster_name.clone(),
        id: workload.id.clone(),
        name: workload.name.clone(),
        namespace: workload.namespace.clone(),
        pod: workload.pod.clone(),
        host: workload.host.clone(),
        image: workload.image.clone(),
        image_id: workload.image_id.clone(),
        run_as_root: workload.run_as_root,
        started_at: started
            .map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true))
            .unwrap_or_default(),
        scanned: scanned.is_some(),
        critical: scanned.map(|image| image.critical).unwrap_or_default(),
        high: scanned.map(|image| image.high).unwrap_or_default(),
        medium: scanned.map(|image| image.medium).unwrap_or_default(),
    }
}

impl Row for FedWorkload {
    const LIST: &'static str = "workloads";
    const COLUMNS: &'static [&'static str] = &[
        "cluster_name",
        "cluster_id",
        "namespace",
        "name",
        "pod",
        "host",
        "image",
        "image_id",
        "run_as_root",
        "started_at",
        "scanned",
        "critical",
        "high",
        "medium",
        "id",
    ];
}
