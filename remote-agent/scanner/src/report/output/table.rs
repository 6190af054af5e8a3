//! A table for people.

use std::fmt::Write as _;

use super::{severity_text, steers};
use crate::report::{Finding, Report, Severity};

/// How a table looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TableStyle {
    /// Columns that a line may take; none where there is no limit.
    pub width: Option<usize>,
    /// Whether colours are understood.
    pub colour: bool,
    /// Whether vulnerabilities stand under the layers that brought them.
    pub layers: bool,
}

const HEADER: [&str; 6] = ["VULNERABILITY", "SEVERITY", "SCORE", "PACKAGE", "VERSION", "FIXED IN"];
/// Columns that give way where there is little room, with the least they keep.
const ELASTIC: [(usize, usize); 3] = [(3, 14), (4, 8), (5, 8)];
/// The column that gives way where that is not enough.
const LAST: [(usize, usize); 1] = [(0, 14)];
const GAP: &str = "  ";

/// The report as text. Control characters of package names and the like are
/// not let through to a terminal.
pub(super) fn table(report: &Report, target: &str, style: TableStyle) -> String {
    let mut text = String::new();
    head(&mut text, report, target);
    if style.layers && !report.layers.is_empty() {
        for layer in report.layers.iter().rev() {
            let Some(digest) = layer.digest else { continue };
            let base = if layer.in_base_image { " (base image)" } else { "" };
            let _ = writeln!(text, "\nLayer {}{base}, {} bytes", digest.to_oci(), layer.size);
            let command = clean(&layer.shown_command().unwrap_or_default());
            if !command.is_empty() {
                let room = style.width.unwrap_or(200).saturating_sub(2);
                let _ = writeln!(text, "  {}", cut(&command, room));
            }
            let of: Vec<_> = counted(report).filter(|f| f.layer == Some(digest)).collect();
            rows(&mut text, report, &of, style);
        }
        let rest: Vec<_> = counted(report).filter(|f| f.layer.is_none()).collect();
        if !rest.is_empty() {
            text.push_str("\nOf no layer\n");
            rows(&mut text, report, &rest, style);
        }
    } else {
        let all: Vec<_> = counted(report).collect();
        if !all.is_empty() {
            text.push('\n');
            rows(&mut text, report, &all, style);
        }
    }
    for found in &report.malware {
        let _ = writeln!(text, "\nMALWARE {}", clean(&found.malware.name));
        let _ = writeln!(text, "  {}", clean(&super::malware_sentence(found)));
    }
    tail(&mut text, report);
    text
}

fn counted(report: &Report) -> impl Iterator<Item = &Finding> {
    report.findings.iter().filter(|finding| finding.accepted.is_none())
}

// Writing into a String cannot fail.
fn head(text: &mut String, report: &Report, target: &str) {
    let counts = report.counts;
    let base = report.base_os();
    let base = if base.is_empty() { "unknown" } else { &base };
    let _ = writeln!(text, "Image: {}", clean(target));
    if let Some(digest) = report.digest {
        let _ = writeln!(text, "Digest: {}", digest.to_oci());
    }
    let _ = writeln!(text, "Base OS: {}", clean(base));
    if !report.supported {
        let _ = writeln!(text, "The packages of this operating system are not supported.");
    }
    let _ = writeln!(text, "Packages: {}", report.packages.len());
    let _ = writeln!(
        text,
        "Vulnerabilities: {}, CRITICAL: {}, HIGH: {}, MEDIUM: {}, LOW: {}, UNKNOWN: {}",
        counts.total(),
        counts.critical,
        counts.high,
        counts.medium,
        counts.low,
        counts.unknown
    );
}

fn rows(text: &mut String, report: &Report, findings: &[&Finding], style: TableStyle) {
    if findings.is_empty() {
        return;
    }
    let cells: Vec<[String; 6]> = findings.iter().map(|finding| row(report, finding)).collect();
    let mut widths = HEADER.map(str::len);
    for row in &cells {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    if let Some(room) = style.width {
        fit(&mut widths, room);
    }
    line(text, &HEADER.map(str::to_owned), &widths, "");
    for (row, finding) in cells.iter().zip(findings) {
        line(text, row, &widths, if style.colour { code(finding.severity()) } else { "" });
    }
}

fn row(report: &Report, finding: &Finding) -> [String; 6] {
    let package = report.package(finding).map(|layered| &layered.package);
    let score = finding.rating.deciding().map(|cvss| format!("{:.1}", cvss.score));
    let mut name = clean(&finding.name);
    if finding.kev.is_some() {
        name.push('!');
    }
    let fixed = if finding.has_fix() { finding.fixed_version() } else { String::new() };
    [
        name,
        severity_text(finding.severity()).to_owned(),
        score.unwrap_or_default(),
        clean(&package.map(crate::package::Package::shown_name).unwrap_or_default()),
        clean(package.map_or("", |package| &package.version)),
        clean(&fixed),
    ]
}

/// Takes from the widest column until the line fits, or until no column gives
/// more.
fn fit(widths: &mut [usize; 6], room: usize) {
    for elastic in [ELASTIC.as_slice(), &LAST] {
        while widths.iter().sum::<usize>() + GAP.len() * (widths.len() - 1) > room {
            let known =
                elastic.iter().filter_map(|(at, least)| Some((*widths.get(*at)?, *at, *least)));
            let widest = known.filter(|(width, _, least)| width > least).max();
            let Some(column) = widest.and_then(|(_, at, _)| widths.get_mut(at)) else { break };
            *column -= 1;
        }
    }
}

fn line(text: &mut String, cells: &[String; 6], widths: &[usize; 6], colour: &str) {
    let last = cells.iter().rposition(|cell| !cell.is_empty()).unwrap_or_default();
    for (at, (cell, width)) in cells.iter().zip(widths).take(last + 1).enumerate() {
        let cell = cut(cell, *width);
        let padding = if at == last { 0 } else { width - cell.chars().count() };
        if at == 1 && !colour.is_empty() {
            let _ = write!(text, "\x1b[{colour}m{cell}\x1b[0m");
        } else {
            text.push_str(&cell);
        }
        text.extend(std::iter::repeat_n(' ', padding));
        if at < last {
            text.push_str(GAP);
        }
    }
    text.push('\n');
}

const fn code(severity: Option<Severity>) -> &'static str {
    match severity {
        Some(Severity::Critical) => "1;31",
        Some(Severity::High) => "31",
        Some(Severity::Medium) => "33",
        Some(Severity::Low) => "36",
        None => "2",
    }
}

fn tail(text: &mut String, report: &Report) {
    let aside = report.set_aside().count();
    if aside > 0 {
        let _ = writeln!(text, "\nNot counted: {aside}");
        for (finding, package, why) in report.set_aside() {
            let shown = clean(&package.package.shown_name());
            let _ = writeln!(text, "  {} of {shown}: {}", clean(&finding.name), clean(&why));
        }
    }
    if counted(report).any(|finding| finding.kev.is_some()) {
        text.push_str("\n! is known to be exploited\n");
    }
    for of_one_kind in report.checks.chunk_by(|one, next| one.test_number == next.test_number) {
        let Some(check) = of_one_kind.first() else { continue };
        let _ =
            writeln!(text, "\nCheck {}: {}", clean(&check.test_number), clean(&check.description));
        let mut advice: Vec<&str> = Vec::new();
        for check in of_one_kind {
            for message in &check.message {
                let _ = writeln!(text, "  {}", clean(message));
            }
            if !advice.contains(&check.remediation.as_str()) {
                advice.push(&check.remediation);
            }
        }
        for advice in advice {
            let _ = writeln!(text, "  {}", clean(advice));
        }
    }
    if report.is_partial() {
        let _ = writeln!(text, "\nThe result is partial: what these files tell is missing");
        for problem in &report.problems {
            let _ = writeln!(text, "  {}: {}", clean(&problem.path), clean(&problem.reason));
        }
    }
}

/// At most `room` characters, with a mark where some are missing.
fn cut(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    text.chars().take(room.saturating_sub(1)).chain(['…']).collect()
}

fn clean(text: &str) -> String {
    text.chars().map(|c| if steers(c) { '?' } else { c }).take(300).collect()
}
