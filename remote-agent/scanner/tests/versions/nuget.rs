//! `univers`, whose order of NuGet's versions is that of OSV's own programs: NuGet itself needs a
//! runtime of .NET.

use std::path::Path;
use std::process::Command;

use palisade_scanner::version::Scheme;

use crate::pairs::{ask, assert_orders, examples, lines};

/// The Python that `scripts/setup.sh` installs such modules for.
const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/tools/bin/python3");
const ORDER: &str = r#"
import sys
from univers.versions import NugetVersion
for line in sys.stdin:
    a, b = map(NugetVersion, line.rstrip("\n").split("\t"))
    print((a > b) - (a < b))
"#;

#[test]
fn univers_agrees_on_the_order() {
    let version = || "[01](\\.([012]|10|01)){0,3}(-([abAB]|rc|Alpha)(1|2|10)?(\\.([012]|10|a|B|a1))?)?(\\+[ab])?";
    let pairs = examples((version(), version()), 4_000);
    let python = if Path::new(PYTHON).exists() { PYTHON } else { "python3" };
    let mut python = Command::new(python);
    let Some(answers) = ask(python.args(["-c", ORDER]), &lines(&pairs)) else { return };
    assert_orders(Scheme::NuGet, &pairs, &answers);
}
