//! node-semver, as npm brings it.

use std::process::Command;

use palisade_scanner::version::Scheme;
use palisade_scanner::version::range::Syntax;
use proptest::prelude::*;

use crate::pairs::{ask, assert_contains, assert_orders, examples, lines};

const START: &str = r#"
const root = require("child_process").execSync("npm root -g", { encoding: "utf8" }).trim();
const semver = require(root + "/npm/node_modules/semver");
const lines = require("fs").readFileSync(0, "utf8").split("\n").filter(Boolean);
"#;
const ORDER: &str = r#"
for (const line of lines) {
    const [a, b] = line.split("\t");
    console.log(semver.compare(a, b, { loose: true }));
}
"#;
const CONTAINS: &str = r#"
for (const line of lines) {
    const [range, version] = line.split("\t");
    const known = semver.validRange(range, { loose: true }) !== null;
    const options = { loose: true, includePrerelease: true };
    console.log(known ? semver.satisfies(version, range, options) : "unknown");
}
"#;

#[test]
fn npm_agrees_on_the_order() {
    let early = "(-?(a|b|rc)|-[01a](\\.[01a]{1,2}){0,2}|-[01a-]{1,3})?";
    let version = || format!("[v=]?[01]\\.[0-2]\\.[0-2]{early}(\\+[01a])?");
    let version = || proptest::string::string_regex(&version()).unwrap();
    let pairs = examples((version(), version()), 4_000);
    let script = format!("{START}{ORDER}");
    let Some(answers) = ask(Command::new("node").args(["-e", &script]), &lines(&pairs)) else {
        return;
    };
    assert_orders(Scheme::SemVer, &pairs, &answers);
}

#[test]
fn npm_agrees_on_ranges() {
    let comparator = || {
        prop_oneof![
            "(\\^|~|>=|<=|<|>|=| )?v?[01](\\.[0-2](\\.[0-2](-a(\\.[01])?)?)?)?",
            "(\\^|~|>=|<=|<|>|=)? ?[01]\\.(x|X|\\*|[01]\\.x)",
            "[01](\\.[0-2](\\.[0-2])?)? - [12](\\.[0-2](\\.[0-2](-a)?)?)?",
            "\\*",
        ]
    };
    let set = || prop::collection::vec(comparator(), 1..3).prop_map(|all| all.join(" || "));
    let both = "(>=|>)[01]\\.[0-2]\\.[0-2] <=?[12](\\.[0-2](\\.[0-2])?)?";
    let range = || prop_oneof![3 => set().boxed(), 1 => both.boxed()];
    let pairs = examples((range(), "[0-2]\\.[0-2]\\.[0-2](-(a|a\\.1|b|0))?"), 6_000);
    let script = format!("{START}{CONTAINS}");
    let Some(answers) = ask(Command::new("node").args(["-e", &script]), &lines(&pairs)) else {
        return;
    };
    assert_contains(Syntax::Npm, &pairs, &answers);
}
