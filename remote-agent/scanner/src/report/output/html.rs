//! One page that needs nothing else: no script, no font, no other file.

use std::fmt::Write as _;

use palisade_api::Digest;

use super::{MALWARE_ADVICE, escape, severity_text};
use crate::report::{Finding, Report};

const STYLE: &str = "\
:root{color-scheme:light dark;--line:#8884}body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;\
max-width:80rem;padding:0 1rem}h1{font-size:1.4rem;overflow-wrap:anywhere}h2{font-size:1.1rem;\
margin-top:2rem}table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.35rem .6rem;\
border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}th{font-weight:600}\
dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem}dd{margin:0;\
overflow-wrap:anywhere}.s{display:inline-block;padding:0 .5rem;border-radius:.6rem;color:#fff;\
background:#666}.Critical{background:#a3123f}.High{background:#c2410c}.Medium{background:#8a6100}\
.Low{background:#1d6a96}.kev{font-weight:600}small{color:GrayText}ul.counts{list-style:none;padding:0;\
display:flex;gap:1rem;flex-wrap:wrap}";
/// Nothing is loaded and nothing runs, whatever an image's names hold.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

// Writing into a String cannot fail.
pub(super) fn page(report: &Report, target: &str) -> String {
    let name = escape(target);
    let mut text = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{name}: vulnerabilities</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <h1>{name}</h1>\n",
        escape(POLICY)
    );
    facts(&mut text, report);
    let counts = report.counts;
    text.push_str("<ul class=\"counts\">\n");
    for (class, count) in [
        ("Critical", counts.critical),
        ("High", counts.high),
        ("Medium", counts.medium),
        ("Low", counts.low),
        ("Unknown", counts.unknown),
    ] {
        let _ = writeln!(text, "<li><span class=\"s {class}\">{class}</span> {count}</li>");
    }
    text.push_str("</ul>\n<h2>Vulnerabilities</h2>\n");
    if report.counted().next().is_none() {
        text.push_str("<p>None is known.</p>\n");
    } else {
        text.push_str("<table>\n");
        head(&mut text, &["Vulnerability", "Severity", "Package", "Version", "Fixed in", "Where"]);
        for (finding, package) in report.counted() {
            let held = &package.package;
            let layer = finding.layer.map(Digest::to_oci).unwrap_or_default();
            let base = if finding.in_base_image { " (base image)" } else { "" };
            let fixed = if finding.has_fix() {
                finding.fixed_version()
            } else {
                finding.status.text().to_owned()
            };
            let _ = writeln!(
                text,
                "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>\
                 <td>{}<br><small>{}{base}</small></td></tr>",
                named(finding),
                rated(finding),
                escape(&held.shown_name()),
                escape(&held.version),
                escape(&fixed),
                escape(&held.file),
                escape(layer.get(..19).unwrap_or(&layer)),
            );
        }
        text.push_str("</tbody>\n</table>\n");
    }
    malware(&mut text, report);
    rest(&mut text, report);
    text.push_str("</body>\n</html>\n");
    text
}

/// The head of a table, and the beginning of its body.
fn head(text: &mut String, columns: &[&str]) {
    text.push_str("<thead><tr>");
    for column in columns {
        let _ = write!(text, "<th scope=\"col\">{column}</th>");
    }
    text.push_str("</tr></thead>\n<tbody>\n");
}

fn malware(text: &mut String, report: &Report) {
    if report.malware.is_empty() {
        return;
    }
    text.push_str("<h2>Known malware</h2>\n<table>\n");
    head(text, &["Name", "File", "SHA-256", "Layer"]);
    for found in &report.malware {
        let layer = found.layer.map(Digest::to_oci).unwrap_or_default();
        let _ = writeln!(
            text,
            "<tr><td><span class=\"s Critical\">{}</span></td><td>{}</td><td>{}</td><td>{}</td></tr>",
            escape(&found.malware.name),
            escape(&found.path),
            found.malware.sha256,
            escape(layer.get(..19).unwrap_or(&layer)),
        );
    }
    let _ = writeln!(text, "</tbody>\n</table>\n<p>{MALWARE_ADVICE}.</p>");
}

fn facts(text: &mut String, report: &Report) {
    let base = report.base_os();
    let facts = [
        ("Digest", report.digest.map(Digest::to_oci).unwrap_or_default()),
        ("Base OS", if base.is_empty() { "unknown".to_owned() } else { base }),
        ("Packages", report.packages.len().to_string()),
        ("Scanned", report.scanned_at.format("%Y-%m-%d %H:%M UTC").to_string()),
        ("Database", format!("{} of {}", report.cvedb_version, report.cvedb_create_time)),
    ];
    text.push_str("<dl>\n");
    for (name, value) in facts.iter().filter(|(_, value)| !value.is_empty()) {
        let _ = writeln!(text, "<dt>{name}</dt><dd>{}</dd>", escape(value));
    }
    text.push_str("</dl>\n");
}

/// The name, as a link where there is one that a browser may follow.
fn named(finding: &Finding) -> String {
    let name = escape(&finding.name);
    let web = |link: &&str| link.starts_with("http://") || link.starts_with("https://");
    let link = finding.urls().find(web);
    let mut text = match link {
        Some(link) => format!("<a href=\"{}\" rel=\"noreferrer\">{name}</a>", escape(link)),
        None => name,
    };
    if finding.kev.is_some() {
        text.push_str(" <span class=\"kev\">exploited</span>");
    }
    if !finding.aliases.is_empty() {
        let _ = write!(text, "<br><small>{}</small>", escape(&finding.aliases.join(", ")));
    }
    if !finding.description.is_empty() {
        let short: String = finding.description.chars().take(400).collect();
        let _ = write!(text, "<br><small>{}</small>", escape(&short));
    }
    text
}

fn rated(finding: &Finding) -> String {
    let severity = severity_text(finding.severity());
    let mut text = format!(
        "<span class=\"s {severity}\">{severity}</span><br><small>{}</small>",
        escape(&finding.rating.explanation())
    );
    if let Some(epss) = finding.epss {
        let _ = write!(text, "<br><small>EPSS {:.1} %</small>", epss.score * 100.0);
    }
    text
}

fn rest(text: &mut String, report: &Report) {
    if report.set_aside().next().is_some() {
        text.push_str("<h2>Not counted</h2>\n<ul>\n");
        for (finding, package, why) in report.set_aside() {
            let shown = package.package.shown_name();
            let _ = writeln!(
                text,
                "<li>{} of {}: {}</li>",
                escape(&finding.name),
                escape(&shown),
                escape(&why)
            );
        }
        text.push_str("</ul>\n");
    }
    if !report.checks.is_empty() {
        text.push_str("<h2>How the image is made</h2>\n<ul>\n");
        for check in &report.checks {
            let _ =
                write!(text, "<li>{}: {}", escape(&check.test_number), escape(&check.description));
            for message in &check.message {
                let _ = write!(text, "<br>{}", escape(message));
            }
            let _ = writeln!(text, "<br><small>{}</small></li>", escape(&check.remediation));
        }
        text.push_str("</ul>\n");
    }
    if report.is_partial() {
        text.push_str("<h2>Could not be read</h2>\n<ul>\n");
        for problem in &report.problems {
            let _ =
                writeln!(text, "<li>{}: {}</li>", escape(&problem.path), escape(&problem.reason));
        }
        text.push_str("</ul>\n");
    }
}
