//! The National Vulnerability Database, version 2.0: scores and texts of all
//! CVEs, and the versions of programs that no package tells of.

mod cpe;
mod record;

use std::path::Path;

use super::Sink;
use super::advisory::{Advisory, emit, is_cve, seconds};
use super::input::{self, InputError, Piece, Shape};
use super::pages::Pages;
use crate::vulndb::record::Score;
use record::{Cve, Metrics, Record};

pub(super) fn read(path: &Path, sink: &mut dyn Sink) -> Result<(), InputError> {
    let shape = Shape::Arrays(&["vulnerabilities"]);
    let mut pages = Pages::default();
    input::read(path, shape, sink, &mut |sink, place, piece| {
        let bytes = match piece {
            Piece::Record(bytes) => bytes,
            Piece::Member(name, value) => return pages.member(place, name, value.get()),
            Piece::Begin | Piece::End => return,
        };
        pages.record();
        match serde_json::from_slice::<Record>(bytes) {
            Ok(record) if !is_cve(&record.cve.id) => {
                sink.malformed(place, &format!("{:?} is no CVE", record.cve.id));
            }
            Ok(record) => {
                sink.valid();
                if record.cve.status != "Rejected" {
                    emit(sink, advisory(record.cve));
                }
            }
            Err(error) => sink.malformed(place, &error.to_string()),
        }
    })?;
    pages.end(sink, "take the file of each year, nvdcve-2.0-YEAR.json.gz, or put ");
    Ok(())
}

fn advisory(cve: Cve) -> Advisory {
    let english = cve.descriptions.into_iter().find(|text| text.lang == "en");
    let weaknesses = cve.weaknesses.into_iter().flat_map(|weakness| weakness.description);
    let statements = cpe::statements(&cve.configurations);
    Advisory {
        link: format!("https://nvd.nist.gov/vuln/detail/{}", cve.id),
        names: vec![cve.id],
        exact: true,
        description: english.map(|text| text.value).unwrap_or_default(),
        references: cve.references.into_iter().map(|reference| reference.url).collect(),
        cwes: weaknesses.map(|text| text.value).filter(|cwe| cwe.starts_with("CWE-")).collect(),
        published: seconds(&cve.published),
        modified: seconds(&cve.modified),
        scores: scores(&cve.metrics),
        statements,
        ..Advisory::default()
    }
}

/// The scores, of each version the primary source's first: by 3.0 before another's by 3.1.
fn scores(metrics: &Metrics) -> Vec<Score> {
    let mut scores = Vec::new();
    for (version, lists) in [
        (4, [metrics.v4.as_slice(), &[]]),
        (3, [metrics.v31.as_slice(), metrics.v30.as_slice()]),
        (2, [metrics.v2.as_slice(), &[]]),
    ] {
        let mut sorted: Vec<_> = lists.into_iter().flatten().collect();
        sorted.sort_by_key(|metric| metric.kind != "Primary");
        scores.extend(sorted.into_iter().map(|metric| Score {
            version,
            vector: metric.data.vector.clone(),
            score: metric.data.score,
        }));
    }
    scores
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_record() {
        let vector = "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";
        let record: Record = serde_json::from_value(json!({"cve": {"id": "CVE-2024-1",
            "published": "2024-01-02T03:04:05.123", "lastModified": "2024-01-03T00:00:00.000",
            "vulnStatus": "Analyzed",
            "descriptions": [{"lang": "es", "value": "E"}, {"lang": "en", "value": "D"}],
            "metrics": {
                "cvssMetricV31": [
                    {"type": "Secondary", "cvssData": {"vectorString": "CVSS:3.1/x", "baseScore": 1.0}},
                    {"type": "Secondary", "cvssData": {"vectorString": "CVSS:3.1/y", "baseScore": 2.0}}],
                "cvssMetricV30": [
                    {"type": "Primary", "cvssData": {"vectorString": vector, "baseScore": 9.8}}],
                "cvssMetricV40": [{"type": "Secondary",
                    "cvssData": {"vectorString": "CVSS:4.0/AV:N", "baseScore": 9.3}}]},
            "weaknesses": [{"description": [{"lang": "en", "value": "CWE-79"},
                {"lang": "en", "value": "NVD-CWE-Other"}]}],
            "references": [{"url": "https://example.org/1"}]}}))
        .unwrap();
        let advisory = advisory(record.cve);
        assert_eq!((advisory.description.as_str(), advisory.published), ("D", 1_704_164_645));
        assert_eq!(advisory.cwes, ["CWE-79"]);
        let scores: Vec<_> = advisory.scores.iter().map(|s| (s.version, s.score)).collect();
        assert_eq!(scores, [(4, 9.3), (3, 9.8), (3, 1.0), (3, 2.0)]);
        assert!(advisory.exact);
    }
}
