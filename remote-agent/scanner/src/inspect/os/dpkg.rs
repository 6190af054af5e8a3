//! `var/lib/dpkg/status` and the files of `status.d`.

use crate::inspect::Problem;
use crate::package::{Ecosystem, Package};

/// Reads the paragraphs of `text`. With `need_status` only those that say
/// they are installed count.
pub(super) fn parse(path: &str, text: &str, need_status: bool) -> Result<Vec<Package>, Problem> {
    let mut packages = Vec::new();
    let mut paragraph = Paragraph::default();
    for line in text.lines().chain(std::iter::once("")) {
        if line.trim_end().is_empty() {
            packages.extend(std::mem::take(&mut paragraph).package(path, need_status));
            continue;
        }
        if line.starts_with([' ', '\t']) {
            continue;
        }
        let Some((key, value)) = line.split_once(':') else {
            // Other lists may lie in status.d; a database is all fields.
            if need_status {
                return Err(Problem::new("holds a line that is no field"));
            }
            continue;
        };
        let value = value.trim();
        match key.to_ascii_lowercase().as_str() {
            "package" => paragraph.name = Some(value),
            "version" => paragraph.version = Some(value),
            "source" => paragraph.source = Some(value),
            "status" => paragraph.status = Some(value),
            _ => {}
        }
    }
    Ok(packages)
}

#[derive(Default)]
struct Paragraph<'a> {
    name: Option<&'a str>,
    version: Option<&'a str>,
    source: Option<&'a str>,
    status: Option<&'a str>,
}

impl Paragraph<'_> {
    fn package(self, path: &str, need_status: bool) -> Option<Package> {
        let name = self.name?;
        let version = self.version?;
        match self.status {
            Some(status) => {
                let mut words = status.split_whitespace();
                // The first word is what is wanted (a hold counts), the last
                // what is.
                if words.next_back() != Some("installed") {
                    return None;
                }
            }
            None if need_status => return None,
            None => {}
        }
        // `Source: name (version)` where either differs from the package's.
        let (source, version) = match self.source {
            None => (name, version),
            Some(source) => match source.split_once('(') {
                Some((source, version)) => {
                    (source.trim(), version.trim().trim_end_matches(')').trim())
                }
                None => (source, version),
            },
        };
        Some(Package {
            ecosystem: Ecosystem::Dpkg,
            name: name.to_owned(),
            source: source.to_owned(),
            version: version.to_owned(),
            arch: String::new(),
            stream: String::new(),
            file: path.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: &str = "Package: libssl3\nStatus: install ok installed\nPriority: optional\nSource: openssl\nVersion: 3.0.15-1\nDescription: text\n more: text\n\nPackage: gone\nStatus: deinstall ok config-files\nVersion: 1\n\nPackage: perl-base\nStatus: hold ok installed\nSource: perl (5.36.0-7)\nVersion: 5.36.0-7+b1\n";

    #[test]
    fn installed_packages_with_their_sources() {
        let packages = parse("var/lib/dpkg/status", STATUS, true).unwrap();
        let found: Vec<_> = packages
            .iter()
            .map(|p| (p.name.as_str(), p.source.as_str(), p.version.as_str()))
            .collect();
        assert_eq!(found, [("libssl3", "openssl", "3.0.15-1"), ("perl-base", "perl", "5.36.0-7")]);
    }

    #[test]
    fn status_d_needs_no_status() {
        let text = "Package: base-files\nVersion: 12.4\n";
        assert_eq!(parse("var/lib/dpkg/status.d/base", text, false).unwrap().len(), 1);
        assert_eq!(parse("var/lib/dpkg/status", text, true).unwrap().len(), 0);
    }

    #[test]
    fn a_damaged_database_is_an_error() {
        let error = parse("var/lib/dpkg/status", "Package: a\n\u{0}garbage\n", true).unwrap_err();
        assert!(error.into_text().contains("no field"));
    }
}
