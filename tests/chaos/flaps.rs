//! Ten thousand edits while the links of half of the agents break again and again.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use palisade_api::ObjectKind;
use palisade_api::kind::LogId;
use palisade_tests::proxy::Proxy;
use palisade_tests::simulated::{self, SimulatedMember};
use palisade_tests::writer::{group, groups};
use palisade_tests::{Agent, Primary, Rest, fleet, wait};
use rand::Rng;
use sqlx::{Connection, PgConnection};
use tokio::task::JoinSet;

use crate::judge::{Holdings, Watcher, same};
use crate::random;

/// Members that keep what they hold in memory, and real agents.
const SIMULATED: usize = 98;
const AGENTS: usize = 2;
const EDITS: usize = 10_000;
const WRITERS: usize = 4;
const FLAP_MS: u64 = 400;
/// Of so many groups, one is not deleted.
const KEPT: usize = 25;
const PREFIX: &str = "fed.flap";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "long: make chaos"]
async fn ten_thousand_edits_reach_those_who_flap() -> Result<()> {
    let mut random = random();
    let primary = Primary::start().await?;
    let federation = primary.addresses()?.federation;
    let flapping = Proxy::start(federation).await?;
    fleet::promote(&primary).await?;
    let (mut members, mut agents) = (Vec::new(), Vec::new());
    for (prefix, address) in [("steady", federation), ("shaky", flapping.address())] {
        let token = primary.token(&["--uses", &(SIMULATED / 2 + 1).to_string()]).await?;
        let token = simulated::token_for(&token, address)?;
        members.extend(join(&token, prefix).await?);
        agents.push(Agent::join(&format!("{prefix}-agent"), &token).await?);
    }
    let admin = primary.admin().await?;
    let url = primary.database_url().context("no database")?;
    let mut database = PgConnection::connect(url).await?;
    let mut locals = Vec::new();
    for agent in &agents {
        locals.push(agent.admin().await?);
    }
    let watcher = Watcher::start(locals.clone());
    // What they need from the first work on is not held against them.
    edit(&admin, 0..EDITS / 5).await?;
    let processes =
        || [&primary.process(), &agents[0].process(), &agents[1].process()].map(|it| it.pid());
    let before = processes().map(Holdings::of);
    let mut editing = Box::pin(edit(&admin, EDITS / 5..EDITS));
    loop {
        let pause = Duration::from_millis(random.random_range(0..FLAP_MS));
        if let Ok(edited) = tokio::time::timeout(pause, &mut editing).await {
            edited?;
            break;
        }
        if random.random_bool(0.5) {
            flapping.cut();
        } else {
            flapping.heal();
        }
        right_status(&admin, &members, &mut database).await?;
    }
    drop(editing);
    flapping.heal();
    // Synced means that the digests are equal.
    wait::until("all are shown as synced", || async {
        let members = admin.get("/v1/fed/member").await?.text;
        let synced = members.matches(r#""status":"synced""#).count();
        ensure!(synced == SIMULATED + AGENTS, "{synced} are synced");
        Ok(Some(()))
    })
    .await?;
    let mut present = groups(&admin).await?;
    present.retain(|name| name.starts_with(PREFIX));
    ensure!(present == kept(), "an acknowledged edit was lost");
    for (name, member) in &members {
        let mut held = member.names(ObjectKind::Group);
        held.retain(|name| name.starts_with(PREFIX));
        ensure!(held == present, "{name} is synced and holds something else");
    }
    for local in &locals {
        same(&admin, local).await?;
    }
    watcher.finish(url).await?;
    for (before, after) in before.into_iter().zip(processes().map(Holdings::of)) {
        before?.check(after?)?;
    }
    Ok(())
}

/// Members that join by `token`.
async fn join(token: &str, prefix: &str) -> Result<Vec<(String, SimulatedMember)>> {
    let mut members = Vec::new();
    for n in 0..SIMULATED / 2 {
        let name = format!("{prefix}-{n}");
        let identity = simulated::join(token, &name).await?;
        members.push((name, simulated::keep(Arc::new(identity))));
    }
    Ok(members)
}

/// Fails when a member is shown as synced that lacks what was committed before the
/// question. One that was away while groups came and went again lacks nothing.
async fn right_status(
    admin: &Rest,
    members: &[(String, SimulatedMember)],
    database: &mut PgConnection,
) -> Result<()> {
    let committed = head(admin).await?;
    let shown = admin.get("/v1/fed/member").await?.ok()?;
    let shown = shown["joint_clusters"].as_array().context("joint_clusters is no list")?;
    for (name, member) in members {
        let shown = shown.iter().find(|shown| shown["name"] == **name);
        let status = shown.with_context(|| format!("{name} is not a member"))?["status"].as_str();
        let held = member.holds(LogId::Federation).0;
        ensure!(
            status != Some("synced")
                || held >= committed
                || same_set(database, held, committed).await?,
            "{name} is shown as synced and holds {held}, when {committed} was committed"
        );
    }
    Ok(())
}

/// Whether there were the same groups at `held` and at some revision from `committed` on.
async fn same_set(database: &mut PgConnection, held: u64, committed: u64) -> Result<bool> {
    let since: Vec<(i64, String)> = sqlx::query_as(
        "SELECT revision, name FROM audit
         WHERE log = 1 AND revision > $1 AND action <> 'update' ORDER BY revision",
    )
    .bind(i64::try_from(held)?)
    .fetch_all(database)
    .await?;
    let mut differ = BTreeSet::new();
    for (n, (_, name)) in since.iter().enumerate() {
        if !differ.remove(name) {
            differ.insert(name);
        }
        // The set stays as it is until the next of these edits.
        let until = since.get(n + 1).map_or(u64::MAX, |(next, _)| next.unsigned_abs() - 1);
        if differ.is_empty() && until >= committed {
            return Ok(true);
        }
    }
    Ok(since.is_empty())
}

/// The group that an edit creates or deletes.
fn name(edit: usize) -> String {
    format!("{PREFIX}{}-{}", edit / (2 * WRITERS), edit % WRITERS)
}

/// Whether an edit leaves its group there, changed, instead of deleting it.
fn keeps(edit: usize) -> bool {
    (edit / (2 * WRITERS)).is_multiple_of(KEPT)
}

/// The groups that all edits leave.
fn kept() -> BTreeSet<String> {
    (0..EDITS).filter(|edit| keeps(*edit)).map(name).collect()
}

/// Creates groups, and then changes or deletes them: one edit each.
async fn edit(admin: &Rest, edits: Range<usize>) -> Result<()> {
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let (admin, edits) = (admin.clone(), edits.clone());
        writers.spawn(async move {
            for n in edits.skip(writer).step_by(WRITERS) {
                let name = name(n);
                let path = format!("/v1/group/{name}");
                let creates = (n / WRITERS).is_multiple_of(2);
                let answer = match (creates, keeps(n)) {
                    (true, _) => admin.post("/v1/group", &group(&name)).await?,
                    (false, true) => admin.patch(&path, &group(&name)).await?,
                    (false, false) => admin.delete(&path).await?,
                };
                answer.ok()?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(written) = writers.join_next().await {
        written??;
    }
    Ok(())
}

/// The newest revision, as the metrics tell it.
async fn head(admin: &Rest) -> Result<u64> {
    let text = admin.get("/metrics").await?.text;
    let line = text
        .lines()
        .find(|line| line.starts_with("palisade_log_revision{log=\"federation\"}"))
        .context("no revision")?;
    Ok(line.rsplit(' ').next().context("no value")?.parse::<f64>()? as u64)
}
