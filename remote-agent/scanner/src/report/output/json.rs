//! What REST clients get under `report`, and beside it all that is known.
//!
//! Written as it is made: a report has thousands of findings, and each takes
//! many times as much as a tree of JSON.

use std::io;

use serde::ser::{Error as _, Serialize, SerializeMap as _, Serializer};
use serde_json::{Value, json};

use crate::report::finding::Suppressed;
use crate::report::purl::Purl;
use crate::report::rest::Accepted;
use crate::report::{Finding, Report};

pub(super) fn write(report: &Report, out: impl io::Write) -> Result<(), serde_json::Error> {
    serde_json::to_writer_pretty(out, &Document(report))
}

struct Document<'a>(&'a Report);

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(report) = self;
        let mut document = serializer.serialize_map(None)?;
        document.serialize_entry("error_message", "")?;
        document.serialize_entry("findings", &Findings(report))?;
        if !report.malware.is_empty() {
            document.serialize_entry("malware", &report.malware)?;
        }
        if report.is_partial() {
            document.serialize_entry("problems", &report.problems)?;
        }
        document.serialize_entry("report", &report.repository_report(Accepted::Tagged))?;
        if !report.suppressed.is_empty() {
            document.serialize_entry("suppressed", &SetAside(report))?;
        }
        document.end()
    }
}

struct Findings<'a>(&'a Report);

impl Serialize for Findings<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(report) = *self;
        serializer.collect_seq(report.findings.iter().map(|finding| Rich {
            report,
            finding,
            aside: None,
        }))
    }
}

struct SetAside<'a>(&'a Report);

impl Serialize for SetAside<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(report) = *self;
        serializer.collect_seq(report.suppressed.iter().map(|aside| Rich {
            report,
            finding: &aside.finding,
            aside: Some(aside),
        }))
    }
}

/// A finding with its package instead of the package's number, and with the
/// reason of its severity.
struct Rich<'a> {
    report: &'a Report,
    finding: &'a Finding,
    aside: Option<&'a Suppressed>,
}

impl Serialize for Rich<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().map_err(S::Error::custom)?.serialize(serializer)
    }
}

impl Rich<'_> {
    fn value(&self) -> Result<Value, serde_json::Error> {
        let Self { report, finding, aside } = self;
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
        if let Some(aside) = aside {
            value["suppressed"] = json!(super::reason(aside));
        }
        Ok(value)
    }
}

/// A score without the noise of its conversion from single precision.
fn tenth(score: f32) -> f64 {
    (f64::from(score) * 10.0).round() / 10.0
}
