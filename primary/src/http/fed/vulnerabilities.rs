//! `GET /v1/fed/vulnerabilities`

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use palisade_api::rest::fleet::{FleetVulnerability, FleetVulnerabilityPage};
use palisade_identity::Caller;
use sqlx::PgConnection;

use super::export::{Row, export};
use super::parameters::{OfClusters, OfNamespaces};
use super::question::{self, Asked, Format};
use super::scope::within;
use crate::App;
use crate::http::error::{ApiError, Result};
use crate::http::extract::FedReader;
use crate::http::query::Query;
use crate::http::vulasset::{MOST_ROWS, contains, ordered, severity};
use crate::store::StoreError;
use crate::store::question::{Kind, Order, Place, Question, Value};
use crate::store::vulnerability::{
    self, FoundVulnerability, VulnerabilityFilter, VulnerabilityOrder, VulnerabilityPage,
};
use crate::store::workload::image;

/// The order of exports.
static BY_NAME: Order = Order { name: "name", columns: &[("name", Kind::Text)], descends: false };
/// Rows of a page where nobody says.
const ROWS: i64 = 100;
/// What a page is sorted by.
const ORDERS: &str = "severity, score, score_v3, epss, published, images, name";

/// List the vulnerabilities of all images of the federation
///
/// Without those that the vulnerability profile accepts, and those that do no
/// harm by what VEX documents say; with `cluster`, `cluster_selector`, `namespace`
/// or `running` of the images that run there; so too for a role that is limited
/// to some clusters.
#[utoipa::path(
    get,
    path = "/v1/fed/vulnerabilities",
    tag = "federation",
    params(
        ("name" = Option<String>, Query, description = "Text that the name contains"),
        ("severity" = Option<String>, Query, description = "One or several, by commas"),
        ("fixable" = Option<bool>, Query),
        ("kev" = Option<bool>, Query, description = "Known to be exploited"),
        ("epss" = Option<f32>, Query, description = "Probability at least"),
        ("package" = Option<String>, Query, description = "Text that a package's name contains"),
        ("image" = Option<String>, Query, description = "Text that `repository:tag` contains"),
        OfClusters,
        OfNamespaces,
        ("running" = Option<bool>, Query, description = "Only of images that run somewhere"),
        ("base_os" = Option<String>, Query, description = "Text that the system contains"),
        ("published_after" = Option<i64>, Query, description = "Unix seconds"),
        (
            "sort" = Option<String>,
            Query,
            description = "`severity`, `score`, `score_v3`, `epss`, `published`, `images`, `name`; \
                           `s_*` likewise",
        ),
        ("order" = Option<String>, Query, description = "`desc` or `asc`"),
        ("start" = Option<i64>, Query, description = "Vulnerabilities to leave out"),
        ("limit" = Option<i64>, Query, description = "Vulnerabilities at most: 100, or up to 1,000"),
        (
            "format" = Option<String>,
            Query,
            description = "`csv` or `json`: all that is asked for, by name, streamed",
        ),
    ),
    responses((status = OK, body = FleetVulnerabilityPage)),
)]
pub(super) async fn fed_vulnerabilities(
    State(app): State<App>,
    FedReader(caller): FedReader,
    query: Query,
) -> Result<Response> {
    let mut filter = filter(&query)?;
    filter.reports = reports(&app, &caller, &query).await?;
    let format = question::format(&query)?;
    let page = page(&query)?;
    if format != Format::Page {
        return exported(app, filter, format, Some(query.page().1).filter(|limit| *limit > 0))
            .await;
    }
    let mut tx = app.database.begin_question().await?;
    let (vulnerabilities, total) = read(&mut tx, &filter, page).await?;
    Ok(Json(FleetVulnerabilityPage { vulnerabilities, total }).into_response())
}

/// The reports that count: those on images which run in the clusters and
/// namespaces that are named.
async fn reports(app: &App, caller: &Caller, query: &Query) -> Result<Option<Vec<i32>>> {
    let named = |name| query.get(name).filter(|text| !text.is_empty());
    let running = flag(query, "running")?.unwrap_or_default();
    let selected = question::selected(app, query).await?;
    let within = within(app, caller).await?;
    if within.is_none()
        && named("cluster").is_none()
        && selected.is_none()
        && named("namespace").is_none()
        && !running
    {
        return Ok(None);
    }
    let ids = question::clusters(app, within.as_ref(), query).await?;
    let mut clusters = Vec::new();
    for text in named("cluster").into_iter().flat_map(|text| text.split(',')).map(str::trim) {
        let id = ids.get(text).ok_or_else(|| {
            let text: String = text.chars().take(64).collect();
            ApiError::invalid_request(format!("There is no cluster {text:?}."))
        })?;
        clusters.push(*id);
    }
    if let Some(selected) = selected {
        if named("cluster").is_some() {
            clusters.retain(|id| selected.contains(id));
        } else {
            clusters = selected;
        }
        if clusters.is_empty() {
            // None named would be all of them.
            return Ok(Some(Vec::new()));
        }
    }
    let namespaces = named("namespace").into_iter().flat_map(|text| text.split(','));
    let namespaces: Vec<String> = namespaces.map(|text| text.trim().to_owned()).collect();
    let mut tx = app.database.begin_question().await?;
    let images = image::of(&mut tx, within.as_ref(), &clusters, &namespaces).await?;
    Ok(Some(image::reports(&mut tx, &images).await?))
}

/// All that is meant, by name.
async fn exported(
    app: App,
    filter: VulnerabilityFilter,
    format: Format,
    most: Option<i64>,
) -> Result<Response> {
    // Columns have no place for it.
    let total = if format == Format::Json {
        let mut tx = app.database.begin_question().await?;
        Some(vulnerability::count(&mut tx, &filter).await?.all)
    } else {
        None
    };
    let question = Question {
        within: None,
        conditions: Vec::new(),
        order: &BY_NAME,
        descending: false,
        after: None,
        start: 0,
        limit: MOST_ROWS,
    };
    let answer = export(Asked { question, format, most }, total, move |question| {
        let (database, mut filter) = (app.database.clone(), filter.clone());
        Box::pin(async move {
            if let Some(Value::Text(name)) =
                question.after.and_then(|place| place.0.into_iter().next())
            {
                filter.behind = Some(name);
            }
            let page = VulnerabilityPage::by_name(question.limit);
            let mut tx = database.begin_question().await?;
            let (found, _) = read(&mut tx, &filter, page).await?;
            let placed = |one: FleetVulnerability| {
                let place = Place(vec![Value::Text(one.name.clone())]);
                (one, place)
            };
            Ok(found.into_iter().map(placed).collect())
        })
    });
    Ok(answer)
}

/// A page, and how many are meant.
async fn read(
    conn: &mut PgConnection,
    filter: &VulnerabilityFilter,
    page: VulnerabilityPage,
) -> Result<(Vec<FleetVulnerability>, i64), StoreError> {
    let found = vulnerability::page(conn, filter, page).await?;
    let ids: Vec<i32> = found.iter().map(|one| one.id).collect();
    let mut packages: HashMap<i32, Vec<String>> = HashMap::new();
    for package in vulnerability::packages(conn, &ids, filter.reports.as_deref()).await? {
        let names = packages.entry(package.vulnerability).or_default();
        if names.last() != Some(&package.package_name) {
            names.push(package.package_name);
        }
    }
    let total = match found.first() {
        Some(one) => one.matched,
        // Behind the last one nobody is left to tell.
        None if page.start > 0 => {
            let first = VulnerabilityPage { start: 0, limit: 1, ..page };
            vulnerability::page(conn, filter, first).await?.first().map_or(0, |one| one.matched)
        }
        None => 0,
    };
    let all = found.into_iter().map(|one| {
        let packages = packages.remove(&one.id).unwrap_or_default();
        shown(one, packages)
    });
    Ok((all.collect(), total))
}

fn filter(query: &Query) -> Result<VulnerabilityFilter> {
    let text = |name| query.get(name).and_then(contains);
    let published_from = match query.get("published_after") {
        None | Some("") => None,
        Some(text) => Some(
            text.parse()
                .map_err(|_| ApiError::invalid_request("published_after is in Unix seconds."))?,
        ),
    };
    let severities = match query.get("severity") {
        None | Some("") => None,
        Some(text) => Some(text.split(',').map(number).collect::<Result<Vec<i16>>>()?),
    };
    let epss = match query.get("epss") {
        None | Some("") => None,
        Some(text) => Some(
            text.parse::<f32>()
                .ok()
                .filter(|epss| (0.0..=1.0).contains(epss))
                .ok_or_else(|| ApiError::invalid_request("epss is a number from 0 to 1."))?,
        ),
    };
    Ok(VulnerabilityFilter {
        name: text("name"),
        severities,
        fixable: flag(query, "fixable")?,
        kev: flag(query, "kev")?,
        epss,
        published_from,
        package: text("package"),
        image: text("image"),
        base_os: text("base_os"),
        ..VulnerabilityFilter::default()
    })
}

/// Whether a parameter is said to be so; what has no value is not said.
fn flag(query: &Query, name: &'static str) -> Result<Option<bool>> {
    match query.get(name) {
        Some("") => Ok(None),
        _ => query.strict_flag(name),
    }
}

fn number(word: &str) -> Result<i16> {
    match word.trim().to_ascii_lowercase().as_str() {
        "critical" => Ok(4),
        "high" => Ok(3),
        "medium" => Ok(2),
        "low" => Ok(1),
        "unknown" => Ok(0),
        _ => Err(ApiError::invalid_request(
            "severity is critical, high, medium, low or unknown, or several by commas.",
        )),
    }
}

fn page(query: &Query) -> Result<VulnerabilityPage> {
    let (start, limit) = query.page();
    let mut sorts = query.sorts().into_iter();
    let sorted = sorts.find_map(|(column, descends)| Some((order(column)?, descends)));
    let direction = question::descends(query)?;
    let (order, direction) = match (query.get("sort").filter(|column| !column.is_empty()), sorted) {
        (Some(column), _) => {
            let unknown = || ApiError::invalid_request(format!("sort is one of {ORDERS}."));
            (order(column).ok_or_else(unknown)?, direction)
        }
        (None, Some((order, descends))) => (order, Some(descends)),
        (None, None) => (VulnerabilityOrder::Severity, direction),
    };
    let descending = direction.unwrap_or(order != VulnerabilityOrder::Name);
    Ok(VulnerabilityPage {
        order,
        descending,
        start: start.max(0),
        limit: if limit == 0 { ROWS } else { limit.min(MOST_ROWS) },
    })
}

/// The order by what answers call `column`.
fn order(column: &str) -> Option<VulnerabilityOrder> {
    let order = ordered(column);
    (order != VulnerabilityOrder::Name || column == "name").then_some(order)
}

fn shown(found: FoundVulnerability, packages: Vec<String>) -> FleetVulnerability {
    FleetVulnerability {
        severity: severity(found.severity).to_owned(),
        name: found.name,
        score: found.score,
        score_v3: found.score_v3,
        fixable: found.fixable,
        kev: found.kev,
        epss: found.epss,
        epss_percentile: found.epss_percentile,
        published_timestamp: found.published,
        link: found.link,
        description: found.description,
        packages,
        images: found.images,
        harmless_images: found.harmless_images,
    }
}

impl Row for FleetVulnerability {
    const LIST: &'static str = "vulnerabilities";
    const COLUMNS: &'static [&'static str] = &[
        "name",
        "severity",
        "score",
        "score_v3",
        "fixable",
        "kev",
        "epss",
        "epss_percentile",
        "published_timestamp",
        "images",
        "harmless_images",
        "packages",
        "link",
        "description",
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_understood_is_told() {
        for text in [
            "severity=worst",
            "fixable=maybe",
            "kev=2",
            "epss=2",
            "epss=x",
            "published_after=yesterday",
        ] {
            assert!(filter(&Query::parse(text)).is_err(), "{text}");
        }
        assert!(flag(&Query::parse("running=yes"), "running").is_err());
        assert_eq!(flag(&Query::parse("running="), "running").unwrap(), None);
        let all = filter(&Query::parse("severity=critical,High&fixable=true&epss=0.5")).unwrap();
        assert_eq!((all.severities, all.fixable), (Some(vec![4, 3]), Some(true)));
        assert_eq!(filter(&Query::parse("")).unwrap(), VulnerabilityFilter::default());
    }

    #[test]
    fn pages_are_bounded() {
        for (text, start, limit) in
            [("", 0, 100), ("limit=0", 0, 100), ("limit=99999&start=-5", 0, 1_000)]
        {
            let page = page(&Query::parse(text)).unwrap();
            assert_eq!((page.start, page.limit), (start, limit), "{text}");
        }
        for (text, order, descending) in [
            ("", VulnerabilityOrder::Severity, true),
            ("sort=name", VulnerabilityOrder::Name, false),
            ("sort=images&order=asc", VulnerabilityOrder::Images, false),
            ("s_score_v3=asc", VulnerabilityOrder::ScoreV3, false),
            ("s_name=desc&s_epss=asc", VulnerabilityOrder::Name, true),
            ("s_colour=asc&s_published_timestamp=desc", VulnerabilityOrder::Published, true),
            ("sort=epss&s_name=asc", VulnerabilityOrder::Epss, true),
        ] {
            let page = page(&Query::parse(text)).unwrap();
            assert_eq!((page.order, page.descending), (order, descending), "{text}");
        }
        for text in ["sort=colour", "sort=score&order=down"] {
            assert!(page(&Query::parse(text)).is_err(), "{text}");
        }
    }
}
