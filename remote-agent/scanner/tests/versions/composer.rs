//! Composer's own library, where Debian's package of it is installed.

use std::process::Command;

use palisade_scanner::version::Scheme;
use palisade_scanner::version::range::Syntax;
use proptest::prelude::*;

use crate::pairs::{ask, assert_contains, assert_orders, examples, lines};

const ORDER: &str = r#"
require "/usr/share/php/Composer/Semver/autoload.php";
$parser = new Composer\Semver\VersionParser();
while (($line = fgets(STDIN)) !== false) {
    try {
        [$a, $b] = array_map([$parser, "normalize"], explode("\t", trim($line)));
        echo Composer\Semver\Comparator::greaterThan($a, $b)
            - Composer\Semver\Comparator::lessThan($a, $b), "\n";
    } catch (UnexpectedValueException $e) {
        echo "unknown\n";
    }
}
"#;
const CONTAINS: &str = r#"
require "/usr/share/php/Composer/Semver/autoload.php";
while (($line = fgets(STDIN)) !== false) {
    [$range, $version] = explode("\t", trim($line));
    try {
        echo Composer\Semver\Semver::satisfies($version, $range) ? "true" : "false", "\n";
    } catch (UnexpectedValueException $e) {
        echo "unknown\n";
    }
}
"#;

#[test]
fn composer_agrees_on_the_order() {
    let version =
        || "v?[01](\\.[0-2]){0,3}(-?(dev|alpha|a|beta|b|RC|rc|p|pl|patch|stable)[12]?(-?dev)?)?";
    let pairs = examples((version(), version()), 4_000);
    let Some(answers) = ask(Command::new("php").args(["-r", ORDER]), &lines(&pairs)) else {
        return;
    };
    assert_orders(Scheme::Composer, &pairs, &answers);
}

#[test]
fn composer_agrees_on_constraints() {
    let constraint = || {
        prop_oneof![
            4 => "(\\^|~|>=|<=|<|>|=|!=|==)?[01](\\.[0-2]){0,3}(-(beta|RC1|dev))?",
            1 => "(!=)?[01](\\.[0-2]){0,2}\\.[x*]",
            1 => "[01](\\.[0-2]){0,3} - [12](\\.[0-2]){0,3}(-beta)?",
            1 => "(>=|>)[01](\\.[0-2]){0,2}(,| |, )<=?[12](\\.[0-2]){0,2}",
        ]
    };
    let set = prop::collection::vec(constraint(), 1..3).prop_map(|all| all.join(" || "));
    let pairs = examples((set, "[0-2](\\.[0-2]){0,3}(-(dev|beta|RC1|p1))?"), 6_000);
    let Some(answers) = ask(Command::new("php").args(["-r", CONTAINS]), &lines(&pairs)) else {
        return;
    };
    assert_contains(Syntax::Composer, &pairs, &answers);
}
