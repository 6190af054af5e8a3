//! The Ruby advisory database: one record a gem or an engine, which tells
//! the versions that are not affected.

use std::path::Path;

use serde::Deserialize;

use super::advisory::{Advisory, Statement, seconds};
use super::input::InputError;
use super::{Sink, records};
use crate::version::Scheme;
use crate::version::range::{Intervals, Syntax};
use crate::vulndb::record::Score;

#[derive(Deserialize)]
struct Record {
    gem: Option<String>,
    engine: Option<String>,
    library: Option<String>,
    cve: Option<String>,
    ghsa: Option<String>,
    osvdb: Option<u64>,
    #[serde(default)]
    url: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    date: String,
    cvss_v2: Option<f32>,
    cvss_v3: Option<f32>,
    cvss_v4: Option<f32>,
    #[serde(default)]
    patched_versions: Vec<String>,
    #[serde(default)]
    unaffected_versions: Vec<String>,
    #[serde(default)]
    related: Related,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Related {
    url: Vec<String>,
}

pub(super) fn read(path: &Path, sink: &mut dyn Sink) -> Result<(), InputError> {
    records::read(path, sink, |record, _| advisory(record))
}

fn advisory(record: Record) -> Result<Advisory, String> {
    let (ecosystem, package) = match (record.gem, record.engine.or(record.library)) {
        (Some(gem), _) => ("RubyGems", gem),
        // Interpreters are programs, not gems.
        (None, Some(engine)) => ("Application", engine),
        (None, None) => return Err("it names no gem".to_owned()),
    };
    let mut affected = Intervals::all(Scheme::Gem);
    for text in record.patched_versions.iter().chain(&record.unaffected_versions) {
        let safe = Syntax::Gem.parse(text).map_err(|error| format!("{text:?}: {error}"))?;
        affected = affected.intersection(&safe.complement());
    }
    let cve = record.cve.map(|number| format!("CVE-{number}"));
    let mut aliases: Vec<String> = Vec::new();
    aliases.extend(record.ghsa.map(|id| format!("GHSA-{id}")));
    aliases.extend(record.osvdb.map(|id| format!("OSVDB-{id}")));
    let mut names: Vec<String> = cve.into_iter().collect();
    if names.is_empty() {
        if aliases.is_empty() {
            return Err("it has no name".to_owned());
        }
        names.push(aliases.remove(0));
    }
    let scores = [(2, record.cvss_v2), (3, record.cvss_v3), (4, record.cvss_v4)];
    let scores = scores.into_iter().filter_map(|(version, score)| {
        score.map(|score| Score { version, score, ..Score::default() })
    });
    Ok(Advisory {
        names,
        aliases,
        description: if record.description.is_empty() { record.title } else { record.description },
        link: record.url,
        references: record.related.url,
        scores: scores.collect(),
        published: seconds(&record.date),
        statements: vec![Statement {
            ecosystem: ecosystem.to_owned(),
            package,
            ranges: affected.to_told_ranges(&[]),
            ..Statement::default()
        }],
        ..Advisory::default()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_safe_is_affected() {
        let record = json!({"gem": "actionpack", "cve": "2009-3086", "ghsa": "fg9w-g6m4-557j",
            "title": "T", "date": "2017-10-24", "cvss_v2": 5,
            "unaffected_versions": ["< 2.1.0"], "patched_versions": ["~> 2.2.3", ">= 2.3.4"]});
        let advisory = advisory(serde_json::from_value(record).unwrap()).unwrap();
        assert_eq!(advisory.names, ["CVE-2009-3086"]);
        assert_eq!(advisory.aliases, ["GHSA-fg9w-g6m4-557j"]);
        let affected = Intervals::from_ranges(Scheme::Gem, &advisory.statements[0].ranges);
        for (version, expected) in [
            ("2.0.9", false),
            ("2.1.0", true),
            ("2.2.2", true),
            ("2.2.3", false),
            ("2.2.9", false),
            ("2.3.3", true),
            ("2.3.4", false),
        ] {
            assert_eq!(affected.contains(version), expected, "{version}");
        }
    }

    #[test]
    fn without_a_repair_all_are_affected() {
        let record = json!({"engine": "mruby", "ghsa": "a-b-c"});
        let advisory = advisory(serde_json::from_value(record).unwrap()).unwrap();
        assert_eq!(advisory.names, ["GHSA-a-b-c"]);
        let statement = &advisory.statements[0];
        assert_eq!((statement.ecosystem.as_str(), statement.ranges.len()), ("Application", 1));
        assert!(super::advisory(serde_json::from_value(json!({"gem": "a"})).unwrap()).is_err());
    }
}
