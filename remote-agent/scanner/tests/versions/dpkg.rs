//! `dpkg --compare-versions`.

use std::process::Command;

use palisade_scanner::version::Scheme;
use proptest::prelude::*;

use crate::pairs::{ask, assert_orders, examples, lines};

/// One shell asks about all pairs.
const SCRIPT: &str = r#"
command -v dpkg >/dev/null || exit 1
while read -r a b; do
    if dpkg --compare-versions "$a" lt "$b"; then echo -1
    elif dpkg --compare-versions "$a" eq "$b"; then echo 0
    else echo 1
    fi
done
"#;

#[test]
fn dpkg_agrees() {
    let version = || "([0-2]:)?[01][01a~+.]{0,4}(-[01a~+.]{1,3})?";
    let real = || {
        prop::sample::select(vec![
            "1.1.1n-0+deb11u5",
            "1.1.1n-0+deb11u10",
            "1.1.1n-0",
            "1:9.2p1-2+deb12u3",
            "1:9.2p1-2",
            "2.36-9+deb12u8",
            "2.36-9~bpo11+1",
            "5.10.0-28-amd64",
            "7.88.1-10+deb12u5",
            "2.0.0~rc1+dfsg-1",
            "2.0.0+dfsg-1ubuntu0.22.04.1",
        ])
        .prop_map(str::to_owned)
    };
    let version = || prop_oneof![4 => version(), 1 => real()];
    let pairs = examples((version(), version()), 600);
    let mut shell = Command::new("sh");
    let Some(answers) = ask(shell.args(["-c", SCRIPT]), &lines(&pairs)) else { return };
    assert_orders(Scheme::Dpkg, &pairs, &answers);
}
