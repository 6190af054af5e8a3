//! Paging through the findings of many assets, one asset in memory at a time.

use palisade_api::rest::scan::{
    AssetScanData, AssetScanReportData, AssetsScanReportFilter, AssetsScanReportQuery,
    ScanReportCursor, VulScoreFilter, Vulnerability,
};
use palisade_api::rest::workload::Workload;
use thiserror::Error;

/// Findings of one page where nobody says how many, and at most.
const USUAL: usize = 1_000;
const MOST: usize = 10_000;

/// A question that makes no sense.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ListingError {
    /// A filter on a field that is not there.
    #[error("there is no field {0:?} to filter by: domain, host_name, image, name")]
    Field(String),
    /// A comparison that is not there.
    #[error("there is no comparison {0:?}: eq, neq, in, notin, prefix, contains")]
    Comparison(String),
    /// Scores of no version.
    #[error("score_version is v2 or v3, not {0:?}")]
    ScoreVersion(String),
}

/// Whose findings are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// The id.
    pub id: String,
    /// The name in the list and the cursor.
    pub name: String,
    /// The namespace.
    pub domain: String,
    /// The node.
    pub host_name: String,
    /// Whether it is a container.
    pub is_workload: bool,
    /// Its image.
    pub image: String,
    /// Digest of the image's configuration.
    pub image_id: String,
    /// Digest of the image's manifest.
    pub image_digest: String,
}

impl From<Workload> for Listed {
    fn from(one: Workload) -> Self {
        Self {
            id: one.id,
            name: one.display_name,
            domain: one.domain,
            host_name: one.host_name,
            is_workload: true,
            image: one.image,
            image_id: one.image_id,
            image_digest: one.image_digest,
        }
    }
}

impl Listed {
    fn place(&self) -> (&str, &str, &str) {
        (&self.domain, &self.host_name, &self.name)
    }
}

/// A page that is being filled.
#[derive(Debug)]
pub struct Listing {
    query: AssetsScanReportQuery,
    limit: usize,
    page: AssetScanReportData,
}

impl Listing {
    /// An empty page.
    pub fn new(query: AssetsScanReportQuery) -> Result<Self, ListingError> {
        for filter in &query.filters {
            passes(filter, &Listed::default())?;
        }
        if let Some(filter) = &query.vul_score_filter {
            score(filter, &Vulnerability::default())?;
        }
        let limit = match usize::try_from(query.max_cve_records) {
            Ok(limit @ 1..) => limit.min(MOST),
            _ => USUAL,
        };
        Ok(Self { query, limit, page: AssetScanReportData::default() })
    }

    /// Those that the page may speak of, in the order of the list.
    pub fn wanted(&self, mut all: Vec<Listed>) -> Vec<Listed> {
        all.retain(|one| {
            one.place() >= place(&self.query.cursor)
                && self.query.filters.iter().all(|filter| passes(filter, one) == Ok(true))
        });
        all.sort_by(|left, right| left.place().cmp(&right.place()));
        all
    }

    /// Whether nothing more fits.
    pub fn is_full(&self) -> bool {
        self.page.scan_data.len() >= self.limit
    }

    /// Adds what was found of `one`, as far as it fits. What has the same
    /// place in the list stays together, so that a page may end behind it.
    pub fn add(&mut self, one: &Listed, mut found: Vec<Vulnerability>) {
        let cursor = &self.query.cursor;
        let resumed = one.place() == place(cursor) && !cursor.cve_name.is_empty();
        let from = (cursor.cve_name.clone(), cursor.cve_package.clone());
        found.retain(|vulnerability| {
            (!resumed || own(vulnerability) > (from.0.as_str(), from.1.as_str()))
                && self.shows(vulnerability)
        });
        found.sort_by(|left, right| own(left).cmp(&own(right)));
        let mut last: Option<(String, String)> = None;
        for vulnerability in found {
            let place = (vulnerability.name.clone(), vulnerability.package_name.clone());
            if self.is_full() && last.as_ref() != Some(&place) {
                return;
            }
            self.page.cursor = ScanReportCursor {
                name: one.name.clone(),
                host_name: one.host_name.clone(),
                domain: one.domain.clone(),
                cve_name: place.0.clone(),
                cve_package: place.1.clone(),
            };
            last = Some(place);
            let workload =
                |text: &String| if one.is_workload { text.clone() } else { String::new() };
            self.page.scan_data.push(AssetScanData {
                host_name: one.host_name.clone(),
                workload_name: workload(&one.name),
                workload_domain: workload(&one.domain),
                workload_image: workload(&one.image),
                workload_image_id: workload(&one.image_id),
                workload_image_digest: workload(&one.image_digest),
                workload_image_repo_digests: Vec::new(),
                vulnerability,
            });
        }
    }

    /// The page.
    pub fn finish(self) -> AssetScanReportData {
        self.page
    }

    fn shows(&self, vulnerability: &Vulnerability) -> bool {
        let severity = self.query.severity_filter.as_deref().unwrap_or_default();
        let in_range = |filter: &VulScoreFilter| {
            score(filter, vulnerability)
                .is_ok_and(|score| score >= filter.score_bottom && score <= filter.score_top)
        };
        (severity.is_empty() || severity.eq_ignore_ascii_case(&vulnerability.severity))
            && self.query.vul_score_filter.as_ref().is_none_or(in_range)
            && (self.query.show_accepted || vulnerability.tags.is_empty())
    }
}

fn own(vulnerability: &Vulnerability) -> (&str, &str) {
    (&vulnerability.name, &vulnerability.package_name)
}

fn place(cursor: &ScanReportCursor) -> (&str, &str, &str) {
    (&cursor.domain, &cursor.host_name, &cursor.name)
}

fn score(filter: &VulScoreFilter, of: &Vulnerability) -> Result<f32, ListingError> {
    match filter.score_version.to_ascii_lowercase().as_str() {
        "v2" => Ok(of.score),
        "v3" | "" => Ok(of.score_v3),
        _ => Err(ListingError::ScoreVersion(filter.score_version.clone())),
    }
}

fn passes(filter: &AssetsScanReportFilter, one: &Listed) -> Result<bool, ListingError> {
    let field = match filter.name.as_str() {
        "domain" => &one.domain,
        "host_name" => &one.host_name,
        "image" => &one.image,
        "name" => &one.name,
        _ => return Err(ListingError::Field(filter.name.clone())),
    };
    let mut values = filter.value.iter();
    let passes = match filter.op.as_str() {
        "eq" | "" => values.any(|value| value == field),
        "neq" => values.all(|value| value != field),
        "in" | "contains" => values.any(|value| field.contains(value.as_str())),
        "notin" => values.all(|value| !field.contains(value.as_str())),
        "prefix" => values.any(|value| field.starts_with(value.as_str())),
        _ => return Err(ListingError::Comparison(filter.op.clone())),
    };
    // What names nothing to compare with bounds nothing.
    Ok(filter.value.is_empty() || passes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assets() -> Vec<(Listed, Vec<Vulnerability>)> {
        let found = |name: &str, package: &str, score: f32| Vulnerability {
            name: name.to_owned(),
            package_name: package.to_owned(),
            severity: if score >= 7.0 { "High" } else { "Low" }.to_owned(),
            score_v3: score,
            ..Vulnerability::default()
        };
        let one = |name: &str, host: &str, found| {
            let listed = Listed {
                id: name.to_owned(),
                name: name.to_owned(),
                host_name: host.to_owned(),
                ..Listed::default()
            };
            (listed, found)
        };
        vec![
            one("b", "h1", vec![found("CVE-2", "x", 9.0), found("CVE-1", "x", 3.0)]),
            // The same package twice, in two places.
            one(
                "a",
                "h1",
                vec![
                    found("CVE-2", "y", 9.0),
                    found("CVE-2", "x", 9.0),
                    found("CVE-2", "x", 9.0),
                    found("CVE-1", "x", 3.0),
                ],
            ),
            one("c", "h0", vec![found("CVE-3", "x", 7.0)]),
            one("d", "h2", Vec::new()),
        ]
    }

    fn page(query: AssetsScanReportQuery) -> AssetScanReportData {
        let mut listing = Listing::new(query).unwrap();
        let all = assets();
        let listed = all.iter().map(|(listed, _)| listed.clone()).collect();
        for one in listing.wanted(listed) {
            if listing.is_full() {
                break;
            }
            let found = all.iter().find(|(listed, _)| *listed == one).unwrap().1.clone();
            listing.add(&one, found);
        }
        listing.finish()
    }

    fn names(page: &AssetScanReportData) -> Vec<String> {
        let one = |data: &AssetScanData| {
            let found = &data.vulnerability;
            format!("{} {} {}", data.host_name, found.name, found.package_name)
        };
        page.scan_data.iter().map(one).collect()
    }

    #[test]
    fn pages_of_any_size_give_everything_once() {
        let whole = names(&page(AssetsScanReportQuery::default()));
        assert_eq!(
            whole,
            [
                "h0 CVE-3 x",
                "h1 CVE-1 x",
                "h1 CVE-2 x",
                "h1 CVE-2 x",
                "h1 CVE-2 y",
                "h1 CVE-1 x",
                "h1 CVE-2 x"
            ]
        );
        for size in 1..=8 {
            let mut all = Vec::new();
            let mut cursor = ScanReportCursor::default();
            loop {
                let query = AssetsScanReportQuery {
                    max_cve_records: size,
                    cursor,
                    ..AssetsScanReportQuery::default()
                };
                let page = page(query);
                if page.scan_data.is_empty() {
                    assert_eq!(page.cursor, ScanReportCursor::default());
                    break;
                }
                all.extend(names(&page));
                cursor = page.cursor;
            }
            assert_eq!(all, whole, "{size}");
        }
    }

    #[test]
    fn filters() {
        let filter = |name: &str, op: &str, value: &str| AssetsScanReportQuery {
            filters: vec![AssetsScanReportFilter {
                name: name.to_owned(),
                op: op.to_owned(),
                value: vec![value.to_owned()],
            }],
            ..AssetsScanReportQuery::default()
        };
        let unbounded = |op: &str| {
            let mut query = filter("domain", op, "");
            query.filters[0].value.clear();
            query
        };
        let scores = |bottom, top| AssetsScanReportQuery {
            vul_score_filter: Some(VulScoreFilter {
                score_version: "v3".to_owned(),
                score_bottom: bottom,
                score_top: top,
            }),
            ..AssetsScanReportQuery::default()
        };
        let severity = |word: &str| AssetsScanReportQuery {
            severity_filter: Some(word.to_owned()),
            ..AssetsScanReportQuery::default()
        };
        for (query, count) in [
            (filter("host_name", "eq", "h0"), 1),
            (filter("host_name", "neq", "h0"), 6),
            (filter("name", "prefix", "b"), 2),
            (filter("host_name", "in", "h"), 7),
            (filter("host_name", "in", "0"), 1),
            (filter("host_name", "notin", "0"), 6),
            (unbounded("in"), 7),
            (unbounded("eq"), 7),
            (scores(3.0, 3.0), 2),
            (scores(7.0, 10.0), 5),
            (severity("high"), 5),
            (severity(""), 7),
        ] {
            assert_eq!(page(query.clone()).scan_data.len(), count, "{query:?}");
        }
        for query in [filter("colour", "eq", "x"), filter("name", "is", "x")] {
            assert!(Listing::new(query).is_err());
        }
    }
}
