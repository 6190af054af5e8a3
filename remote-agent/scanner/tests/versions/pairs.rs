//! Pairs of versions, and the tools that judge them.

use std::cmp::Ordering;
use std::io::Write as _;
use std::process::{Command, Stdio};

use palisade_scanner::version::Scheme;
use palisade_scanner::version::range::Syntax;
use proptest::strategy::{Strategy, ValueTree as _};
use proptest::test_runner::TestRunner;

/// The same examples in each run.
pub(crate) fn examples<T>(strategy: impl Strategy<Value = T>, count: usize) -> Vec<T> {
    let mut runner = TestRunner::deterministic();
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

/// Runs a program with `input`; none, and a word why, where it cannot run.
pub(crate) fn ask(command: &mut Command, input: &str) -> Option<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        eprintln!("skipped: there is no program {program}");
        return None;
    };
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    let written = writer.join().unwrap();
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr).into_owned();
        eprintln!("skipped: {program} cannot judge versions here: {why}");
        return None;
    }
    written.unwrap();
    Some(String::from_utf8(output.stdout).unwrap())
}

/// Lines of two words with a tab between.
pub(crate) fn lines(pairs: &[(String, String)]) -> String {
    let mut all = String::new();
    for (left, right) in pairs {
        all.extend([left, "\t", right, "\n"]);
    }
    all
}

/// Expects that the order of `scheme` is what the tool answered: a line a
/// pair, `-1`, `0` or `1`; any other word where the tool knows no order.
pub(crate) fn assert_orders(scheme: Scheme, pairs: &[(String, String)], answers: &str) {
    let answers: Vec<&str> = answers.lines().map(str::trim).collect();
    assert_eq!(answers.len(), pairs.len());
    let mut wrong = Vec::new();
    let mut judged = 0;
    for ((left, right), answer) in pairs.iter().zip(answers) {
        let expected = match answer {
            "-1" => Ordering::Less,
            "0" => Ordering::Equal,
            "1" => Ordering::Greater,
            _ => continue,
        };
        judged += 1;
        let ours = scheme.compare(left, right);
        if ours != expected {
            wrong.push(format!("{left} {right}: {ours:?}, the tool says {expected:?}"));
        }
    }
    assert!(judged * 2 > pairs.len(), "the tool judged {judged} of {} pairs", pairs.len());
    assert!(wrong.is_empty(), "{} of {judged}:\n{}", wrong.len(), wrong.join("\n"));
}

/// Expects that what lies in a range is what the tool answered: a line a
/// (range, version), `true` or `false`; any other word where it knows none.
pub(crate) fn assert_contains(syntax: Syntax, pairs: &[(String, String)], answers: &str) {
    let answers: Vec<&str> = answers.lines().map(str::trim).collect();
    assert_eq!(answers.len(), pairs.len());
    let mut wrong = Vec::new();
    let (mut inside, mut outside) = (0, 0);
    for ((range, version), answer) in pairs.iter().zip(answers) {
        let expected = match answer {
            "true" => true,
            "false" => false,
            _ => continue,
        };
        *(if expected { &mut inside } else { &mut outside }) += 1;
        let set = syntax.parse(range).expect(range);
        if set.contains(version) != expected {
            wrong.push(format!("{range} {version}: the tool says {expected}, we read {set:?}"));
        }
    }
    assert!(inside > 50 && outside > 50, "{inside} inside, {outside} outside");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
