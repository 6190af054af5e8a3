//! Python's `packaging`, by itself or as pip brings it.

use std::process::Command;

use palisade_scanner::version::Scheme;
use palisade_scanner::version::range::Syntax;
use proptest::prelude::*;

use crate::pairs::{ask, assert_contains, assert_orders, examples, lines};

const ORDER: &str = r#"
import sys
try:
    from packaging.version import Version
except ImportError:
    from pip._vendor.packaging.version import Version
for line in sys.stdin:
    a, b = map(Version, line.rstrip("\n").split("\t"))
    print((a > b) - (a < b))
"#;

const CONTAINS: &str = r#"
import sys
try:
    from packaging.specifiers import SpecifierSet
except ImportError:
    from pip._vendor.packaging.specifiers import SpecifierSet
for line in sys.stdin:
    spec, version = line.rstrip("\n").split("\t")
    print(str(SpecifierSet(spec).contains(version, prereleases=True)).lower())
"#;

#[test]
fn packaging_agrees_on_the_order() {
    let version = || {
        "(v|1!)?[01](\\.[01]){0,2}([.-]?(a|b|c|rc|alpha|beta|pre|preview)[._-]?[01]?)?\
         (-[01]|[.-]?(post|rev|r)[.-]?[01]?)?([.-]?dev[.-]?[01]?)?(\\+[0ab1]([._-][0ab1])?)?"
    };
    let pairs = examples((version(), version()), 4_000);
    let mut python = Command::new("python3");
    let Some(answers) = ask(python.args(["-c", ORDER]), &lines(&pairs)) else { return };
    assert_orders(Scheme::Pep440, &pairs, &answers);
}

#[test]
fn packaging_agrees_on_specifiers() {
    // Left out: `<` with a post-release and `>` with a pre-release, where
    // `packaging` also refuses versions in the midst of what is accepted.
    let specifier = || {
        prop_oneof![
            "(==|!=|>=|<=|~=)[01]\\.[012](\\.[01])?(a[01]|rc[01])?(\\.post[01])?(\\.dev[01])?",
            "<[01]\\.[012](\\.[01])?(a[01]|rc[01])?(\\.dev[01])?",
            ">[01]\\.[012](\\.[01])?(\\.post[01])?",
            "(==|!=)[01]\\.[012]\\.\\*",
            "(==|!=)[01]\\.[012]\\+(a|1)",
        ]
    };
    let set = || prop::collection::vec(specifier(), 1..3).prop_map(|all| all.join(","));
    let version =
        || "[01]\\.[012](\\.[01])?(a[01]|rc[01])?(\\.post[01])?(\\.dev[01])?(\\+(a|1))?".boxed();
    let mut pairs = examples((set(), version()), 6_000);
    // Nor does it know an order between a post-release and local versions of
    // another one.
    pairs.retain(|(set, version)| {
        !(set.contains(">1") || set.contains(">0")) || !version.contains('+')
    });
    let mut python = Command::new("python3");
    let Some(answers) = ask(python.args(["-c", CONTAINS]), &lines(&pairs)) else { return };
    assert_contains(Syntax::Pep440, &pairs, &answers);
}
