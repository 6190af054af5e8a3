//! Advisories of GitLab's database: one record a package, with the range in
//! the ecosystem's own words.

use std::path::Path;

use serde::Deserialize;

use super::advisory::{Advisory, Statement, is_cve, seconds};
use super::input::InputError;
use super::{Sink, records, scheme_of};
use crate::version::range::{RangeError, Syntax};
use crate::vulndb::record::Range;

#[derive(Deserialize)]
struct Record {
    #[serde(default)]
    identifier: String,
    #[serde(default)]
    identifiers: Vec<String>,
    package_slug: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    date: String,
    #[serde(default)]
    pubdate: String,
    affected_range: Option<String>,
    /// The same in words for people.
    affected_versions: Option<String>,
    #[serde(default)]
    fixed_versions: Vec<String>,
    #[serde(default)]
    urls: Vec<String>,
    cvss_v2: Option<String>,
    cvss_v3: Option<String>,
    cvss_v4: Option<String>,
    #[serde(default)]
    cwe_ids: Vec<String>,
}

pub(super) fn read(path: &Path, sink: &mut dyn Sink) -> Result<(), InputError> {
    records::read(path, sink, |record, _| advisory(record))
}

fn advisory(record: Record) -> Result<Advisory, String> {
    let slug = &record.package_slug;
    let (ecosystem, package) = package(slug).ok_or_else(|| format!("package {slug:?}"))?;
    let mut names = record.identifiers;
    if names.is_empty() {
        names.push(record.identifier.clone());
    }
    let (cves, others): (Vec<_>, Vec<_>) = names.into_iter().partition(|name| is_cve(name));
    let id = if is_cve(&record.identifier) { String::new() } else { record.identifier };
    let mut advisory = Advisory {
        id,
        names: cves,
        aliases: others,
        description: if record.description.is_empty() { record.title } else { record.description },
        link: record.urls.first().cloned().unwrap_or_default(),
        references: record.urls,
        cwes: record.cwe_ids,
        published: seconds(&record.pubdate),
        modified: seconds(&record.date),
        ..Advisory::default()
    };
    for vector in [record.cvss_v4, record.cvss_v3, record.cvss_v2].into_iter().flatten() {
        advisory.score(&vector);
    }
    // Without a range the advisory holds for no version, unless its words say for all.
    let range = record.affected_range.unwrap_or_default();
    let words = record.affected_versions.unwrap_or_default();
    let is_all = range.trim().is_empty() && words.trim().eq_ignore_ascii_case("all versions");
    if is_all || !range.trim().is_empty() {
        let ranges = if is_all {
            vec![Range::default()]
        } else {
            ranges(ecosystem, &range, &record.fixed_versions)
                .map_err(|error| format!("{slug}: range {range:?}: {error}"))?
        };
        advisory.statements.push(Statement {
            ecosystem: ecosystem.to_owned(),
            package,
            ranges,
            ..Statement::default()
        });
    }
    Ok(advisory)
}

/// The ecosystem and the package that a slug names.
fn package(slug: &str) -> Option<(&'static str, String)> {
    let (family, name) = slug.split_once('/')?;
    let plain = |ecosystem| Some((ecosystem, name.to_owned()));
    match family {
        "npm" => plain("npm"),
        "pypi" => plain("PyPI"),
        "gem" => plain("RubyGems"),
        "go" => plain("Go"),
        "nuget" => plain("NuGet"),
        "packagist" => plain("Packagist"),
        "conan" => plain("ConanCenter"),
        "cargo" => plain("crates.io"),
        "swift" => plain("SwiftURL"),
        "pub" => plain("Pub"),
        "maven" => Some(("Maven", name.replacen('/', ":", 1))),
        _ => None,
    }
}

fn ranges(ecosystem: &str, text: &str, repaired: &[String]) -> Result<Vec<Range>, RangeError> {
    let syntax = match ecosystem {
        "npm" => Syntax::Npm,
        "PyPI" => Syntax::Pep440,
        "RubyGems" => Syntax::Gem,
        "Maven" => Syntax::Maven,
        "NuGet" => Syntax::NuGet,
        "Packagist" => Syntax::Composer,
        other => Syntax::List(scheme_of(other)),
    };
    // Some records have plain comparisons, with versions that are none in the
    // ecosystem's own words.
    let plain = |error| {
        let brackets = text.contains(['(', ')', '[', ']']);
        let other = Syntax::List(scheme_of(ecosystem)).parse(text).ok();
        other.filter(|_| !brackets).ok_or(error)
    };
    let intervals = syntax.parse(text).or_else(plain)?;
    Ok(intervals.to_told_ranges(repaired))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(slug: &str, range: &str) -> Result<Advisory, String> {
        advisory(
            serde_json::from_value(json!({"identifier": "GMS-2020-1",
                "identifiers": ["GMS-2020-1", "CVE-2020-7"], "package_slug": slug,
                "affected_range": range, "title": "T", "description": "", "pubdate": "2020-01-02",
                "cvss_v3": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
                "cwe_ids": ["CWE-79"], "urls": ["https://example.org/1"]}))
            .unwrap(),
        )
    }

    #[test]
    fn ranges_in_the_words_of_each_ecosystem() {
        for (slug, range, ecosystem, package, count) in [
            ("npm/@a/b", "<1.2 || >=2.0 <2.3", "npm", "@a/b", 2),
            ("maven/org.a/b", "[2.0,2.3.1],(,1.5)", "Maven", "org.a:b", 2),
            ("pypi/A", ">=1,<2", "PyPI", "A", 1),
            ("gem/a", ">=1 <2", "RubyGems", "a", 1),
            ("go/example.org/a", "<v1.2", "Go", "example.org/a", 1),
            ("nuget/A.B", "(,)", "NuGet", "A.B", 1),
            ("packagist/a/b", "<1||>=2,<3", "Packagist", "a/b", 2),
            ("conan/a", "=1.2", "ConanCenter", "a", 1),
            ("gem/a", "*", "RubyGems", "a", 1),
            ("pypi/a", "<b301", "PyPI", "a", 1),
        ] {
            let advisory = read(slug, range).unwrap();
            let statement = &advisory.statements[0];
            assert_eq!(
                (statement.ecosystem.as_str(), statement.package.as_str()),
                (ecosystem, package)
            );
            assert_eq!(statement.ranges.len(), count, "{slug} {range}");
        }
    }

    #[test]
    fn what_repairs_stands_beside_the_range() {
        let record = json!({"identifier": "CVE-2019-20149", "package_slug": "npm/kind-of",
            "affected_range": "<=6.0.2", "fixed_versions": ["6.0.3"]});
        let advisory = advisory(serde_json::from_value(record).unwrap()).unwrap();
        let range = &advisory.statements[0].ranges[0];
        assert_eq!(range.last_affected.as_deref(), Some("6.0.2"));
        assert_eq!(range.fixed.as_deref(), Some("6.0.3"));
    }

    #[test]
    fn all_versions_in_words_alone() {
        for (words, range, count) in
            [("All versions", "", 1), ("All versions", "<2", 1), ("None", "", 0), ("", "", 0)]
        {
            let record = json!({"identifier": "CVE-2020-7737", "package_slug": "npm/safetydance",
                "affected_range": range, "affected_versions": words});
            let advisory = advisory(serde_json::from_value(record).unwrap()).unwrap();
            assert_eq!(advisory.statements.len(), count, "{words} {range}");
            let is_all = |statement: &Statement| statement.ranges == [Range::default()];
            assert_eq!(advisory.statements.iter().any(is_all), count == 1 && range.is_empty());
        }
    }

    #[test]
    fn a_record() {
        let advisory = read("npm/a", "<1").unwrap();
        assert_eq!(advisory.names, ["CVE-2020-7"]);
        assert_eq!(advisory.aliases, ["GMS-2020-1"]);
        assert_eq!((advisory.description.as_str(), advisory.published), ("T", 1_577_923_200));
        assert_eq!(advisory.scores[0].version, 3);
        assert_eq!(read("npm/a", "").unwrap().statements, []);
        assert!(read("npm/a", "<").is_err());
        assert!(read("pypi/a", "(,0)").is_err());
        assert!(read("nonesuch/a", "<1").is_err());
    }
}
