//! What operators read is what the programs have.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use palisade_tests::process::Launch;
use palisade_tests::{programs, vulndb};

async fn flags(program: PathBuf, command: &[&str]) -> Result<Vec<String>> {
    let help = Launch::new("help", program)
        .args(command.iter().copied())
        .arg("--help")
        .run(Duration::from_secs(10))
        .await?
        .ok()?;
    let flags: Vec<String> = help
        .split_whitespace()
        .filter(|word| word.starts_with("--") && word.len() > 2)
        .map(|word| word.trim_end_matches([',', '.', ')', ']']).to_owned())
        .filter(|flag| flag != "--help" && flag != "--version")
        .collect();
    ensure!(!flags.is_empty(), "no flags in the help of {command:?}");
    Ok(flags)
}

#[tokio::test]
async fn every_flag_is_in_the_operations_document() -> Result<()> {
    let document = vulndb::repository()?.join("docs/operations.md");
    let document = std::fs::read_to_string(&document).context("docs/operations.md")?;
    let commands: [(PathBuf, &[&str]); 5] = [
        (programs::primary()?, &["serve"]),
        (programs::primary()?, &["token", "create"]),
        (programs::primary()?, &["vulndb", "build"]),
        (programs::agent()?, &["run"]),
        (programs::agent()?, &["scan"]),
    ];
    for (program, command) in commands {
        for flag in flags(program, command).await? {
            ensure!(document.contains(&flag), "docs/operations.md lacks {flag} of {command:?}");
        }
    }
    Ok(())
}
