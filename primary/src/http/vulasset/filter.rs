//! What clients ask for, as the store takes it.

use palisade_api::rest::vulasset::VulnerabilityQuery;

use crate::store::vulnerability::{VulnerabilityFilter, VulnerabilityOrder};

/// Bytes of a text that is looked for.
const MAX_TEXT: usize = 256;

/// A pattern of LIKE for texts that contain `text`; none for an empty one.
pub(in crate::http) fn contains(text: &str) -> Option<String> {
    let text: String = text.trim().chars().take(MAX_TEXT).collect();
    (!text.is_empty()).then(|| format!("%{}%", escaped(&text)))
}

fn equals(text: &str) -> Option<String> {
    let text: String = text.trim().chars().take(MAX_TEXT).collect();
    (!text.is_empty()).then(|| escaped(&text))
}

/// A text as a pattern of LIKE that only it fits.
fn escaped(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for c in text.chars().filter(|c| *c != '\0') {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

/// The order of a page; by name where the column is none.
pub(in crate::http) fn ordered(column: &str) -> VulnerabilityOrder {
    match column {
        "severity" => VulnerabilityOrder::Severity,
        "score" => VulnerabilityOrder::Score,
        "score_v3" => VulnerabilityOrder::ScoreV3,
        "published_timestamp" | "published" => VulnerabilityOrder::Published,
        "impact" | "images" => VulnerabilityOrder::Images,
        "epss" => VulnerabilityOrder::Epss,
        "feed_rating" => VulnerabilityOrder::FeedRating,
        _ => VulnerabilityOrder::Name,
    }
}

/// The filter of a query; none where nothing of an image can be meant, since
/// workloads and nodes belong to clusters.
pub(in crate::http) fn filter(query: &VulnerabilityQuery) -> Option<VulnerabilityFilter> {
    let of_clusters = matches!(query.view_type.as_str(), "containers" | "infrastructure")
        || !query.selected_domains.is_empty()
        || [&query.service_name, &query.node_name, &query.container_name]
            .into_iter()
            .any(|text| !text.is_empty());
    if of_clusters {
        return None;
    }
    let named = |text: &str, how: &str| match how {
        "equals" => equals(text),
        _ => contains(text),
    };
    let range = |range: &[f32]| match range {
        // All there is.
        [from, to] if *from <= 0.0 && *to >= 10.0 => None,
        [from, to] => Some((*from, *to)),
        _ => None,
    };
    let v2 = query.score_type == "v2";
    let published = |when: &str| {
        (query.published_type == when && query.published_time > 0).then_some(query.published_time)
    };
    Some(VulnerabilityFilter {
        name: contains(&query.quick_filter),
        severities: match query.severity_type.as_str() {
            "critical" => Some(vec![4]),
            "high" => Some(vec![3]),
            "medium" => Some(vec![2]),
            "low" => Some(vec![1, 0]),
            _ => None,
        },
        fixable: match query.package_type.as_str() {
            "withFix" | "withFixAll" => Some(true),
            "withoutFix" => Some(false),
            _ => None,
        },
        score: range(&query.score_v2).filter(|_| v2),
        score_v3: range(&query.score_v3).filter(|_| !v2),
        published_from: published("after"),
        published_to: published("before"),
        modified_from: (query.last_modified_timestamp > 0).then_some(query.last_modified_timestamp),
        image: named(&query.image_name, &query.match_type_image),
        base_os: named(&query.image_base_os, &query.match_type_image_base_os),
        ..VulnerabilityFilter::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_looked_for_is_text_and_no_pattern() {
        assert_eq!(contains(" 100%_\\ "), Some("%100\\%\\_\\\\%".to_owned()));
        assert_eq!(contains("  "), None);
        assert_eq!(contains("a\0b"), Some("%ab%".to_owned()));
        assert_eq!(contains(&"x".repeat(10_000)).map(|pattern| pattern.len()), Some(258));
    }

    #[test]
    fn what_clients_leave_out_limits_nothing() {
        assert_eq!(filter(&VulnerabilityQuery::default()), Some(VulnerabilityFilter::default()));
        let everything = VulnerabilityQuery {
            package_type: "all".to_owned(),
            severity_type: "all".to_owned(),
            // Before no time.
            published_type: "before".to_owned(),
            view_type: "all".to_owned(),
            score_v2: vec![0.0, 10.0],
            score_v3: vec![0.0, 10.0],
            ..VulnerabilityQuery::default()
        };
        assert_eq!(filter(&everything), Some(VulnerabilityFilter::default()));
    }

    #[test]
    fn what_belongs_to_clusters_is_no_image() {
        for query in [
            VulnerabilityQuery { view_type: "containers".to_owned(), ..Default::default() },
            VulnerabilityQuery { service_name: "web".to_owned(), ..Default::default() },
            VulnerabilityQuery { selected_domains: vec!["a".to_owned()], ..Default::default() },
        ] {
            assert_eq!(filter(&query), None);
        }
    }

    #[test]
    fn the_score_of_the_chosen_version_counts() {
        let query = |version: &str| VulnerabilityQuery {
            score_type: version.to_owned(),
            score_v2: vec![5.0, 10.0],
            score_v3: vec![7.0, 9.0],
            ..VulnerabilityQuery::default()
        };
        let of = |version| filter(&query(version)).map(|filter| (filter.score, filter.score_v3));
        assert_eq!(of("v2"), Some((Some((5.0, 10.0)), None)));
        assert_eq!(of("v3"), Some((None, Some((7.0, 9.0)))));
    }
}
