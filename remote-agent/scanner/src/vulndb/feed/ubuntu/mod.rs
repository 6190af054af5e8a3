//! The Ubuntu CVE tracker: its own text records, one a CVE, as files of its
//! repository or as `{"path", "text"}` one a line.

mod record;

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::Sink;
use super::advisory::{Advisory, Statement, Status, emit, seconds};
use super::input::{self, InputError};
use record::{Record, Standing};

#[derive(Deserialize)]
struct Line {
    path: String,
    text: String,
}

pub(super) fn read(path: &Path, sink: &mut dyn Sink) -> Result<(), InputError> {
    input::documents(path, accepts, sink, &mut |sink, document| {
        if input::is_json(document.name) {
            return input::lines(document, sink, &mut |sink, place, line| {
                match serde_json::from_slice::<Line>(line) {
                    Ok(line) => text(sink, &line.path, &line.text),
                    Err(error) => sink.malformed(place, &error.to_string()),
                }
                Ok(())
            });
        }
        let mut bytes = Vec::new();
        document.reader.read_to_end(&mut bytes)?;
        text(sink, document.name, &String::from_utf8_lossy(&bytes));
        Ok(())
    })
}

/// A checkout holds more than records.
fn accepts(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or_default();
    file.starts_with("CVE-") || input::is_json(file)
}

fn text(sink: &mut dyn Sink, place: &str, text: &str) {
    let record = record::parse(text);
    if record.name.is_empty() {
        return sink.malformed(place, "it names no candidate");
    }
    sink.valid();
    emit(sink, advisory(&record));
}

fn advisory(record: &Record<'_>) -> Advisory {
    let mut advisory = Advisory {
        link: format!("https://ubuntu.com/security/{}", record.name),
        names: vec![record.name.to_owned()],
        description: record.description.clone(),
        references: record.references.iter().map(|&url| url.to_owned()).collect(),
        rating: record.priority.to_owned(),
        published: seconds(record.published),
        ..Advisory::default()
    };
    for vector in &record.vectors {
        advisory.score(vector);
    }
    // By release and package: what everybody gets, and what subscribers get.
    let mut told: BTreeMap<(&str, &str), [Option<&Standing<'_>>; 2]> = BTreeMap::new();
    for standing in &record.standings {
        let Some((release, subscribed)) = release(standing.suite) else { continue };
        let both = told.entry((release, standing.package)).or_default();
        if let Some(place) = both.get_mut(usize::from(subscribed)) {
            place.get_or_insert(standing);
        }
    }
    for ((release, package), [everybody, subscribers]) in told {
        let Some(standing) = chosen(everybody, subscribers) else { continue };
        let ecosystem = format!("Ubuntu:{release}");
        let Some(statement) = statement(&ecosystem, standing) else { continue };
        let own = |of: &str| record.priorities.iter().find(|(named, _)| *named == of);
        let codename = codename(standing.suite).map_or("", |(codename, _)| codename);
        let rating = own(&format!("{package}_{codename}")).or_else(|| own(package));
        let rating = rating.map(|(_, priority)| (*priority).to_owned()).unwrap_or_default();
        advisory.statements.push(Statement { rating, ..statement });
    }
    advisory
}

/// The code name of the release that a suite belongs to, and whether only
/// subscribers get it. None for suites that no image is made of.
fn codename(suite: &str) -> Option<(&str, bool)> {
    match suite.split_once('/') {
        None => Some((suite, false)),
        Some((codename, "esm") | ("esm-infra" | "esm-apps" | "esm-infra-legacy", codename)) => {
            Some((codename, true))
        }
        Some(_) => None,
    }
}

/// The release that a suite belongs to, and whether only subscribers get it.
fn release(suite: &str) -> Option<(&'static str, bool)> {
    let (codename, subscribed) = codename(suite)?;
    let found = RELEASES.iter().find(|(name, _)| *name == codename);
    found.map(|(_, version)| (*version, subscribed))
}

/// What holds for a release: subscribers' repairs count where everybody has
/// none, since an image may have them.
fn chosen<'r, 't>(
    everybody: Option<&'r Standing<'t>>,
    subscribers: Option<&'r Standing<'t>>,
) -> Option<&'r Standing<'t>> {
    let settled = |standing: &&Standing<'_>| matches!(standing.state, "released" | "not-affected");
    let known = |standing: &&Standing<'_>| standing.state != "DNE";
    everybody.filter(settled).or(subscribers.filter(known)).or(everybody)
}

fn statement(ecosystem: &str, standing: &Standing<'_>) -> Option<Statement> {
    let package = standing.package;
    let unfixed = |status| Some(Statement::before(ecosystem, package, None).with_status(status));
    match standing.state {
        "released" => {
            let fixed = standing.note.split([' ', ',']).next().unwrap_or_default();
            let is_version = fixed.starts_with(|c: char| c.is_ascii_digit());
            is_version.then(|| Statement::before(ecosystem, package, Some(fixed)))
        }
        "not-affected" => Some(Statement::not_affected(ecosystem, package)),
        "needed" | "pending" | "in-progress" | "active" => unfixed(Status::Affected),
        "needs-triage" => unfixed(Status::UnderInvestigation),
        "deferred" => unfixed(Status::Deferred),
        "ignored" => unfixed(Status::WillNotFix),
        _ => None,
    }
}

/// Releases by code name.
const RELEASES: [(&str, &str); 44] = [
    ("warty", "4.10"),
    ("hoary", "5.04"),
    ("breezy", "5.10"),
    ("dapper", "6.06"),
    ("edgy", "6.10"),
    ("feisty", "7.04"),
    ("gutsy", "7.10"),
    ("hardy", "8.04"),
    ("intrepid", "8.10"),
    ("jaunty", "9.04"),
    ("karmic", "9.10"),
    ("lucid", "10.04"),
    ("maverick", "10.10"),
    ("natty", "11.04"),
    ("oneiric", "11.10"),
    ("precise", "12.04"),
    ("quantal", "12.10"),
    ("raring", "13.04"),
    ("saucy", "13.10"),
    ("trusty", "14.04"),
    ("utopic", "14.10"),
    ("vivid", "15.04"),
    ("wily", "15.10"),
    ("xenial", "16.04"),
    ("yakkety", "16.10"),
    ("zesty", "17.04"),
    ("artful", "17.10"),
    ("bionic", "18.04"),
    ("cosmic", "18.10"),
    ("disco", "19.04"),
    ("eoan", "19.10"),
    ("focal", "20.04"),
    ("groovy", "20.10"),
    ("hirsute", "21.04"),
    ("impish", "21.10"),
    ("jammy", "22.04"),
    ("kinetic", "22.10"),
    ("lunar", "23.04"),
    ("mantic", "23.10"),
    ("noble", "24.04"),
    ("oracular", "24.10"),
    ("plucky", "25.04"),
    ("questing", "25.10"),
    ("resolute", "26.04"),
];

/// The number of the release `codename`.
pub(crate) fn release_of(codename: &str) -> Option<&'static str> {
    release(codename).map(|(release, _)| release)
}

#[cfg(test)]
mod tests;
