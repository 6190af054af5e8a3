//! What operators read is what the programs have.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use palisade_tests::process::Launch;
use palisade_tests::{Fleet, programs, vulndb, wait};

async fn flags(program: PathBuf, command: &[&str]) -> Result<Vec<String>> {
    let help = Launch::new("help", program)
        .args(command.iter().copied())
        .arg("--help")
        .run(Duration::from_mins(1))
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
async fn every_flag_is_in_a_document() -> Result<()> {
    let commands: [(PathBuf, &[&str], &str); 9] = [
        (programs::primary()?, &["serve"], "docs/operations.md"),
        (programs::primary()?, &["token", "create"], "docs/operations.md"),
        (programs::primary()?, &["apply"], "docs/policy.md"),
        (programs::primary()?, &["backup"], "docs/operations.md"),
        (programs::primary()?, &["restore"], "docs/operations.md"),
        (programs::primary()?, &["vulndb", "build"], "docs/images.md"),
        (programs::primary()?, &["vulndb", "update"], "docs/images.md"),
        (programs::agent()?, &["run"], "docs/operations.md"),
        (programs::agent()?, &["scan"], "docs/scanning.md"),
    ];
    for (program, command, document) in commands {
        let text = std::fs::read_to_string(vulndb::repository()?.join(document));
        let text = text.context(document)?;
        for flag in flags(program, command).await? {
            ensure!(text.contains(&flag), "{document} lacks {flag} of {command:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn every_metric_is_in_a_document() -> Result<()> {
    let document = std::fs::read_to_string(vulndb::repository()?.join("docs/operations.md"))?;
    let fleet = Fleet::start(&["staging"]).await?;
    let local = fleet.agent("staging")?.admin().await?;
    for (rest, least) in
        [(&fleet.admin, "palisade_scan_jobs"), (&local, "palisade_agent_events_total")]
    {
        let metrics = wait::until("there is something to measure", || async {
            let metrics = rest.get("/metrics").await?.text;
            Ok(metrics.contains(least).then_some(metrics))
        })
        .await?;
        for metric in metrics.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
            let name = metric.split(' ').next().unwrap_or_default();
            ensure!(document.contains(&format!("`{name}`")), "docs/operations.md lacks {name}");
        }
    }
    Ok(())
}
