//! The text of a record: headers with their continuation lines, then one
//! line for every suite and package.

/// A record.
#[derive(Debug, Default)]
pub(super) struct Record<'t> {
    pub(super) name: &'t str,
    pub(super) published: &'t str,
    pub(super) description: String,
    pub(super) references: Vec<&'t str>,
    pub(super) priority: &'t str,
    /// By package, where it has its own.
    pub(super) priorities: Vec<(&'t str, &'t str)>,
    pub(super) vectors: Vec<&'t str>,
    pub(super) standings: Vec<Standing<'t>>,
}

/// How a package stands in a suite: `esm-infra/xenial_openssl: released
/// (1.0.2g-1ubuntu4.20+esm9)`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Standing<'t> {
    pub(super) suite: &'t str,
    pub(super) package: &'t str,
    pub(super) state: &'t str,
    pub(super) note: &'t str,
}

pub(super) fn parse(text: &str) -> Record<'_> {
    let mut record = Record::default();
    let mut header = "";
    for line in text.lines() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        if line.starts_with([' ', '\t']) {
            continuation(&mut record, header, line.trim());
            continue;
        }
        let Some((key, value)) = line.split_once(':') else { continue };
        header = key.trim();
        value_of(&mut record, header, value.trim());
    }
    record
}

fn value_of<'t>(record: &mut Record<'t>, header: &'t str, value: &'t str) {
    match header {
        "Candidate" => record.name = value,
        "PublicDate" => record.published = value,
        "Priority" => record.priority = word(value),
        "Description" | "References" | "CVSS" if !value.is_empty() => {
            continuation(record, header, value);
        }
        _ => {
            // The names of suites have no underscore, those of packages may.
            let Some((suite, package)) = header.split_once('_') else { return };
            if suite == "Priority" {
                record.priorities.push((package, word(value)));
            } else if suite.starts_with(|c: char| c.is_ascii_lowercase()) {
                record.standings.push(standing(suite, package, value));
            }
        }
    }
}

fn continuation<'t>(record: &mut Record<'t>, header: &str, line: &'t str) {
    match header {
        "Description" => {
            if !record.description.is_empty() {
                record.description.push('\n');
            }
            record.description.push_str(line);
        }
        "References" if line.starts_with("http") => record.references.push(line),
        // `nvd: CVSS:3.1/AV:L/… [7.8 HIGH]`
        "CVSS" => {
            if let Some(at) = line.find("CVSS:") {
                record.vectors.push(word(line.get(at..).unwrap_or_default()));
            }
        }
        _ => {}
    }
}

fn standing<'t>(suite: &'t str, package: &'t str, value: &'t str) -> Standing<'t> {
    let state = word(value);
    let note = value.get(state.len()..).unwrap_or_default().trim();
    let note = note.strip_prefix('(').unwrap_or(note);
    let note = note.strip_suffix(')').unwrap_or(note).trim();
    Standing { suite, package, state, note }
}

fn word(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or_default()
}
