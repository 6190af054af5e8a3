//! A vulnerability database as large as a real one, of made-up records about
//! real names.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use palisade_tests::process::Launch;
use palisade_tests::programs;

const RECORDS: usize = 300_000;

/// Source packages of Debian, so that images of it have something.
const DEBIAN: [&str; 24] = [
    "openssl",
    "curl",
    "glibc",
    "zlib",
    "perl",
    "python3.11",
    "ruby3.1",
    "nginx",
    "git",
    "vim",
    "expat",
    "xz-utils",
    "pcre2",
    "brotli",
    "libssh2",
    "cyrus-sasl2",
    "ruby-rack",
    "gnutls28",
    "libxml2",
    "krb5",
    "openldap",
    "systemd",
    "util-linux",
    "shadow",
];
const PYTHON: [&str; 6] = ["django", "jinja2", "urllib3", "requests", "pyyaml", "numpy"];
const NODE: [&str; 6] = ["lodash", "handlebars", "express", "minimist", "qs", "debug"];

/// Builds it into `out` with the program.
pub(super) async fn build(out: &Path) -> Result<()> {
    let feed = out.with_extension("jsonl");
    std::fs::write(&feed, feed_text())?;
    Launch::new("vulndb", programs::primary()?)
        .args(["vulndb", "build", "--source"])
        .arg(format!("osv={}", feed.display()))
        .arg("--out")
        .arg(out)
        .run(Duration::from_mins(5))
        .await?
        .ok()?;
    Ok(std::fs::remove_file(feed)?)
}

/// The package that record `n` is about: one in 500 that images have, else
/// one of those that they might have.
pub(super) fn subject(n: usize) -> (&'static str, String) {
    let (ecosystem, names) = match n % 3 {
        0 => ("Debian:12", &DEBIAN[..]),
        1 => ("PyPI", &PYTHON[..]),
        _ => ("npm", &NODE[..]),
    };
    let name = names.get(n / 500 % names.len()).filter(|_| n % 500 < 3);
    (ecosystem, name.map_or_else(|| format!("package-{}", n % 60_000), |name| (*name).to_owned()))
}

fn feed_text() -> String {
    let mut text = String::new();
    for n in 0..RECORDS {
        let (ecosystem, name) = subject(n);
        let (major, minor) = (n % 9, n % 30);
        // Writing into a String cannot fail.
        let _ = writeln!(
            text,
            r#"{{"id":"CVE-20{:02}-{}","modified":"2024-01-01T00:00:00Z","published":"2023-01-01T00:00:00Z","details":"Record {n}: input of an attacker is taken for more than it is, and what follows is left to the reader of the advisory.","severity":[{{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:{}"}}],"references":[{{"type":"ADVISORY","url":"https://advisories.example/{n}"}}],"affected":[{{"package":{{"ecosystem":"{ecosystem}","name":"{name}"}},"ranges":[{{"type":"ECOSYSTEM","events":[{{"introduced":"0"}},{{"fixed":"{major}.{minor}.{}"}}]}}]}}]}}"#,
            n % 25,
            10_000 + n,
            ["N", "L", "H"][n % 3],
            n % 7,
        );
    }
    text
}
