//! What is written of a report, one module a form.

mod csv;
mod gitlab;
mod html;
mod json;
mod junit;
mod markdown;
mod sarif;
mod table;

#[cfg(test)]
pub(super) mod sample;
#[cfg(test)]
mod tests;

pub use table::TableStyle;

use std::io;

use super::Report;
use super::finding::{Finding, Suppressed, Suppression};
use super::severity::Severity;
use crate::package::LayeredPackage;
use crate::scan::FileMalware;

/// A form of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputFormat {
    /// For people.
    Table,
    /// What REST clients get, and all that is known beside it.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// JUnit XML, one test case a vulnerability.
    Junit,
    /// One page that needs nothing else.
    Html,
    /// Comma-separated values.
    Csv,
    /// GitLab's container scanning report.
    Gitlab,
    /// A summary for merge requests and build pages.
    Markdown,
    /// CycloneDX 1.6 JSON.
    CycloneDx,
    /// SPDX 2.3 JSON.
    Spdx,
    /// SPDX 2.3 tag-value.
    SpdxText,
    /// SPDX 3.0 JSON-LD.
    Spdx3,
}

impl Report {
    /// Writes the report on `target` in the form `format`, with a line end behind
    /// it. What is large in forms for programs is not held in memory.
    pub fn write(
        &self,
        format: OutputFormat,
        target: &str,
        style: TableStyle,
        mut out: impl io::Write,
    ) -> io::Result<()> {
        let text = match format {
            OutputFormat::Json => {
                json::write(self, &mut out)?;
                return out.write_all(b"\n");
            }
            OutputFormat::Table => table::table(self, target, style),
            OutputFormat::Sarif => sarif::document(self, target)?,
            OutputFormat::Junit => junit::document(self, target),
            OutputFormat::Html => html::page(self, target),
            OutputFormat::Csv => csv::lines(self),
            OutputFormat::Gitlab => gitlab::document(self, target)?,
            OutputFormat::Markdown => markdown::text(self, target),
            OutputFormat::CycloneDx => self.cyclonedx(target)?,
            OutputFormat::Spdx => self.spdx(target)?,
            OutputFormat::SpdxText => self.spdx_text(target),
            OutputFormat::Spdx3 => self.spdx3(target)?,
        };
        out.write_all(text.as_bytes())?;
        if text.ends_with('\n') { Ok(()) } else { out.write_all(b"\n") }
    }

    /// Findings that count, with their packages.
    fn counted(&self) -> impl Iterator<Item = (&Finding, &LayeredPackage)> {
        self.findings
            .iter()
            .filter(|finding| finding.accepted.is_none())
            .filter_map(|finding| Some((finding, self.package(finding)?)))
    }

    /// Findings that do not count, with their packages and why.
    fn set_aside(&self) -> impl Iterator<Item = (&Finding, &LayeredPackage, String)> {
        let accepted = self.findings.iter().filter_map(|finding| {
            let by = finding.accepted.as_ref()?;
            let why = match by.comment.as_str() {
                "" => format!("accepted by entry {} of the vulnerability profile", by.entry),
                comment => format!("accepted: {comment}"),
            };
            Some((finding, self.package(finding)?, why))
        });
        let suppressed = self.suppressed.iter().filter_map(|suppressed| {
            let finding = &suppressed.finding;
            Some((finding, self.package(finding)?, reason(suppressed)))
        });
        accepted.chain(suppressed)
    }
}

/// Why a finding was set aside, in a sentence.
fn reason(suppressed: &Suppressed) -> String {
    match (&suppressed.reason, &suppressed.finding.vex) {
        (Suppression::Vex, Some(note)) => {
            let parts = [note.justification.as_str(), note.statement.as_str()];
            let why: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
            let colon = if why.is_empty() { "" } else { ": " };
            format!("{} by {}{colon}{}", note.state.text(), note.document, why.join(", "))
        }
        (Suppression::Vex, None) => "a VEX document says so".to_owned(),
        (Suppression::Ignored(by), _) => format!("ignored by {by}"),
        (Suppression::Unfixed, _) => "nothing repairs it".to_owned(),
    }
}

/// The text for a severity that may be unknown.
pub(super) fn severity_text(severity: Option<Severity>) -> &'static str {
    severity.map_or("Unknown", Severity::text)
}

/// One sentence on a finding, for forms that have no columns.
fn sentence(finding: &Finding, package: &LayeredPackage) -> String {
    let shown = package.package.shown_name();
    let version = &package.package.version;
    let fix = if finding.has_fix() {
        format!("fixed in {}", finding.fixed_version())
    } else {
        finding.status.text().to_owned()
    };
    let severity = severity_text(finding.severity()).to_lowercase();
    let why = finding.rating.explanation();
    format!("{shown} {version} has {}, {fix}. Severity {severity}: {why}.", finding.name)
}

/// One sentence on a file that is known malware.
fn malware_sentence(found: &FileMalware) -> String {
    let layer = found.layer.map(|layer| format!(" of layer {}", layer.to_oci()));
    let FileMalware { path, malware, .. } = found;
    let layer = layer.unwrap_or_default();
    format!("File {path}{layer} is known malware {}: SHA-256 {}", malware.name, malware.sha256)
}

/// What to do about it.
const MALWARE_ADVICE: &str = "Remove the file, and find out how it came into the image";

/// Whether a character is none that a reader sees: it steers the terminal, or turns the order of
/// what follows, so that a line seems to say something else.
fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61C}' | '\u{200E}' | '\u{200F}')
        || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Text for XML and HTML. Control characters, which neither may hold, go.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' | '\t' => escaped.push(c),
            c if steers(c) || matches!(c, '\u{FFFE}' | '\u{FFFF}') => {}
            c => escaped.push(c),
        }
    }
    escaped
}
