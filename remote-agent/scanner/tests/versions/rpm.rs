//! rpm's own comparison, through its macro processor.

use std::process::Command;

use palisade_scanner::version::Scheme;

use crate::pairs::{ask, assert_orders, examples, lines};

#[test]
fn rpm_agrees() {
    let version = || "([0-2]:)?[01a][01ab~^._+]{0,5}-[01][01a~^.]{0,4}";
    let pairs = examples((version(), version()), 3_000);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), lines(&pairs)).unwrap();
    let script = format!(
        "%{{lua: for line in io.lines({:?}) do \
         local a, b = line:match(\"(%S+)\\t(%S+)\"); print(rpm.vercmp(a, b) .. \"\\n\") end}}",
        file.path()
    );
    let Some(answers) = ask(Command::new("rpm").args(["--eval", &script]), "") else { return };
    let answers: Vec<&str> = answers.lines().filter(|line| !line.trim().is_empty()).collect();
    assert_orders(Scheme::Rpm, &pairs, &answers.join("\n"));
}
