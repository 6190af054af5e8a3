//! The Debian security tracker: source package → CVE → release.

pub(super) mod advisories;
pub(super) mod changelogs;

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Sink;
use super::advisory::{Advisory, Statement, Status, emit};
use super::input::{self, InputError, Piece, Shape};
use crate::inspect::os::debian_version;

#[derive(Deserialize)]
struct Issue {
    description: Option<String>,
    releases: BTreeMap<String, Release>,
}

#[derive(Deserialize)]
struct Release {
    status: String,
    fixed_version: Option<String>,
    urgency: Option<String>,
    nodsa: Option<String>,
    nodsa_reason: Option<String>,
}

pub(super) fn read(path: &Path, sink: &mut dyn Sink) -> Result<(), InputError> {
    input::read(path, Shape::Members, sink, &mut |sink, place, piece| match piece {
        Piece::Member(package, issues) => issues_of(sink, place, package, issues),
        Piece::Record(_) => sink.malformed(place, "expected packages by name"),
        Piece::Begin | Piece::End => {}
    })
}

fn issues_of(sink: &mut dyn Sink, place: &str, package: &str, issues: &RawValue) {
    let issues: BTreeMap<String, &RawValue> = match serde_json::from_str(issues.get()) {
        Ok(issues) => issues,
        Err(error) => return sink.malformed(&format!("{place}: {package}"), &error.to_string()),
    };
    for (name, issue) in issues {
        match serde_json::from_str::<Issue>(issue.get()) {
            Ok(issue) => {
                sink.valid();
                emit(sink, advisory(package, &name, issue));
            }
            Err(error) => {
                sink.malformed(&format!("{place}: {package}: {name}"), &error.to_string());
            }
        }
    }
}

fn advisory(package: &str, name: &str, issue: Issue) -> Advisory {
    Advisory {
        names: vec![name.to_owned()],
        description: issue.description.unwrap_or_default(),
        link: format!("https://security-tracker.debian.org/tracker/{name}"),
        statements: issue
            .releases
            .iter()
            .filter_map(|(codename, release)| statement(package, codename, release))
            .collect(),
        ..Advisory::default()
    }
}

fn statement(package: &str, codename: &str, release: &Release) -> Option<Statement> {
    let ecosystem = format!("Debian:{}", debian_version(codename)?);
    let urgency = release.urgency.as_deref().unwrap_or_default().trim_end_matches('*');
    let fixed = release.fixed_version.as_deref();
    let statement = match (release.status.as_str(), fixed) {
        // Repaired in version 0 means: never affected.
        ("resolved", Some("0")) => Statement::not_affected(ecosystem, package),
        ("resolved", Some(fixed)) => Statement::before(ecosystem, package, Some(fixed)),
        ("undetermined", _) => {
            Statement::before(ecosystem, package, None).with_status(Status::UnderInvestigation)
        }
        _ => Statement::before(ecosystem, package, None).with_status(unfixed(release, urgency)),
    };
    Some(Statement { rating: urgency.to_owned(), ..statement })
}

/// What will become of an open issue.
fn unfixed(release: &Release, urgency: &str) -> Status {
    match release.nodsa_reason.as_deref() {
        Some("ignored") => Status::WillNotFix,
        Some("postponed") => Status::Deferred,
        _ if urgency == "end-of-life" => Status::WillNotFix,
        // Too small for an advisory of its own: it comes with a point release.
        _ if release.nodsa.is_some() => Status::Deferred,
        _ => Status::Affected,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn states_of_a_release() {
        for (release, status, fixed) in [
            (
                json!({"status": "resolved", "fixed_version": "1.2-3"}),
                Status::Affected,
                Some("1.2-3"),
            ),
            (json!({"status": "resolved", "fixed_version": "0"}), Status::NotAffected, None),
            (json!({"status": "open"}), Status::Affected, None),
            (
                json!({"status": "open", "nodsa": "Minor issue", "nodsa_reason": ""}),
                Status::Deferred,
                None,
            ),
            (
                json!({"status": "open", "nodsa": "x", "nodsa_reason": "ignored"}),
                Status::WillNotFix,
                None,
            ),
            (
                json!({"status": "open", "nodsa": "x", "nodsa_reason": "postponed"}),
                Status::Deferred,
                None,
            ),
            (json!({"status": "open", "urgency": "end-of-life"}), Status::WillNotFix, None),
            (json!({"status": "undetermined"}), Status::UnderInvestigation, None),
        ] {
            let told: Release = serde_json::from_value(release.clone()).unwrap();
            let statement = statement("openssl", "bookworm", &told).unwrap();
            assert_eq!(statement.status, status, "{release}");
            assert_eq!(statement.ecosystem, "Debian:12");
            let end = statement.ranges.first().and_then(|range| range.fixed.as_deref());
            assert_eq!(end, fixed, "{release}");
            assert_eq!(statement.ranges.is_empty(), status == Status::NotAffected, "{release}");
        }
    }

    #[test]
    fn unknown_releases_are_left_out() {
        let told: Release = serde_json::from_value(json!({"status": "open"})).unwrap();
        assert_eq!(statement("openssl", "nonesuch", &told), None);
    }
}
