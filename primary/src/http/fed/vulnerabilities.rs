//! `GET /v1/fed/vulnerabilities`

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header;
use palisade_api::rest::vulasset::{FleetVulnerability, FleetVulnerabilityPage};

use crate::App;
use crate::http::error::{ApiError, Result};
use crate::http::extract::FedReader;
use crate::http::query::Query;
use crate::http::vulasset::{MOST_ROWS, contains, ordered, severity};
use crate::store::vulnerability::{
    self, FoundVulnerability, VulnerabilityFilter, VulnerabilityOrder, VulnerabilityPage,
};

/// Rows of a page where nobody says.
const ROWS: i64 = 100;

/// List the vulnerabilities of all images of the federation
///
/// Without those that the vulnerability profile accepts. As JSON, or with
/// `format=csv` as comma-separated values.
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
        ("base_os" = Option<String>, Query, description = "Text that the system contains"),
        ("published_after" = Option<i64>, Query, description = "Unix seconds"),
        (
            "sort" = Option<String>,
            Query,
            description = "`severity`, `score`, `score_v3`, `epss`, `published`, `images`, `name`",
        ),
        ("order" = Option<String>, Query, description = "`desc` or `asc`"),
        ("start" = Option<i64>, Query),
        ("limit" = Option<i64>, Query, description = "100, or 1,000 at most"),
        ("format" = Option<String>, Query, description = "`json` or `csv`"),
    ),
    responses((status = OK, body = FleetVulnerabilityPage)),
)]
pub(super) async fn fed_vulnerabilities(
    State(app): State<App>,
    FedReader(_caller): FedReader,
    query: Query,
) -> Result<Response> {
    let filter = filter(&query)?;
    let page = page(&query);
    let mut tx = app.database.begin_snapshot().await?;
    vulnerability::without_compiling(&mut tx).await?;
    let found = vulnerability::page(&mut tx, &filter, page).await?;
    let ids: Vec<i32> = found.iter().map(|one| one.id).collect();
    let told = vulnerability::packages(&mut tx, &ids).await?;
    drop(tx);
    let mut packages: HashMap<i32, Vec<String>> = HashMap::new();
    for package in told {
        let names = packages.entry(package.vulnerability).or_default();
        if names.last() != Some(&package.package_name) {
            names.push(package.package_name);
        }
    }
    let total = found.first().map_or(0, |one| one.matched);
    let vulnerabilities: Vec<FleetVulnerability> = found
        .into_iter()
        .map(|one| {
            let packages = packages.remove(&one.id).unwrap_or_default();
            shown(one, packages)
        })
        .collect();
    if query.get("format") == Some("csv") {
        let kind = [(header::CONTENT_TYPE, "text/csv; charset=utf-8")];
        return Ok((kind, csv(&vulnerabilities)).into_response());
    }
    Ok(Json(FleetVulnerabilityPage { vulnerabilities, total }).into_response())
}

fn filter(query: &Query) -> Result<VulnerabilityFilter> {
    let text = |name| query.get(name).and_then(contains);
    let flag = |name: &str| match query.get(name) {
        None | Some("") => Ok(None),
        Some("true" | "1") => Ok(Some(true)),
        Some("false" | "0") => Ok(Some(false)),
        Some(_) => Err(ApiError::invalid_request(format!("{name} is true or false."))),
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
        fixable: flag("fixable")?,
        kev: flag("kev")?,
        epss,
        published_from: query.get("published_after").and_then(|text| text.parse().ok()),
        package: text("package"),
        image: text("image"),
        base_os: text("base_os"),
        ..VulnerabilityFilter::default()
    })
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

fn page(query: &Query) -> VulnerabilityPage {
    let (start, limit) = query.page();
    let order = match query.get("sort") {
        None | Some("") => VulnerabilityOrder::Severity,
        Some(column) => ordered(column),
    };
    let ascending = match query.get("order") {
        Some(direction) => direction == "asc",
        None => order == VulnerabilityOrder::Name,
    };
    VulnerabilityPage {
        order,
        descending: !ascending,
        start: start.max(0),
        limit: if limit == 0 { ROWS } else { limit.min(MOST_ROWS) },
    }
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
    }
}

/// One line for each; a spreadsheet takes no cell for a formula.
fn csv(all: &[FleetVulnerability]) -> String {
    let mut text = String::from(
        "name,severity,score,score_v3,fixable,kev,epss,published,images,packages,link\r\n",
    );
    for one in all {
        let epss = one.epss.map(|epss| epss.to_string()).unwrap_or_default();
        let cells = [
            cell(&one.name),
            one.severity.clone(),
            one.score.to_string(),
            one.score_v3.to_string(),
            one.fixable.to_string(),
            one.kev.to_string(),
            epss,
            one.published_timestamp.to_string(),
            one.images.to_string(),
            cell(&one.packages.join(" ")),
            cell(&one.link),
        ];
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    text
}

fn cell(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\"").replace(['\r', '\n'], " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_understood_is_told() {
        for text in ["severity=worst", "fixable=maybe", "kev=2", "epss=2", "epss=x"] {
            assert!(filter(&Query::parse(text)).is_err(), "{text}");
        }
        let all = filter(&Query::parse("severity=critical,High&fixable=true&epss=0.5")).unwrap();
        assert_eq!((all.severities, all.fixable), (Some(vec![4, 3]), Some(true)));
        assert_eq!(filter(&Query::parse("")).unwrap(), VulnerabilityFilter::default());
    }

    #[test]
    fn pages_are_bounded() {
        for (text, start, limit) in
            [("", 0, 100), ("limit=0", 0, 100), ("limit=99999&start=-5", 0, 1_000)]
        {
            let page = page(&Query::parse(text));
            assert_eq!((page.start, page.limit), (start, limit), "{text}");
        }
    }

    #[test]
    fn cells_are_text() {
        assert_eq!(cell("=1+1"), "\"'=1+1\"");
        assert_eq!(cell("a \"b\",\nc"), "\"a \"\"b\"\", c\"");
    }
}
