//! Maven's own comparison, where it is installed.

use std::process::Command;

use palisade_scanner::version::Scheme;

use crate::pairs::{ask, assert_orders, examples};

/// Folder that Debian's package keeps Maven's libraries in.
const LIBRARIES: &str = "/usr/share/maven/lib";

#[test]
fn maven_agrees() {
    // Left out, because releases of Maven differ from each other and from the
    // specification: a zero or a word of release before a hyphen or a word,
    // and a word after a dot.
    let word = "(alpha|beta|milestone|rc|cr|snapshot|SNAPSHOT|sp|foo|a1|b2|m3|rc1)";
    let version = format!("[1-3](\\.[1-3]){{0,2}}(-{word})?(-[1-3])?((\\.0){{1,2}}|-ga|-Final)?");
    let version = proptest::string::string_regex(&version).unwrap();
    if !std::path::Path::new(LIBRARIES).exists() {
        eprintln!("skipped: there is no Maven in {LIBRARIES}");
        return;
    }
    let versions = examples(version, 2_000);
    // The program writes each version, how it is parsed, and how it compares
    // with the one before it.
    let mut java = Command::new("java");
    java.args(["-cp", &format!("{LIBRARIES}/*")])
        .arg("org.apache.maven.artifact.versioning.ComparableVersion")
        .args(&versions);
    let Some(output) = ask(&mut java, "") else { return };
    let answers: Vec<&str> = output
        .lines()
        .filter_map(|line| match line.split_whitespace().collect::<Vec<_>>()[..] {
            [_, "<", _] => Some("-1"),
            [_, "==", _] => Some("0"),
            [_, ">", _] => Some("1"),
            _ => None,
        })
        .collect();
    let pairs: Vec<(String, String)> = versions
        .windows(2)
        .filter_map(|pair| match pair {
            [left, right] => Some((left.clone(), right.clone())),
            _ => None,
        })
        .collect();
    assert_orders(Scheme::Maven, &pairs, &answers.join("\n"));
}
