//! A table for people.

use std::fmt::Write as _;

use super::Report;

/// The report as text. Control characters of package names and the like are
/// not let through to a terminal.
pub(super) fn table(report: &Report, target: &str) -> String {
    let result = &report.result;
    let counts = report.counts;
    let total = counts.critical + counts.high + counts.medium + counts.low + counts.unknown;
    let mut text = String::new();
    let base = if result.base_os.is_empty() { "unknown" } else { &result.base_os };
    // Writing into a String cannot fail.
    let _ = writeln!(text, "Image: {}", clean(target));
    if !result.digest.is_empty() {
        let _ = writeln!(text, "Digest: {}", result.digest);
    }
    let _ = writeln!(text, "Base OS: {}", clean(base));
    if result.report.os_scan_status.is_some() {
        let _ = writeln!(text, "The packages of this operating system are not supported.");
    }
    let _ = writeln!(text, "Packages: {}", result.report.modules.len());
    let _ = writeln!(
        text,
        "Vulnerabilities: {total}, CRITICAL: {}, HIGH: {}, MEDIUM: {}, LOW: {}, UNKNOWN: {}",
        counts.critical, counts.high, counts.medium, counts.low, counts.unknown
    );
    if total == 0 {
        return text;
    }
    let header = ["NAME", "SEVERITY", "SCORE", "PACKAGE", "VERSION", "FIXED IN"];
    let mut rows = vec![header.map(str::to_owned)];
    for found in &result.report.vulnerabilities {
        rows.push([
            clean(&found.name),
            clean(&found.severity),
            format!("{:.1}", found.score_v3),
            clean(&found.package_name),
            clean(&found.package_version),
            clean(&found.fixed_version),
        ]);
    }
    let mut widths = [0; 6];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    text.push('\n');
    for row in rows {
        let line: Vec<String> =
            row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        let _ = writeln!(text, "{}", line.join("  ").trim_end());
    }
    text
}

fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).take(80).collect()
}
