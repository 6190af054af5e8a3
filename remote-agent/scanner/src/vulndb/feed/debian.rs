//! The Debian security tracker: source package → CVE → release.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::input::{self, InputError};
use super::{PackageEntry, Sink};
use crate::inspect::os::debian_version;
use crate::vulndb::record::{Affected, Range, Vulnerability};

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
}

pub(super) fn read(path: &Path, sink: &mut dyn Sink) -> Result<(), InputError> {
    for file in input::files(path)? {
        input::documents(&file, sink, document)?;
    }
    Ok(())
}

fn document(sink: &mut dyn Sink, place: &str, bytes: &[u8]) {
    let packages: BTreeMap<String, Box<RawValue>> = match serde_json::from_slice(bytes) {
        Ok(packages) => packages,
        Err(error) => return sink.malformed(place, &error.to_string()),
    };
    for (package, issues) in packages {
        let issues: BTreeMap<String, Box<RawValue>> = match serde_json::from_str(issues.get()) {
            Ok(issues) => issues,
            Err(error) => {
                sink.malformed(&format!("{place}: {package}"), &error.to_string());
                continue;
            }
        };
        for (name, issue) in issues {
            match serde_json::from_str::<Issue>(issue.get()) {
                Ok(issue) => {
                    sink.valid();
                    add(sink, &package, &name, issue);
                }
                Err(error) => {
                    sink.malformed(&format!("{place}: {package}: {name}"), &error.to_string());
                }
            }
        }
    }
}

fn add(sink: &mut dyn Sink, package: &str, name: &str, issue: Issue) {
    for (codename, release) in issue.releases {
        let Some(version) = debian_version(&codename) else { continue };
        let fixed = match (release.status.as_str(), release.fixed_version) {
            // Nobody knows yet whether it is affected.
            ("undetermined", _) => continue,
            ("resolved", Some(fixed)) => Some(fixed),
            _ => None,
        };
        let mut affected = Affected {
            name: name.to_owned(),
            feed_rating: release.urgency.unwrap_or_default().trim_end_matches('*').to_owned(),
            ..Affected::default()
        };
        // Repaired in version 0 means: never affected.
        if fixed.as_deref() != Some("0") {
            affected.ranges.push(Range { fixed, ..Range::default() });
        }
        sink.package(PackageEntry {
            ecosystem: format!("Debian:{version}"),
            package: package.to_owned(),
            affected,
        });
    }
    sink.vulnerability(
        Vulnerability {
            name: name.to_owned(),
            description: issue.description.unwrap_or_default(),
            link: format!("https://security-tracker.debian.org/tracker/{name}"),
            ..Vulnerability::default()
        },
        false,
    );
}
