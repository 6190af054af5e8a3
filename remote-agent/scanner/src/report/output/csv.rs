//! Comma-separated values as RFC 4180 has them.

use chrono::DateTime;
use palisade_api::Digest;

use super::{severity_text, steers};
use crate::report::{CvssVersion, Finding, Report};

const HEADER: [&str; 19] = [
    "name",
    "aliases",
    "severity",
    "severity_reason",
    "score_v2",
    "score_v3",
    "vector_v3",
    "package",
    "version",
    "fixed_version",
    "status",
    "path",
    "layer",
    "in_base_image",
    "published",
    "epss",
    "kev",
    "link",
    "not_counted",
];

pub(super) fn lines(report: &Report) -> String {
    let mut text = HEADER.join(",");
    text.push_str("\r\n");
    let counted = report.counted().map(|(finding, package)| (finding, package, String::new()));
    for (finding, package, why) in counted.chain(report.set_aside()) {
        let held = &package.package;
        let cells = [
            finding.name.clone(),
            finding.aliases.join(" "),
            severity_text(finding.severity()).to_owned(),
            finding.rating.explanation(),
            format!("{:.1}", finding.rating.score_v2),
            format!("{:.1}", finding.rating.score_v3),
            finding.rating.vector(CvssVersion::V3).to_owned(),
            held.shown_name(),
            held.version.clone(),
            finding.fixed_version(),
            finding.status.text().to_owned(),
            held.file.clone(),
            finding.layer.map(Digest::to_oci).unwrap_or_default(),
            finding.in_base_image.to_string(),
            date(finding),
            finding.epss.map(|epss| format!("{:.5}", epss.score)).unwrap_or_default(),
            finding.kev.is_some().to_string(),
            finding.links.first().cloned().unwrap_or_default(),
            why,
        ];
        text.push_str(&cells.map(|cell| quoted(&cell)).join(","));
        text.push_str("\r\n");
    }
    for found in &report.malware {
        let mut cells = [(); 19].map(|()| String::new());
        let known = [
            (0, found.malware.name.clone()),
            (1, found.malware.sha256.to_oci()),
            (2, "Critical".to_owned()),
            (3, "known malware by its SHA-256".to_owned()),
            (10, "malware".to_owned()),
            (11, found.path.clone()),
            (12, found.layer.map(Digest::to_oci).unwrap_or_default()),
        ];
        for (at, text) in known {
            if let Some(cell) = cells.get_mut(at) {
                *cell = text;
            }
        }
        text.push_str(&cells.map(|cell| quoted(&cell)).join(","));
        text.push_str("\r\n");
    }
    text
}

fn date(finding: &Finding) -> String {
    DateTime::from_timestamp(finding.published, 0)
        .filter(|_| finding.published > 0)
        .map(|date| date.format("%Y-%m-%d").to_string())
        .unwrap_or_default()
}

/// A cell. One that a spreadsheet would take for a formula gets an apostrophe:
/// names come from images.
fn quoted(cell: &str) -> String {
    let shown = |c: char| match c {
        '\n' | '\t' => Some(' '),
        c => (!steers(c)).then_some(c),
    };
    let mut cell: String = cell.chars().filter_map(shown).collect();
    if cell.starts_with(['=', '+', '-', '@']) {
        cell.insert(0, '\'');
    }
    if cell.contains([',', '"']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

#[cfg(test)]
mod tests {
    #[test]
    fn cells() {
        for (cell, expected) in [
            ("openssl", "openssl"),
            ("a,b", "\"a,b\""),
            ("say \"a\"", "\"say \"\"a\"\"\""),
            ("=1+1", "'=1+1"),
            ("@scope/name", "'@scope/name"),
            ("-2,3", "\"'-2,3\""),
            ("a\nb\x1b[31m", "a b[31m"),
            ("\r\x07=1+1", "'=1+1"),
        ] {
            assert_eq!(super::quoted(cell), expected);
        }
    }
}
