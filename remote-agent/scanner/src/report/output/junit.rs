//! JUnit XML: one test case for each vulnerability of a package and each file
//! that is malware. What does not
//! count is skipped; without any vulnerability one case passes.

use std::fmt::Write as _;

use super::{MALWARE_ADVICE, escape, malware_sentence, sentence, severity_text};
use crate::report::Report;

pub(super) fn document(report: &Report, target: &str) -> String {
    let failures = report.counted().count() + report.malware.len();
    let skipped = report.set_aside().count();
    let tests = (failures + skipped).max(1);
    let name = escape(target);
    let time = report.scanned_at.format("%Y-%m-%dT%H:%M:%S");
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let counts = format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"0\"");
    // Writing into a String cannot fail.
    let _ = writeln!(text, "<testsuites name=\"palisade\" {counts} time=\"0\">");
    let _ = writeln!(
        text,
        "  <testsuite name=\"{name}\" {counts} skipped=\"{skipped}\" time=\"0\" \
         timestamp=\"{time}\">"
    );
    for (finding, package) in report.counted() {
        let held = &package.package;
        let class = escape(&format!("{}@{}", held.shown_name(), held.version));
        let severity = severity_text(finding.severity());
        let case = escape(&format!("[{}] {}", severity.to_uppercase(), finding.name));
        let message = escape(&sentence(finding, package));
        let mut body = held.file.clone();
        for part in std::iter::once(&finding.description).chain(&finding.links) {
            if !part.is_empty() {
                let _ = write!(body, "\n{part}");
            }
        }
        let _ = writeln!(
            text,
            "    <testcase classname=\"{class}\" name=\"{case}\" time=\"0\">\n      \
             <failure message=\"{message}\" type=\"{severity}\">{}</failure>\n    </testcase>",
            escape(&body)
        );
    }
    for found in &report.malware {
        let class = escape(&found.path);
        let case = escape(&format!("[MALWARE] {}", found.malware.name));
        let message = escape(&malware_sentence(found));
        let _ = writeln!(
            text,
            "    <testcase classname=\"{class}\" name=\"{case}\" time=\"0\">\n      \
             <failure message=\"{message}\" type=\"Malware\">{MALWARE_ADVICE}</failure>\n    \
             </testcase>"
        );
    }
    for (finding, package, why) in report.set_aside() {
        let held = &package.package;
        let class = escape(&format!("{}@{}", held.shown_name(), held.version));
        let case = escape(&finding.name);
        let _ = writeln!(
            text,
            "    <testcase classname=\"{class}\" name=\"{case}\" time=\"0\">\n      \
             <skipped message=\"{}\"/>\n    </testcase>",
            escape(&why)
        );
    }
    if failures + skipped == 0 {
        let _ = writeln!(
            text,
            "    <testcase classname=\"{name}\" name=\"no known vulnerability\" time=\"0\"/>"
        );
    }
    text.push_str("  </testsuite>\n</testsuites>\n");
    text
}
