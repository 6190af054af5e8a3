//! The vulnerability database on its way from the primary to the agents.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use palisade_tests::process::Launch;
use palisade_tests::proxy::Proxy;
use palisade_tests::{Agent, Fleet, Primary, Rest, programs, wait};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Feeds of made-up vulnerabilities, and the databases that are built of them.
struct Feeds(TempDir);

impl Feeds {
    fn new() -> Result<Self> {
        Ok(Self(tempfile::tempdir()?))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Builds a database of `records` vulnerabilities of the day `date` in its
    /// place, as the nightly job does. Gives its version.
    async fn build(&self, name: &str, date: &str, records: usize) -> Result<String> {
        let lines: Vec<String> = (0..records)
            .map(|at| {
                // Digests do not pack: a record takes half a kilobyte.
                let text: String = (0..8)
                    .map(|part| palisade_api::Digest::of(format!("{date} {at} {part}").as_bytes()))
                    .map(|digest| digest.to_string())
                    .collect();
                json!({
                    "id": format!("CVE-2026-{at}"), "modified": format!("{date}T00:00:00Z"),
                    "details": text,
                    "affected": [{"package": {"ecosystem": "Debian:12", "name": "curl"},
                        "ranges": [{"type": "ECOSYSTEM",
                            "events": [{"introduced": "0"}, {"fixed": "9"}]}]}],
                })
                .to_string()
            })
            .collect();
        let feed = self.path(&format!("{name}.jsonl"));
        fs::write(&feed, lines.join("\n"))?;
        let fresh = self.path("fresh");
        let printed = Launch::new("vulndb", programs::primary()?)
            .args(["vulndb", "build", "--source", &format!("osv={}", feed.display()), "--out"])
            .arg(&fresh)
            .arg("--signing-key")
            .arg(self.path("vulndb.key"))
            .run(Duration::from_mins(1))
            .await?
            .ok()?;
        fs::rename(&fresh, self.path(name))?;
        let version = printed.split_once("version ").and_then(|(_, rest)| rest.split(',').next());
        Ok(version.with_context(|| format!("no version in {printed}"))?.to_owned())
    }

    fn key(&self) -> PathBuf {
        self.path("vulndb.key.pub")
    }
}

async fn primary(feeds: &Feeds) -> Result<Primary> {
    let primary = Primary::builder().arg("--vulndb").arg(feeds.path("vulndb"));
    primary.arg("--vulndb-key").arg(feeds.key()).start().await
}

async fn scans_with(agent: &Rest, version: &str) -> Result<()> {
    wait::until(&format!("the agent scans with {version}"), || async {
        let scanners = agent.get("/v1/scan/scanner").await?.ok()?;
        let found = &scanners["scanners"][0]["cvedb_version"];
        ensure!(*found == version, "it scans with {found}");
        Ok(Some(()))
    })
    .await
}

async fn told(rest: &Rest, name: &str) -> Result<Value> {
    wait::until(&format!("{name} is told"), || async {
        let events = rest.get("/v1/log/event").await?.ok()?;
        let events = events["events"].as_array().context("events is no list")?.clone();
        Ok(events.into_iter().find(|event| event["name"] == name))
    })
    .await
}

fn partial(agent: &Agent) -> Option<(PathBuf, u64)> {
    let folder = fs::read_dir(agent.data_dir().join("vulndb")).ok()?;
    folder.flatten().map(|entry| entry.path()).find_map(|path| {
        let is_partial = path.extension().is_some_and(|ending| ending == "partial");
        let size = fs::metadata(&path).ok()?.len();
        is_partial.then_some((path, size))
    })
}

async fn metric(rest: &Rest, name: &str) -> Result<u64> {
    let metrics = rest.get("/metrics").await?.text;
    let line = metrics.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
    Ok(line.with_context(|| format!("{name} is not measured"))?.trim().parse()?)
}

#[tokio::test]
async fn a_database_tells_what_it_is_made_of_and_what_it_knows() -> Result<()> {
    let feeds = Feeds::new()?;
    let version = feeds.build("vulndb", "2026-02-03", 2).await?;
    let show = |more: &[&str]| {
        let launch = Launch::new("vulndb show", programs::primary().unwrap_or_default())
            .args(["vulndb", "show", "--db"])
            .arg(feeds.path("vulndb"))
            .args(more);
        async move { launch.run(Duration::from_mins(1)).await }
    };
    let made: Value = serde_json::from_str(&show(&[]).await?.ok()?)?;
    ensure!(made["version"] == version.as_str(), "{made}");
    let [source] = made["sources"].as_array().context("no sources")?.as_slice() else {
        anyhow::bail!("{made}")
    };
    ensure!(source["newest"] == "2026-02-03T00:00:00Z" && source["records"] == 2, "{source}");
    let known: Value = serde_json::from_str(&show(&["CVE-2026-1"]).await?.ok()?)?;
    ensure!(known["name"] == "CVE-2026-1", "{known}");
    ensure!(known["modified"] == "2026-02-03T00:00:00Z", "{known}");
    ensure!(known["description"].as_str().is_some_and(|text| text.len() > 400), "{known}");
    ensure!(show(&["CVE-2026-7"]).await?.ok().is_err());
    let key = feeds.path("vulndb.key.pub");
    fs::write(&key, fs::read_to_string(&key)?.to_lowercase())?;
    ensure!(show(&["--key", &key.to_string_lossy()]).await?.ok().is_err());
    Ok(())
}

#[tokio::test]
async fn agents_have_what_the_primary_has() -> Result<()> {
    let feeds = Feeds::new()?;
    let first = feeds.build("vulndb", "2026-01-01", 3).await?;
    let mut fleet = Fleet::of(primary(&feeds).await?, &[]).await?;
    let token = fleet.primary.token(&[]).await?;
    let scans = Agent::builder("scans", &token).arg("--roles").arg("controller,scanner");
    fleet.agents.insert("scans".to_owned(), scans.start().await?);
    let agent = fleet.agent("scans")?.admin().await?;
    scans_with(&agent, &first).await?;
    told(&agent, "Scanner.Update").await?;

    // A new one needs no restart, and the primary knows who has it.
    let second = feeds.build("vulndb", "2026-02-01", 4).await?;
    scans_with(&agent, &second).await?;
    wait::until("the primary shows it", || async {
        let member = fleet.member("scans").await?.context("no member")?;
        Ok((member["cvedb_version"] == second).then_some(()))
    })
    .await?;

    // What is old is told, on the primary and in its metrics.
    let event = told(&fleet.admin, "Scanner.Database.Outdated").await?;
    ensure!(event["level"] == "Warning", "{event}");
    ensure!(metric(&fleet.admin, "palisade_vulndb_age_seconds").await? > 7 * 86_400);

    // A step back and a damaged file change nothing, and are told.
    for what in ["older", "damaged"] {
        if what == "older" {
            feeds.build("vulndb", "2025-12-01", 1).await?;
        } else {
            let mut bytes = fs::read(feeds.path("vulndb"))?;
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            fs::write(feeds.path("damaged"), bytes)?;
            fs::rename(feeds.path("damaged"), feeds.path("vulndb"))?;
        }
        wait::until(&format!("{what} is refused"), || async {
            let events = fleet.admin.get("/v1/log/event").await?.ok()?.to_string();
            Ok((events.contains("Scanner.Database.Refused") && events.contains(what)).then_some(()))
        })
        .await?;
        scans_with(&agent, &second).await?;
    }

    // Without the primary the agent still has it.
    fleet.primary.stop().await?;
    fleet.agent_mut("scans")?.kill().await?;
    fleet.agent_mut("scans")?.restart().await?;
    scans_with(&fleet.agent("scans")?.admin().await?, &second).await
}

#[tokio::test]
async fn a_download_goes_on_where_the_link_was_cut() -> Result<()> {
    let feeds = Feeds::new()?;
    let version = feeds.build("vulndb", "2026-01-01", 8_000).await?;
    let size = fs::metadata(feeds.path("vulndb"))?.len();
    let primary = primary(&feeds).await?;
    let between = Proxy::start(primary.addresses()?.federation).await?;
    let promote = json!({ "name": "primary", "master_rest_info":
        { "server": between.address().ip().to_string(), "port": between.address().port() } });
    primary.admin().await?.post("/v1/fed/promote", &promote).await?.ok()?;
    between.delay(Duration::from_millis(20));
    let token = primary.token(&[]).await?;
    let agent =
        Agent::builder("far", &token).arg("--roles").arg("controller,scanner").start().await?;
    let (path, _) = wait::until("a part is there", || async {
        Ok(partial(&agent).filter(|(_, there)| *there > size / 8))
    })
    .await?;
    between.cut();
    let rest = agent.admin().await?;
    wait::until("the agent notices", || async {
        Ok((metric(&rest, "palisade_agent_link_connected").await? == 0).then_some(()))
    })
    .await?;
    let there = fs::metadata(&path)?.len();
    ensure!(there < size, "the download was not cut in its middle: {there} of {size}");
    between.heal();
    scans_with(&rest, &version).await?;
    // Nothing came twice.
    ensure!(metric(&rest, "palisade_agent_vulndb_fetched_bytes_total").await? == size);
    ensure!(partial(&agent).is_none());
    Ok(())
}

#[tokio::test]
async fn an_agent_trusts_the_key_that_its_operator_names() -> Result<()> {
    let feeds = Feeds::new()?;
    feeds.build("vulndb", "2026-01-01", 3).await?;
    let fleet = Fleet::of(primary(&feeds).await?, &[]).await?;
    let token = fleet.primary.token(&[]).await?;
    let elsewhere = Feeds::new()?;
    elsewhere.build("vulndb", "2026-01-01", 3).await?;
    let agent = Agent::builder("careful", &token)
        .args(["--roles", "controller,scanner", "--vulndb-key"])
        .arg(elsewhere.key())
        .start()
        .await?;
    let rest = agent.admin().await?;
    let event = told(&rest, "Scanner.Database.Refused").await?;
    ensure!(event["message"].as_str().is_some_and(|text| text.contains("signed")), "{event}");
    scans_with(&rest, "").await?;
    ensure!(!exists(&agent, "vulndb.plsd") && partial(&agent).is_none());
    Ok(())
}

fn exists(agent: &Agent, name: &str) -> bool {
    Path::new(agent.data_dir()).join("vulndb").join(name).exists()
}
