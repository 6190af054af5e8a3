//! Advisories of GitHub as its two interfaces give them, one of which also
//! lists vulnerabilities with the advisory in each; those in the OSV format
//! are read as such.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::advisory::{Advisory, Statement, emit, is_cve, seconds};
use super::input::{self, InputError, Piece, Shape};
use super::{Sink, scheme_of};
use crate::version::range::Syntax;
use crate::vulndb::ecosystem;

/// The members of answers that hold records.
const ARRAYS: &[&str] = &["nodes", "advisories"];
/// The members of answers that lead to such.
const LEADING: &[&str] = &["data", "securityAdvisories", "securityVulnerabilities"];

/// A vulnerability of one package, with its advisory inside.
#[derive(Deserialize)]
struct Listed<'r> {
    #[serde(borrow)]
    advisory: Option<&'r RawValue>,
}

#[derive(Deserialize)]
struct Record {
    #[serde(alias = "ghsaId")]
    ghsa_id: String,
    cve_id: Option<String>,
    #[serde(default, alias = "permalink")]
    html_url: String,
    #[serde(default)]
    summary: String,
    description: Option<String>,
    #[serde(default)]
    severity: String,
    #[serde(default)]
    identifiers: Vec<Identifier>,
    #[serde(default)]
    references: Vec<Value>,
    #[serde(default, alias = "publishedAt")]
    published_at: String,
    #[serde(default, alias = "updatedAt")]
    updated_at: String,
    #[serde(alias = "withdrawnAt")]
    withdrawn_at: Option<String>,
    vulnerabilities: Nodes<Affected>,
    #[serde(default)]
    cvss: Value,
    #[serde(default, alias = "cvssSeverities")]
    cvss_severities: Value,
    cwes: Option<Nodes<Value>>,
}

#[derive(Deserialize)]
struct Identifier {
    value: String,
}

/// A list, as one interface has it, or in `nodes`, as the other.
#[derive(Deserialize)]
#[serde(untagged)]
enum Nodes<T> {
    Plain(Vec<T>),
    Wrapped { nodes: Vec<T> },
}

impl<T> Nodes<T> {
    fn list(&self) -> &[T] {
        match self {
            Self::Plain(list) | Self::Wrapped { nodes: list } => list,
        }
    }
}

#[derive(Deserialize)]
struct Affected {
    package: Package,
    #[serde(alias = "vulnerableVersionRange")]
    vulnerable_version_range: Option<String>,
    /// A version, or an object with it.
    #[serde(default, alias = "firstPatchedVersion")]
    first_patched_version: Value,
}

#[derive(Deserialize)]
struct Package {
    ecosystem: String,
    name: String,
}

pub(super) fn read(path: &Path, sink: &mut dyn Sink) -> Result<(), InputError> {
    let mut single = Vec::new();
    input::read(path, Shape::Arrays(ARRAYS), sink, &mut |sink, place, piece| match piece {
        Piece::Begin => single.clear(),
        Piece::Record(bytes) => record(sink, place, bytes),
        Piece::Member(name, value) if LEADING.contains(&name) => page(sink, place, value),
        // A document may be one advisory.
        Piece::Member(name, value) => single.push((name.to_owned(), value.get().to_owned())),
        Piece::End => {
            if single.iter().any(|(name, _)| name == "ghsa_id" || name == "ghsaId") {
                record(sink, place, object(&single).as_bytes());
            }
        }
    })
}

/// The records of a page, `{"data": {"securityAdvisories": {"nodes": […]}}}`,
/// from any of its members on.
fn page(sink: &mut dyn Sink, place: &str, value: &RawValue) {
    if let Ok(records) = serde_json::from_str::<Vec<&RawValue>>(value.get()) {
        for one in records {
            record(sink, place, one.get().as_bytes());
        }
        return;
    }
    let members: BTreeMap<String, &RawValue> =
        serde_json::from_str(value.get()).unwrap_or_default();
    for (name, value) in members {
        if ARRAYS.contains(&name.as_str()) || LEADING.contains(&name.as_str()) {
            page(sink, place, value);
        }
    }
}

fn object(members: &[(String, String)]) -> String {
    let members: Vec<String> = members
        .iter()
        .map(|(name, value)| format!("{}:{value}", Value::String(name.clone())))
        .collect();
    format!("{{{}}}", members.join(","))
}

fn record(sink: &mut dyn Sink, place: &str, bytes: &[u8]) {
    let record = match parse(bytes) {
        Ok(record) => record,
        Err(error) => return sink.malformed(place, &error.to_string()),
    };
    let withdrawn = record.withdrawn_at.is_some();
    match advisory(&record) {
        Ok(_) if withdrawn => sink.valid(),
        Ok(advisory) => {
            sink.valid();
            emit(sink, advisory);
        }
        Err(reason) => sink.malformed(place, &reason),
    }
}

/// An advisory; of a listed vulnerability its own, with that alone in it.
fn parse(bytes: &[u8]) -> serde_json::Result<Record> {
    let Listed { advisory: Some(inner) } = serde_json::from_slice(bytes)? else {
        return serde_json::from_slice(bytes);
    };
    let mut advisory: Map<String, Value> = serde_json::from_str(inner.get())?;
    let vulnerability: Value = serde_json::from_slice(bytes)?;
    advisory.insert("vulnerabilities".to_owned(), Value::Array(vec![vulnerability]));
    serde_json::from_value(Value::Object(advisory))
}

fn advisory(record: &Record) -> Result<Advisory, String> {
    let identifiers = record.identifiers.iter().map(|identifier| &identifier.value);
    let mut names: Vec<String> =
        identifiers.chain(&record.cve_id).filter(|id| is_cve(id)).cloned().collect();
    names.sort();
    names.dedup();
    let description = record.description.as_ref().filter(|text| !text.is_empty());
    let link = |reference: &Value| {
        let url = reference.as_str().or_else(|| reference.get("url")?.as_str());
        url.map(str::to_owned)
    };
    let own = format!("https://github.com/advisories/{}", record.ghsa_id);
    let cwe = |cwe: &Value| {
        let id = cwe.get("cwe_id").or_else(|| cwe.get("cweId"));
        id.and_then(Value::as_str).map(str::to_owned)
    };
    let mut advisory = Advisory {
        id: record.ghsa_id.clone(),
        names,
        description: description.unwrap_or(&record.summary).clone(),
        link: if record.html_url.is_empty() { own } else { record.html_url.clone() },
        references: record.references.iter().filter_map(link).collect(),
        cwes: record.cwes.iter().flat_map(|cwes| cwes.list().iter().filter_map(cwe)).collect(),
        rating: record.severity.to_lowercase(),
        published: seconds(&record.published_at),
        modified: seconds(&record.updated_at),
        ..Advisory::default()
    };
    let severities = &record.cvss_severities;
    let scores = ["cvss_v3", "cvssV3", "cvss_v4", "cvssV4"].iter().map(|key| severities.get(key));
    for score in scores.flatten().chain([&record.cvss]) {
        let vector = score.get("vector_string").or_else(|| score.get("vectorString"));
        advisory.score(vector.and_then(Value::as_str).unwrap_or_default());
    }
    for affected in record.vulnerabilities.list() {
        advisory.statements.push(statement(affected)?);
    }
    Ok(advisory)
}

fn statement(affected: &Affected) -> Result<Statement, String> {
    let key = ecosystem::named(&affected.package.ecosystem).key;
    let range = affected.vulnerable_version_range.as_deref().unwrap_or(">= 0");
    let ranges = Syntax::List(scheme_of(&key))
        .parse(range)
        .map_err(|error| format!("{}: {range:?}: {error}", affected.package.name))?
        .to_told_ranges(&repaired(&affected.first_patched_version));
    Ok(Statement {
        ecosystem: key,
        package: affected.package.name.clone(),
        ranges,
        ..Statement::default()
    })
}

/// The versions that repair it: one, or several with commas between.
fn repaired(told: &Value) -> Vec<String> {
    let told = told.get("identifier").unwrap_or(told).as_str().unwrap_or_default();
    told.split(',').map(|one| one.trim().to_owned()).filter(|one| !one.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::Kept;
    use super::*;

    #[test]
    fn pages_lead_to_their_records() {
        let listed = r#"{"advisory": {"ghsaId": "GHSA-a"}, "package": {"ecosystem": "NPM",
            "name": "a"}, "vulnerableVersionRange": "< 1.2"}"#;
        let nodes = format!(r#"{{"pageInfo": {{}}, "nodes": [{listed}, {listed}]}}"#);
        for (text, valid) in [
            (format!(r#"{{"data": {{"securityVulnerabilities": {nodes}}}}}"#), 2),
            (format!(r#"{{"securityVulnerabilities": {nodes}}}"#), 2),
            (nodes.clone(), 2),
            (format!("[{listed}]"), 1),
            (r#"{"data": null, "errors": []}"#.to_owned(), 0),
            (r#"{"data": {"securityAdvisories": {"nodes": {"data": 1}}}}"#.to_owned(), 0),
        ] {
            let file = tempfile::Builder::new().suffix(".json").tempfile().unwrap();
            std::fs::write(file.path(), &text).unwrap();
            let mut told = Kept::default();
            read(file.path(), &mut told).unwrap();
            assert_eq!(told.valid, valid, "{text}");
        }
    }

    #[test]
    fn both_interfaces_say_the_same() {
        let rest = json!({"ghsa_id": "GHSA-a", "cve_id": "CVE-2024-1", "summary": "S",
            "description": "D", "severity": "high", "references": ["https://example.org/1"],
            "identifiers": [{"type": "GHSA", "value": "GHSA-a"}, {"type": "CVE", "value": "CVE-2024-1"}],
            "published_at": "2024-01-02T00:00:00Z", "updated_at": "2024-01-03T00:00:00Z",
            "withdrawn_at": null, "cwes": [{"cwe_id": "CWE-79"}],
            "cvss": {"vector_string": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "score": 9.8},
            "vulnerabilities": [{"package": {"ecosystem": "npm", "name": "a"},
                "vulnerable_version_range": ">= 1.0, <= 1.1.9", "first_patched_version": "1.2"}]});
        let graph = json!({"ghsaId": "GHSA-a", "summary": "S", "description": "D",
            "severity": "HIGH", "references": [{"url": "https://example.org/1"}],
            "identifiers": [{"type": "CVE", "value": "CVE-2024-1"}],
            "publishedAt": "2024-01-02T00:00:00Z", "updatedAt": "2024-01-03T00:00:00Z",
            "withdrawnAt": null, "cwes": {"nodes": [{"cweId": "CWE-79"}]},
            "cvss": {"vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"},
            "vulnerabilities": {"nodes": [{"package": {"ecosystem": "NPM", "name": "a"},
                "vulnerableVersionRange": ">= 1.0, <= 1.1.9",
                "firstPatchedVersion": {"identifier": "1.2"}}]}});
        let mut listed = graph.clone();
        let mut node = listed["vulnerabilities"]["nodes"][0].take();
        listed.as_object_mut().unwrap().remove("vulnerabilities");
        node["advisory"] = listed;
        let [rest, graph, listed] = [rest, graph, node]
            .map(|record| advisory(&parse(record.to_string().as_bytes()).unwrap()).unwrap());
        assert_eq!(rest, graph);
        assert_eq!(rest, listed);
        assert_eq!(rest.names, ["CVE-2024-1"]);
        assert_eq!(rest.id, "GHSA-a");
        assert_eq!(rest.cwes, ["CWE-79"]);
        let range = &rest.statements[0].ranges[0];
        assert_eq!(range.introduced.as_deref(), Some("1.0"));
        assert_eq!(range.last_affected.as_deref(), Some("1.1.9"));
        assert_eq!(range.fixed.as_deref(), Some("1.2"));
    }
}
