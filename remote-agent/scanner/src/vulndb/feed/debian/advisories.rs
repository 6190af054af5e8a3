//! The lists of Debian's advisories (DSA, DLA): the tracker's own text, or
//! one advisory a line as JSON.

use std::path::Path;

use serde::Deserialize;

use super::super::Sink;
use super::super::advisory::{Advisory, Statement, Status, cves_in, emit, seconds};
use super::super::input::{self, InputError};
use crate::inspect::os::debian_version;

#[derive(Debug, Default, Deserialize, PartialEq)]
struct Record {
    id: String,
    #[serde(default)]
    date: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    cves: Vec<String>,
    #[serde(default)]
    fixed: Vec<Fixed>,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Fixed {
    release: String,
    package: String,
    version: String,
}

pub(in super::super) fn read(path: &Path, sink: &mut dyn Sink) -> Result<(), InputError> {
    input::documents(path, accepts, sink, &mut |sink, document| {
        let json = input::is_json(document.name);
        let mut open: Option<Record> = None;
        input::lines(document, sink, &mut |sink, place, line| {
            if json {
                match serde_json::from_slice::<Record>(line) {
                    Ok(record) => add(sink, record),
                    Err(error) => sink.malformed(place, &error.to_string()),
                }
                return Ok(());
            }
            let line = String::from_utf8_lossy(line);
            if line.starts_with('[') {
                if let Some(record) = open.take() {
                    add(sink, record);
                }
                open = head(&line);
                if open.is_none() {
                    sink.malformed(place, "it is no advisory");
                }
            } else if let Some(record) = &mut open {
                body(record, line.trim());
            }
            Ok(())
        })?;
        if let Some(record) = open {
            add(sink, record);
        }
        Ok(())
    })
}

fn accepts(name: &str) -> bool {
    input::is_json(name) || name == "list" || name.ends_with("/list")
}

/// `[29 Mar 2023] DSA-5380-1 xorg-server - security update`
fn head(line: &str) -> Option<Record> {
    let (date, rest) = line.strip_prefix('[')?.split_once(']')?;
    let (id, title) = rest.trim().split_once(' ')?;
    if !id.starts_with('D') || !id.contains('-') {
        return None;
    }
    Some(Record {
        id: id.to_owned(),
        date: date.to_owned(),
        title: title.trim().to_owned(),
        ..Record::default()
    })
}

/// `{CVE-2023-1393}` or `[bullseye] - xorg-server 2:1.20.11-1+deb11u6`
fn body(record: &mut Record, line: &str) {
    if line.starts_with('{') {
        record.cves.extend(cves_in(line));
    } else if let Some((release, rest)) =
        line.strip_prefix('[').and_then(|line| line.split_once("] - "))
    {
        let (package, version) = rest.trim().split_once(' ').unwrap_or((rest.trim(), "<unfixed>"));
        record.fixed.push(Fixed {
            release: release.to_owned(),
            package: package.to_owned(),
            version: version.trim().to_owned(),
        });
    }
}

fn add(sink: &mut dyn Sink, record: Record) {
    sink.valid();
    let statements: Vec<Statement> = record.fixed.iter().filter_map(statement).collect();
    // Regressions have no name of their own, and no vulnerability.
    if record.cves.is_empty() && !record.id.ends_with("-1") {
        return;
    }
    emit(
        sink,
        Advisory {
            link: format!("https://security-tracker.debian.org/tracker/{}", record.id),
            names: record.cves,
            description: record.title,
            published: seconds(&record.date),
            statements,
            id: record.id,
            ..Advisory::default()
        },
    );
}

fn statement(fixed: &Fixed) -> Option<Statement> {
    let ecosystem = format!("Debian:{}", debian_version(&fixed.release)?);
    let package = fixed.package.as_str();
    let version = fixed.version.split(" (").next().unwrap_or_default().trim();
    let unfixed = |status| Statement::before(ecosystem.as_str(), package, None).with_status(status);
    Some(match version {
        "<not-affected>" => Statement::not_affected(ecosystem, package),
        "<end-of-life>" | "<ignored>" => unfixed(Status::WillNotFix),
        "<postponed>" | "<no-dsa>" => unfixed(Status::Deferred),
        "<undetermined>" => unfixed(Status::UnderInvestigation),
        word if word.starts_with('<') || word.is_empty() => unfixed(Status::Affected),
        version => Statement::before(ecosystem, package, Some(version)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_an_advisory() {
        let mut record = head("[29 Mar 2023] DSA-5380-1 xorg-server - security update").unwrap();
        body(&mut record, "{CVE-2023-1393 CVE-2023-2}");
        body(&mut record, "[bullseye] - xorg-server 2:1.20.11-1+deb11u6");
        body(&mut record, "[buster] - xorg-server <not-affected> (introduced later)");
        body(&mut record, "NOTE: nothing");
        assert_eq!((record.id.as_str(), record.date.as_str()), ("DSA-5380-1", "29 Mar 2023"));
        assert_eq!(record.cves, ["CVE-2023-1393", "CVE-2023-2"]);
        let told: Vec<_> = record.fixed.iter().filter_map(statement).collect();
        assert_eq!(
            told,
            [
                Statement::before("Debian:11", "xorg-server", Some("2:1.20.11-1+deb11u6")),
                Statement::not_affected("Debian:10", "xorg-server"),
            ]
        );
        assert_eq!(head("[29 Mar 2023] nothing"), None);
    }
}
