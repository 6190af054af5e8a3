//! RubyGems.

use std::process::Command;

use palisade_scanner::version::Scheme;
use palisade_scanner::version::range::Syntax;
use proptest::prelude::*;

use crate::pairs::{ask, assert_contains, assert_orders, examples, lines};

const ORDER: &str = r#"
STDIN.each_line(chomp: true) do |line|
  a, b = line.split("\t").map { |text| Gem::Version.new(text) }
  puts a <=> b
end
"#;
const CONTAINS: &str = r#"
STDIN.each_line(chomp: true) do |line|
  requirement, version = line.split("\t")
  puts Gem::Requirement.new(requirement.split(",")).satisfied_by?(Gem::Version.new(version))
end
"#;

#[test]
fn rubygems_agrees_on_the_order() {
    let version = || "[01](\\.[0-2ab]|\\.a[01]|\\.rc[01]){0,4}(-[01])?";
    let pairs = examples((version(), version()), 4_000);
    let Some(answers) = ask(Command::new("ruby").args(["-e", ORDER]), &lines(&pairs)) else {
        return;
    };
    assert_orders(Scheme::Gem, &pairs, &answers);
}

#[test]
fn rubygems_agrees_on_requirements() {
    let one = "(~>|>=|<=|<|>|=|!=) [01](\\.[0-2]){0,3}(\\.a)?";
    let set = prop::collection::vec(one, 1..3).prop_map(|all| all.join(", "));
    let pairs = examples((set, "[0-2](\\.[0-2]){0,3}(\\.a|\\.b1)?"), 4_000);
    let Some(answers) = ask(Command::new("ruby").args(["-e", CONTAINS]), &lines(&pairs)) else {
        return;
    };
    assert_contains(Syntax::Gem, &pairs, &answers);
}
