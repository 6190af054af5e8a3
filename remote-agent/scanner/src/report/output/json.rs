//! What REST clients get under `report`, and beside it all that is known.

use serde_json::{Value, json};

use crate::report::purl::Purl;
use crate::report::rest::Accepted;
use crate::report::{Finding, Report};

pub(super) fn document(report: &Report) -> Result<String, serde_json::Error> {
    let findings = report.findings.iter().map(|finding| rich(report, finding));
    let findings = findings.collect::<Result<Vec<_>, _>>()?;
    let mut suppressed = Vec::with_capacity(report.suppressed.len());
    for aside in &report.suppressed {
        let mut finding = rich(report, &aside.finding)?;
        finding["suppressed"] = json!(super::reason(aside));
        suppressed.push(finding);
    }
    let mut document = json!({
        "error_message": "",
        "report": report.repository_report(Accepted::Tagged),
        "findings": findings,
    });
    if !report.malware.is_empty() {
        document["malware"] = serde_json::to_value(&report.malware)?;
    }
    if !suppressed.is_empty() {
        document["suppressed"] = Value::Array(suppressed);
    }
    if report.is_partial() {
        document["problems"] = serde_json::to_value(&report.problems)?;
    }
    serde_json::to_string_pretty(&document)
}

/// A finding with its package instead of the package's number, and with the
/// reason of its severity.
fn rich(report: &Report, finding: &Finding) -> Result<Value, serde_json::Error> {
    let mut value = serde_json::to_value(finding)?;
    value["severity_reason"] = json!(finding.rating.explanation());
    for (key, score) in
        [("score_v2", finding.rating.score_v2), ("score_v3", finding.rating.score_v3)]
    {
        value[key] = json!(tenth(score));
    }
    if let Some(Value::Array(scores)) = value.get_mut("cvss") {
        for (value, cvss) in scores.iter_mut().zip(&finding.rating.cvss) {
            value["score"] = json!(tenth(cvss.score));
        }
    }
    // The report has it already.
    if let Some(fields) = value.as_object_mut() {
        fields.remove("description");
    }
    if let Some(layered) = report.package(finding) {
        let purl = Purl::of(&layered.package, report.distribution.as_ref());
        value["package"] = json!({
            "ecosystem": layered.package.ecosystem,
            "name": layered.package.name,
            "source": layered.package.source,
            "version": layered.package.version,
            "path": layered.package.file,
            "purl": purl.to_string(),
        });
    }
    Ok(value)
}

/// A score without the noise of its conversion from single precision.
fn tenth(score: f32) -> f64 {
    (f64::from(score) * 10.0).round() / 10.0
}
