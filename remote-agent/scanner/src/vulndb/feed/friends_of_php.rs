//! The security advisories of FriendsOfPHP: one record a package, with the
//! affected versions of each branch.

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::advisory::{Advisory, Statement, seconds};
use super::input::InputError;
use super::{Sink, records};
use crate::version::Scheme;
use crate::version::range::{Intervals, Syntax};

#[derive(Deserialize)]
struct Record {
    #[serde(default)]
    title: String,
    #[serde(default)]
    link: String,
    cve: Option<String>,
    reference: String,
    /// Branches by name; a list where none has one.
    branches: Value,
    #[serde(default, rename = "_path")]
    path: String,
}

#[derive(Deserialize)]
struct Branch {
    time: Option<String>,
    versions: Vec<String>,
}

pub(super) fn read(path: &Path, sink: &mut dyn Sink) -> Result<(), InputError> {
    records::read(path, sink, advisory)
}

fn advisory(record: Record, place: &str) -> Result<Advisory, String> {
    let package = record
        .reference
        .strip_prefix("composer://")
        .ok_or_else(|| format!("reference {:?}", record.reference))?
        .to_owned();
    let branches: Vec<&Value> = match &record.branches {
        Value::Object(branches) => branches.values().collect(),
        Value::Array(branches) => branches.iter().collect(),
        _ => return Err("branches are missing".to_owned()),
    };
    let mut affected = Intervals::none(Scheme::Composer);
    let mut published = 0;
    for branch in branches {
        let branch = Branch::deserialize(branch).map_err(|error| error.to_string())?;
        let time = branch.time.as_deref().map_or(0, seconds);
        published = if published == 0 { time } else { published.min(time) };
        // All of a branch's conditions hold together.
        let mut both = Intervals::all(Scheme::Composer);
        for text in &branch.versions {
            let range = Syntax::Composer.parse(text).map_err(|e| format!("{text:?}: {e}"))?;
            both = both.intersection(&range);
        }
        affected = affected.union(both);
    }
    let cve = record.cve.filter(|cve| cve.starts_with("CVE-"));
    // Without a CVE its place in the database is its name. Of a document the folder is that of
    // the package.
    let mut id = record.path.trim_end_matches(".yaml").to_owned();
    if cve.is_none() && id.is_empty() {
        let file = place.rsplit('/').next().and_then(|file| file.strip_suffix(".yaml"));
        id = format!("{package}/{}", file.ok_or("it has no name")?);
    }
    Ok(Advisory {
        id: if cve.is_some() { String::new() } else { id },
        names: cve.into_iter().collect(),
        aliases: ghsa(&record.link).map(str::to_owned).into_iter().collect(),
        description: record.title,
        link: record.link.clone(),
        references: vec![record.link],
        published,
        statements: vec![Statement {
            ecosystem: "Packagist".to_owned(),
            package,
            ranges: affected.to_told_ranges(&[]),
            ..Statement::default()
        }],
        ..Advisory::default()
    })
}

/// The advisory of GitHub that a page is of.
fn ghsa(link: &str) -> Option<&str> {
    let path = link.strip_prefix("https://github.com/")?;
    let id = path.split_once("advisories/")?.1.trim_end_matches('/');
    let is_id = |c: char| c.is_ascii_alphanumeric() || c == '-';
    (id.starts_with("GHSA-") && id.chars().all(is_id)).then_some(id)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(record: Value) -> Result<Advisory, String> {
        advisory(serde_json::from_value(record).unwrap(), "feed.jsonl:1")
    }

    #[test]
    fn branches_add_up() {
        let advisory = read(json!({"title": "T", "link": "https://example.org/1", "cve": null,
            "branches": {"1.x": {"time": "2018-10-02 00:01:00", "versions": [">=1.3.0", "<1.3.1"]},
                "2.x": {"time": null, "versions": ["<2.0.4", ">=2.0"]}},
            "reference": "composer://a/b", "_path": "a/b/2018-10-02.yaml"}))
        .unwrap();
        assert_eq!(advisory.id, "a/b/2018-10-02");
        assert_eq!(advisory.names, Vec::<String>::new());
        let statement = &advisory.statements[0];
        assert_eq!(
            (statement.ecosystem.as_str(), statement.package.as_str()),
            ("Packagist", "a/b")
        );
        let affected = Intervals::from_ranges(Scheme::Composer, &statement.ranges);
        for (version, expected) in
            [("1.2.9", false), ("1.3.0", true), ("1.3.1", false), ("2.0.3", true), ("2.0.4", false)]
        {
            assert_eq!(affected.contains(version), expected, "{version}");
        }
    }

    /// Others know it by that name.
    #[test]
    fn a_page_of_github_names_the_advisory() {
        for (link, expected) in [
            (
                "https://github.com/a/b/security/advisories/GHSA-x7p5-p2c9-phvg",
                Some("GHSA-x7p5-p2c9-phvg"),
            ),
            ("https://github.com/advisories/GHSA-x7p5-p2c9-phvg/", Some("GHSA-x7p5-p2c9-phvg")),
            ("https://github.com/a/b/security/advisories", None),
            ("https://github.com/a/b/pull/7", None),
            ("https://example.org/advisories/GHSA-x7p5-p2c9-phvg", None),
        ] {
            let advisory = read(json!({"title": "T", "link": link, "reference": "composer://a/b",
                "branches": {"1": {"versions": ["<2"]}}, "_path": "a/b/2021-01-21.yaml"}))
            .unwrap();
            assert_eq!(advisory.aliases, Vec::from_iter(expected), "{link}");
            assert_eq!(advisory.id, "a/b/2021-01-21");
        }
    }

    #[test]
    fn records_of_something_else_are_refused() {
        assert!(read(json!({"title": "T", "reference": "pear://a", "branches": {}})).is_err());
        assert!(read(json!({"title": "T", "reference": "composer://a/b", "branches": 1})).is_err());
        assert!(
            read(json!({"title": "T", "reference": "composer://a/b", "cve": "CVE-2020-1",
                "branches": {"1": {"versions": ["<"]}}}))
            .is_err()
        );
    }
}
