//! A summary for merge requests and build pages.

use std::fmt::Write as _;

use super::{severity_text, steers};
use crate::report::Report;

/// Vulnerabilities that are listed one by one.
const LISTED: usize = 50;

// Writing into a String cannot fail.
pub(super) fn text(report: &Report, target: &str) -> String {
    let counts = report.counts;
    let mut text = format!(
        "## {}\n\n| critical | high | medium | low | unknown |\n|---|---|---|---|---|\n\
         | {} | {} | {} | {} | {} |\n",
        cell(target),
        counts.critical,
        counts.high,
        counts.medium,
        counts.low,
        counts.unknown
    );
    let all = report.counted().count();
    if all > 0 {
        text.push_str(
            "\n| vulnerability | severity | package | version | fixed in |\n|---|---|---|---|---|\n",
        );
        for (finding, package) in report.counted().take(LISTED) {
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {} |",
                cell(&finding.name),
                severity_text(finding.severity()),
                cell(&package.package.shown_name()),
                cell(&package.package.version),
                cell(&finding.fixed_version())
            );
        }
        if all > LISTED {
            let _ = writeln!(text, "\n{} more are not listed.", all - LISTED);
        }
    }
    if !report.malware.is_empty() {
        text.push_str("\n| malware | file | SHA-256 | layer |\n|---|---|---|---|\n");
        for found in report.malware.iter().take(LISTED) {
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} |",
                cell(&found.malware.name),
                cell(&found.path),
                found.malware.sha256,
                found.layer.map(palisade_api::Digest::to_oci).unwrap_or_default()
            );
        }
    }
    let aside = report.set_aside().count();
    if aside > 0 {
        let _ = writeln!(text, "\nNot counted: {aside}.");
    }
    if report.is_partial() {
        let _ = writeln!(text, "\nPartial: {} files could not be read.", report.problems.len());
    }
    text
}

/// Text that is text: what Markdown or HTML would take for a sign is escaped.
fn cell(text: &str) -> String {
    let mut cell = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !steers(*c)) {
        match c {
            '<' => cell.push_str("&lt;"),
            '&' => cell.push_str("&amp;"),
            '|' | '\\' | '`' | '*' | '[' | ']' | '!' | '#' => {
                cell.push('\\');
                cell.push(c);
            }
            c => cell.push(c),
        }
    }
    cell
}
