//! SARIF 2.1.0: one rule a vulnerability, one result a package that has it;
//! the same for malware and secrets, and the files that are or hold them.

use std::collections::HashMap;

use palisade_api::Digest;
use serde_json::{Value, json};

use super::{MALWARE_ADVICE, malware_sentence, sentence, severity_text};
use crate::package::LayeredPackage;
use crate::report::{Finding, Report, Severity};
use crate::scan::{FileMalware, FileSecret};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

pub(super) fn document(report: &Report, target: &str) -> Result<String, serde_json::Error> {
    let mut rules = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut results = Vec::new();
    let counted = report.counted().map(|(finding, package)| (finding, package, None));
    let aside = report.set_aside().map(|(finding, package, why)| (finding, package, Some(why)));
    for (finding, package, why) in counted.chain(aside) {
        let place = *places.entry(&finding.name).or_insert_with(|| {
            rules.push(rule(finding));
            rules.len() - 1
        });
        let mut result = result(finding, package, place, target);
        result["suppressions"] = match why {
            Some(why) => {
                json!([{ "kind": "external", "status": "accepted", "justification": why }])
            }
            // Empty says that somebody looked; absent that nobody did.
            None => json!([]),
        };
        results.push(result);
    }
    let mut place_of = |rule: Value| {
        rules.iter().position(|known| known["id"] == rule["id"]).unwrap_or_else(|| {
            rules.push(rule);
            rules.len() - 1
        })
    };
    for found in &report.malware {
        let id = format!("malware/{}", found.malware.name);
        let place = place_of(malware_rule(&id, found));
        results.push(malware_result(&id, place, found, target));
    }
    for found in &report.secrets {
        let id = format!("secret/{}", found.secret.kind);
        let place = place_of(secret_rule(&id, found));
        results.push(secret_result(&id, place, found, target));
    }
    let notes: Vec<Value> = report
        .problems
        .iter()
        .map(|problem| {
            json!({ "level": "warning", "message": { "text": problem.reason },
                "locations": [location(&problem.path, None)] })
        })
        .collect();
    serde_json::to_string_pretty(&json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "Palisade",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "invocations": [{
                "executionSuccessful": true,
                "endTimeUtc": report.scanned_at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
                "toolExecutionNotifications": notes,
            }],
            "columnKind": "utf16CodeUnits",
            "properties": {
                "target": target,
                "digest": report.digest.map(Digest::to_oci).unwrap_or_default(),
                "databaseVersion": report.cvedb_version,
            },
            "results": results,
        }],
    }))
}

const fn level(severity: Option<Severity>) -> &'static str {
    match severity {
        Some(Severity::Critical | Severity::High) => "error",
        Some(Severity::Medium) => "warning",
        Some(Severity::Low) | None => "note",
    }
}

fn rule(finding: &Finding) -> Value {
    let severity = severity_text(finding.severity());
    let summary = format!("{} ({})", finding.name, severity.to_lowercase());
    let full = if finding.description.is_empty() { &summary } else { &finding.description };
    let mut rule = json!({
        "id": finding.name,
        "name": "VulnerablePackage",
        "shortDescription": { "text": summary },
        "fullDescription": { "text": full.chars().take(1000).collect::<String>() },
        "defaultConfiguration": { "level": level(finding.severity()) },
        "help": { "text": format!("{full}\n\n{}", finding.links.join("\n")).trim() },
        "properties": {
            "precision": "very-high",
            "security-severity": format!("{:.1}", finding.rating.score_v3),
            "tags": ["vulnerability", "security", severity.to_uppercase()],
        },
    });
    if let Some(link) = finding.urls().next() {
        rule["helpUri"] = json!(link);
    }
    rule
}

fn result(finding: &Finding, package: &LayeredPackage, place: usize, target: &str) -> Value {
    let held = &package.package;
    let print = [&finding.name, &held.name, &held.version, &held.file].map(String::as_str);
    let what = format!("{target}: {}@{}", held.shown_name(), held.version);
    json!({
        "ruleId": finding.name,
        "ruleIndex": place,
        "level": level(finding.severity()),
        "message": { "text": sentence(finding, package) },
        "locations": [location(&held.file, Some(&what))],
        "partialFingerprints": {
            "vulnerabilityInPackage/v1": Digest::of(print.join("\0").as_bytes()).to_string(),
        },
    })
}

fn malware_rule(id: &str, found: &FileMalware) -> Value {
    let summary = format!("Known malware {}", found.malware.name);
    json!({
        "id": id,
        "name": "KnownMalware",
        "shortDescription": { "text": summary },
        "fullDescription": { "text": format!("{summary}, by the hash of the file") },
        "defaultConfiguration": { "level": "error" },
        "help": { "text": MALWARE_ADVICE },
        "properties": {
            "precision": "very-high",
            "security-severity": "10.0",
            "tags": ["malware", "security", "CRITICAL"],
        },
    })
}

fn malware_result(id: &str, place: usize, found: &FileMalware, target: &str) -> Value {
    let print = [found.path.as_str(), &found.malware.sha256.to_string()].join("\0");
    json!({
        "ruleId": id,
        "ruleIndex": place,
        "level": "error",
        "message": { "text": malware_sentence(found) },
        "locations": [location(&found.path, Some(target))],
        "partialFingerprints": { "malwareInFile/v1": Digest::of(print.as_bytes()).to_string() },
        "suppressions": [],
    })
}

fn secret_rule(id: &str, found: &FileSecret) -> Value {
    let summary = format!("A secret: {}", found.secret.kind);
    json!({
        "id": id,
        "name": "ExposedSecret",
        "shortDescription": { "text": summary },
        "fullDescription": { "text": format!("{summary}, which whoever has the image can read") },
        "defaultConfiguration": { "level": "error" },
        "help": { "text": found.secret.suggestion },
        "properties": {
            "precision": "high",
            "security-severity": "8.0",
            "tags": ["secret", "security", "HIGH"],
        },
    })
}

fn secret_result(id: &str, place: usize, found: &FileSecret, target: &str) -> Value {
    let FileSecret { path, secret, .. } = found;
    let print = [path, &secret.kind, &secret.evidence].map(String::as_str).join("\0");
    json!({
        "ruleId": id,
        "ruleIndex": place,
        "level": "error",
        "message": { "text": format!("{path} holds {}: {}", secret.kind, secret.evidence) },
        "locations": [location(path, Some(target))],
        "partialFingerprints": { "secretInFile/v1": Digest::of(print.as_bytes()).to_string() },
        "suppressions": [],
    })
}

/// Files of an image have no lines; viewers want one all the same, and nothing
/// that lies outside of what they look at.
fn location(path: &str, what: Option<&str>) -> Value {
    let encoded: Vec<String> = path
        .trim_start_matches('/')
        .split('/')
        .map(|part| {
            let encoded: String = url::form_urlencoded::byte_serialize(part.as_bytes()).collect();
            encoded.replace('+', "%20")
        })
        .collect();
    let uri = encoded.join("/");
    let uri = if uri.is_empty() { "image" } else { &uri };
    let mut location = json!({ "physicalLocation": {
        "artifactLocation": { "uri": uri },
        "region": { "startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1 },
    }});
    if let Some(what) = what {
        location["message"] = json!({ "text": what });
    }
    location
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_relative() {
        for (path, uri) in [
            ("var/lib/dpkg/status", "var/lib/dpkg/status"),
            ("/var/lib/dpkg/status", "var/lib/dpkg/status"),
            ("//host/a b", "host/a%20b"),
            ("", "image"),
            ("/", "image"),
        ] {
            let place = location(path, None);
            assert_eq!(place["physicalLocation"]["artifactLocation"]["uri"], uri, "{path}");
        }
    }
}
