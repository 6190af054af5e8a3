//! Perl: installed distributions of CPAN, and what projects want.

use serde::Deserialize;

use super::json::{self, Text};
use super::{Entry, Facts, Inspector, Problem, add, is_lock, text};
use crate::package::Ecosystem;

pub(super) const INSTALLED: &[Inspector] = &[Inspector { wants: is_record, read: record }];

pub(super) const WANTED: &[Inspector] =
    &[Inspector { wants: |entry| is_lock(entry, "cpanfile.snapshot"), read: snapshot }];

/// `…/.meta/NAME-VERSION/install.json`.
fn is_record(entry: &Entry<'_>) -> bool {
    entry.base() == "install.json" && entry.folder().rsplit('/').nth(1) == Some(".meta")
}

#[derive(Deserialize)]
struct Record {
    /// `Mojolicious-9.0`.
    #[serde(default)]
    dist: Text,
}

fn record(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    distribution(entry, facts, json::read::<Record>(bytes)?.dist.as_str())
}

/// Names at two spaces below `DISTRIBUTIONS`.
fn snapshot(entry: &Entry<'_>, bytes: &[u8], facts: &mut Facts) -> Result<(), Problem> {
    let text = text(bytes);
    for line in text.lines().filter_map(|line| line.strip_prefix("  ")) {
        if !line.starts_with(' ') {
            distribution(entry, facts, line.trim())?;
        }
    }
    Ok(())
}

fn distribution(entry: &Entry<'_>, facts: &mut Facts, text: &str) -> Result<(), Problem> {
    match text.rsplit_once('-') {
        Some((name, version)) => add(facts, entry, Ecosystem::Cpan, name, version),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::language::{found, pairs};

    #[test]
    fn distributions() {
        let expected = pairs(&[("HTTP-Tiny", "0.080")]);
        let record = r#"{"name":"HTTP::Tiny","version":"0.080","dist":"HTTP-Tiny-0.080"}"#;
        let path = "usr/local/share/perl5/x86_64-linux/.meta/HTTP-Tiny-0.080/install.json";
        assert_eq!(found(INSTALLED, path, record), expected);
        let snapshot = "# carton snapshot format: version 1.0\nDISTRIBUTIONS\n  HTTP-Tiny-0.080\n    pathname: D/HTTP-Tiny-0.080.tar.gz\n    provides:\n      HTTP::Tiny 0.080\n";
        assert_eq!(found(WANTED, "cpanfile.snapshot", snapshot), expected);
    }
}
