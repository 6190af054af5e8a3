//! GitLab's container scanning report, schema 15.

use palisade_api::Digest;
use serde_json::{Value, json};

use super::{MALWARE_ADVICE, malware_sentence, sentence, severity_text};
use crate::package::LayeredPackage;
use crate::report::{Finding, Report};
use crate::scan::FileMalware;

const SCHEMA: &str = "15.0.7";

pub(super) fn document(report: &Report, target: &str) -> Result<String, serde_json::Error> {
    let time = report.scanned_at.format("%Y-%m-%dT%H:%M:%S").to_string();
    let base = report.base_os();
    let base = if base.is_empty() { "unknown" } else { &base };
    let vulnerabilities: Vec<Value> = report
        .counted()
        .map(|(finding, package)| vulnerability(finding, package, target, base))
        .collect();
    let malware = report.malware.iter().map(|found| malware(found, target, base));
    let vulnerabilities: Vec<Value> = vulnerabilities.into_iter().chain(malware).collect();
    let tool = json!({
        "id": "palisade", "name": "Palisade", "version": env!("CARGO_PKG_VERSION"),
        "vendor": { "name": "Palisade" },
    });
    serde_json::to_string_pretty(&json!({
        "version": SCHEMA,
        "scan": {
            "analyzer": tool, "scanner": tool, "type": "container_scanning",
            "start_time": time, "end_time": time, "status": "success",
        },
        "vulnerabilities": vulnerabilities,
    }))
}

/// The format knows packages only: the file stands for one.
fn malware(found: &FileMalware, target: &str, base: &str) -> Value {
    let hash = found.malware.sha256.to_string();
    json!({
        "id": Digest::of([target, &found.path, &hash].join("\0").as_bytes()).to_string(),
        "name": format!("Malware {}", found.malware.name),
        "description": malware_sentence(found),
        "severity": "Critical",
        "solution": MALWARE_ADVICE,
        "identifiers": [{ "type": "sha256", "name": hash, "value": hash }],
        "links": [],
        "location": {
            "dependency": { "package": { "name": found.path }, "version": "" },
            "operating_system": base,
            "image": target,
        },
    })
}

fn vulnerability(finding: &Finding, package: &LayeredPackage, target: &str, base: &str) -> Value {
    let held = &package.package;
    let print = [target, &finding.name, &held.name, &held.version, &held.file].join("\0");
    let identifier = |name: &String| {
        let kind = name.split('-').next().unwrap_or_default().to_lowercase();
        json!({ "type": kind, "name": name, "value": name })
    };
    let identifiers: Vec<Value> =
        std::iter::once(&finding.name).chain(&finding.aliases).map(identifier).collect();
    let links: Vec<Value> = finding.urls().map(|link| json!({ "url": link })).collect();
    let mut vulnerability = json!({
        "id": Digest::of(print.as_bytes()).to_string(),
        "name": finding.name,
        "description": if finding.description.is_empty() {
            sentence(finding, package)
        } else {
            finding.description.clone()
        },
        "severity": severity_text(finding.severity()),
        "identifiers": identifiers,
        "links": links,
        "location": {
            "dependency": { "package": { "name": held.shown_name() }, "version": held.version },
            "operating_system": base,
            "image": target,
        },
    });
    if finding.has_fix() {
        vulnerability["solution"] =
            json!(format!("Update {} to {}", held.name, finding.fixed_version()));
    }
    vulnerability
}
