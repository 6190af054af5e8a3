//! `GET /v1/fed/summary`

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use chrono::TimeDelta;
use palisade_api::rest::fed::{ClusterStatus, JointCluster};
use palisade_api::rest::fleet::{FedClusterSummary, FedSummary, FedTotal};

use super::export::{Row, csv, headers};
use super::member;
use super::parameters::OfClusters;
use super::question::{self, Format};
use super::scope;
use crate::App;
use crate::http::error::Result;
use crate::http::extract::FedReader;
use crate::http::query::Query;
use crate::store::fleet::{self, ClusterCounts};

/// Show all clusters in numbers
///
/// In one call: the state of each cluster, what runs in it, what was found in
/// its images, and what happened in the last 24 hours. Filtered, sorted and
/// paged by any field: `f_*`, `s_*`, `start`, `limit`.
#[utoipa::path(
    get,
    path = "/v1/fed/summary",
    tag = "federation",
    params(
        OfClusters,
        ("f_*" = Option<String>, Query, description = "Filters by a field"),
        ("s_*" = Option<String>, Query, description = "Sorts by a field: `asc` or `desc`"),
        ("start" = Option<i64>, Query, description = "Clusters to leave out"),
        ("limit" = Option<i64>, Query, description = "Clusters at most; all where nobody says"),
        ("format" = Option<String>, Query, description = "`csv` or `json`, as a file"),
    ),
    responses((status = OK, body = FedSummary)),
)]
pub(super) async fn fed_summary(
    State(app): State<App>,
    FedReader(caller): FedReader,
    query: Query,
) -> Result<Response> {
    let format = question::format(&query)?;
    let within = scope::within(&app, &caller).await?;
    let wanted = question::clusters(&app, within.as_ref(), &query).await?;
    let selected = question::selected(&app, &query).await?;
    let named = query.get("cluster").is_some_and(|text| !text.is_empty());
    let joint = member::joint_clusters(&app, &caller).await?;
    let since = app.clock.now() - TimeDelta::hours(24);
    let mut tx = app.database.begin_question().await?;
    let counts = match &within {
        Some(within) => fleet::counts_within(&mut tx, since, within).await?,
        None => fleet::counts(&mut tx, since).await?,
    };
    drop(tx);
    let clusters = joint
        .into_iter()
        .filter(|(id, _)| selected.as_ref().is_none_or(|all| all.contains(&id.as_uuid())))
        .filter(|(id, _)| !named || wanted.values().any(|one| *one == id.as_uuid()))
        .map(|(id, joint)| shown(joint, counts.get(&id).copied().unwrap_or_default()))
        .collect();
    // Members are few enough to be in one list, as those of the federation.
    let all: Vec<FedClusterSummary> = query.without_page().list(clusters)?;
    let total = total(&all);
    let clusters = query.page_of(all);
    Ok(match format {
        Format::Page => Json(FedSummary { clusters, total }).into_response(),
        Format::Json => {
            let headers = headers::<FedClusterSummary>(format);
            (headers, Json(FedSummary { clusters, total })).into_response()
        }
        Format::Csv => csv(&clusters)?,
    })
}

fn shown(joint: JointCluster, counts: ClusterCounts) -> FedClusterSummary {
    FedClusterSummary {
        id: joint.id,
        name: joint.name,
        status: joint.status,
        agent_version: joint.agent_version,
        last_seen: joint.last_seen,
        revision: joint.revision,
        nodes: counts.nodes,
        workloads: counts.workloads,
        images: counts.images,
        scanned_images: counts.scanned_images,
        critical: counts.critical,
        high: counts.high,
        events: counts.events,
        grave_events: counts.grave_events,
        denials: counts.denials,
    }
}

fn total(all: &[FedClusterSummary]) -> FedTotal {
    let synced = all.iter().filter(|one| one.status == ClusterStatus::Synced.as_str());
    let sum = |of: fn(&FedClusterSummary) -> i64| all.iter().map(of).sum();
    FedTotal {
        clusters: all.len() as i64,
        synced: synced.count() as i64,
        nodes: sum(|one| one.nodes),
        workloads: sum(|one| one.workloads),
        events: sum(|one| one.events),
        denials: sum(|one| one.denials),
    }
}

impl Row for FedClusterSummary {
    const LIST: &'static str = "clusters";
    const COLUMNS: &'static [&'static str] = &[
        "name",
        "id",
        "status",
        "agent_version",
        "last_seen",
        "revision",
        "nodes",
        "workloads",
        "images",
        "scanned_images",
        "critical",
        "high",
        "events",
        "grave_events",
        "denials",
    ];
}
