//! `GET /v1/fed/search`

use axum::Json;
use axum::extract::State;
use palisade_api::ObjectKind;
use palisade_api::rest::fleet::{FedFound, FedSearchData};
use palisade_identity::{Caller, route_access};
use sqlx::PgConnection;

use super::scope::{shows, within};
use crate::App;
use crate::http::error::{ApiError, Result};
use crate::http::extract::Authenticated;
use crate::http::query::Query;
use crate::http::vulasset::contains;
use crate::store;
use crate::store::question::Question;
use crate::store::vulnerability::{self, VulnerabilityFilter, VulnerabilityPage};
use crate::store::within::Within;
use crate::store::workload::{image, image_list, list};

/// Things of each kind where nobody says, and at most.
const USUAL: i64 = 20;
const MOST: i64 = 100;
/// Characters of a text that are looked for.
const MOST_TEXT: usize = 256;

/// The federated objects that have names or comments which people give, and the
/// lists of them: who may read these finds them.
const OBJECTS: [(ObjectKind, &str); 8] = [
    (ObjectKind::Registry, "/v1/scan/registry"),
    (ObjectKind::Group, "/v1/group"),
    (ObjectKind::AdmissionRule, "/v1/admission/rules"),
    (ObjectKind::NetworkRule, "/v1/policy/rule"),
    (ObjectKind::ResponseRule, "/v1/response/rule"),
    (ObjectKind::DlpSensor, "/v1/dlp/sensor"),
    (ObjectKind::WafSensor, "/v1/waf/sensor"),
    (ObjectKind::Webhook, "/v1/system/config"),
];

/// Look for something in the whole federation
///
/// Clusters, vulnerabilities, images, workloads and federated objects that have a
/// text in their names, objects also in their comments, in capitals or not: those
/// whose lists the caller may read.
#[utoipa::path(
    get,
    path = "/v1/fed/search",
    tag = "federation",
    params(
        ("text" = String, Query, description = "What is looked for"),
        ("limit" = Option<i64>, Query, description = "Things of each kind: 20, or up to 100"),
    ),
    responses((status = OK, body = FedSearchData)),
)]
pub(super) async fn fed_search(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    query: Query,
) -> Result<Json<FedSearchData>> {
    let text: String =
        query.get("text").unwrap_or_default().trim().chars().take(MOST_TEXT).collect();
    if text.is_empty() {
        return Err(ApiError::invalid_request("text is what is looked for."));
    }
    let most = match query.page().1 {
        0 => USUAL,
        limit => limit.min(MOST),
    };
    let within = within(&app, &caller).await?;
    let mut tx = app.database.begin_question().await?;
    let mut found = Vec::new();
    if reads(&caller, "/v1/fed/member") {
        found.extend(clusters(&mut tx, &caller, &text, most).await?);
    }
    if reads(&caller, "/v1/vulasset") {
        found.extend(vulnerabilities(&mut tx, within.as_ref(), &text, most).await?);
    }
    if within.is_none() && reads(&caller, "/v1/scan/registry/*/images") {
        found.extend(scanned_images(&mut tx, &text, most).await?);
    }
    if reads(&caller, "/v1/fed/images") {
        found.extend(running_images(&mut tx, within.clone(), &text, most).await?);
    }
    if reads(&caller, "/v1/fed/workloads") {
        found.extend(workloads(&mut tx, within, &text, most).await?);
    }
    found.extend(objects(&mut tx, &caller, &text, most).await?);
    Ok(Json(FedSearchData { found }))
}

fn reads(caller: &Caller, list: &str) -> bool {
    caller.satisfies(route_access::required("GET", list))
}

async fn clusters(
    conn: &mut PgConnection,
    caller: &Caller,
    text: &str,
    most: i64,
) -> Result<Vec<FedFound>> {
    let text = text.to_lowercase();
    let members = store::member::list(conn).await?.into_iter();
    Ok(members
        .filter(|member| shows(caller, member) && member.name.to_lowercase().contains(&text))
        .take(usize::try_from(most).unwrap_or_default())
        .map(|member| FedFound {
            kind: "cluster".to_owned(),
            id: member.id.to_string(),
            name: member.name,
            ..FedFound::default()
        })
        .collect())
}

/// Those that count, in images that there are for whoever asks.
async fn vulnerabilities(
    conn: &mut PgConnection,
    within: Option<&Within>,
    text: &str,
    most: i64,
) -> Result<Vec<FedFound>> {
    let reports = match within {
        None => None,
        Some(within) => {
            let images = image::of(conn, Some(within), &[], &[]).await?;
            Some(image::reports(conn, &images).await?)
        }
    };
    let filter =
        VulnerabilityFilter { name: contains(text), reports, ..VulnerabilityFilter::default() };
    let found = vulnerability::page(conn, &filter, VulnerabilityPage::by_name(most)).await?;
    Ok(found
        .into_iter()
        .map(|one| FedFound {
            kind: "vulnerability".to_owned(),
            id: one.name.clone(),
            name: one.name,
            images: Some(one.images),
            ..FedFound::default()
        })
        .collect())
}

async fn scanned_images(conn: &mut PgConnection, text: &str, most: i64) -> Result<Vec<FedFound>> {
    let found = store::image::containing(conn, text, most).await?.into_iter();
    Ok(found
        .map(|one| FedFound {
            kind: "image".to_owned(),
            id: one.image_id,
            name: one.name,
            registry: one.registry,
            ..FedFound::default()
        })
        .collect())
}

async fn running_images(
    conn: &mut PgConnection,
    within: Option<Within>,
    text: &str,
    most: i64,
) -> Result<Vec<FedFound>> {
    let [order, ..] = &image_list::ORDERS;
    let question = Question::containing(within, &image_list::NAME, order, text, most);
    let found = image_list::list(conn, &question).await?.into_iter();
    Ok(found
        .map(|one| FedFound {
            kind: "running image".to_owned(),
            id: one.image_id,
            name: one.name,
            clusters: Some(one.clusters.into()),
            ..FedFound::default()
        })
        .collect())
}

async fn workloads(
    conn: &mut PgConnection,
    within: Option<Within>,
    text: &str,
    most: i64,
) -> Result<Vec<FedFound>> {
    let [order, ..] = &list::ORDERS;
    let question = Question::containing(within, &list::NAME, order, text, most);
    let found = list::list(conn, &question).await?.into_iter();
    Ok(found
        .map(|one| FedFound {
            kind: "workload".to_owned(),
            id: one.workload.id,
            name: one.workload.name,
            cluster_id: one.cluster.to_string(),
            cluster_name: one.cluster_name,
            namespace: one.workload.namespace,
            ..FedFound::default()
        })
        .collect())
}

async fn objects(
    conn: &mut PgConnection,
    caller: &Caller,
    text: &str,
    most: i64,
) -> Result<Vec<FedFound>> {
    let kinds = OBJECTS.iter().filter(|(_, list)| reads(caller, list));
    let kinds: Vec<ObjectKind> = kinds.map(|(kind, _)| *kind).collect();
    let found = store::object::containing(conn, &kinds, text, most).await?.into_iter();
    Ok(found
        .map(|one| FedFound {
            kind: one.kind.as_str().to_owned(),
            id: one.name.clone(),
            name: one.name,
            comment: one.comment,
            ..FedFound::default()
        })
        .collect())
}
