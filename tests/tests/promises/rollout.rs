//! Changes that reach some clusters first.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use chrono::DateTime;
use palisade_api::ObjectKind;
use palisade_tests::simulated::{self, SimulatedMember};
use palisade_tests::{Primary, Rest, fleet, wait};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};

/// Long enough that a stage does not end by itself.
const LONG: u32 = 3_600;

fn group(name: &str) -> Value {
    json!({ "config": { "name": name, "cfg_type": "federal",
        "criteria": [{ "key": "service", "op": "=", "value": name }] } })
}

fn stages(stages: &[(u32, u32)]) -> Value {
    let stages: Vec<Value> = stages
        .iter()
        .map(|(percent, wait)| json!({ "percent": percent, "wait_seconds": wait }))
        .collect();
    json!({ "policy": { "enable": true, "stages": stages } })
}

struct Simulation {
    admin: Rest,
    members: Vec<SimulatedMember>,
    primary: Primary,
}

impl Simulation {
    async fn start(count: usize) -> Result<Self> {
        let primary = Primary::start().await?;
        fleet::promote(&primary).await?;
        let token = primary.token(&["--uses", "100"]).await?;
        let mut members = Vec::new();
        for index in 0..count {
            let identity = simulated::join(&token, &format!("c{index}")).await?;
            members.push(simulated::open(&identity).await?);
        }
        let simulation = Self { admin: primary.admin().await?, members, primary };
        simulation.wait_for("fed.containers", count).await?;
        Ok(simulation)
    }

    fn holders(&self, group: &str) -> usize {
        let holds = |member: &&SimulatedMember| member.names(ObjectKind::Group).contains(group);
        self.members.iter().filter(holds).count()
    }

    async fn wait_for(&self, group: &str, count: usize) -> Result<()> {
        wait::until(&format!("{count} have {group}"), || async {
            Ok(wait::when(self.holders(group) == count))
        })
        .await
    }

    async fn set(&self, policy: &Value) -> Result<Value> {
        self.admin.patch("/v1/fed/rollout_policy", policy).await?.ok()
    }

    /// The newest rollout.
    async fn rollout(&self) -> Result<Value> {
        let answer = self.admin.get("/v1/fed/rollout").await?.ok()?;
        let rollouts = answer["rollouts"].as_array().context("no rollouts")?;
        rollouts.first().cloned().context("no rollout")
    }

    async fn wait_for_rollout(&self, what: &str, fits: impl Fn(&Value) -> bool) -> Result<Value> {
        wait::until(what, || async {
            let rollout = self.rollout().await?;
            ensure!(fits(&rollout), "{rollout}");
            Ok(Some(rollout))
        })
        .await
    }

    async fn act(&self, rollout: &Value, action: &str) -> Result<Value> {
        let path = format!("/v1/fed/rollout/{}", rollout["id"]);
        self.admin.patch(&path, &json!({ "action": action })).await?.ok()
    }
}

#[tokio::test]
async fn a_change_stays_with_its_canary_and_goes_back() -> Result<()> {
    let fleet = Simulation::start(10).await?;
    fleet.set(&stages(&[(20, LONG)])).await?;
    fleet.admin.post("/v1/group", &group("fed.new")).await?.ok()?;
    fleet.wait_for("fed.new", 2).await?;
    let applied = |rollout: &Value| {
        let clusters = rollout["clusters"].as_array().map_or(&[][..], Vec::as_slice);
        clusters.len() == 2 && clusters.iter().all(|cluster| cluster["state"] == "applied")
    };
    let rollout = fleet.wait_for_rollout("the canary has applied it", applied).await?;
    // Who has which revision since when.
    let since = |at: &Value| at.as_str().and_then(|at| DateTime::parse_from_rfc3339(at).ok());
    let begun = since(&rollout["created_at"]).context("no time")?;
    for cluster in rollout["clusters"].as_array().context("no clusters")? {
        ensure!(cluster["revision"].as_u64() >= rollout["revision"].as_u64(), "{rollout}");
        ensure!(since(&cluster["revision_at"]) >= Some(begun), "{rollout}");
    }
    ensure!(rollout["state"] == "running" && rollout["stage"] == 1, "{rollout}");
    let status = fleet.admin.get("/v1/fed/object_status?kind=group&name=fed.new").await?.ok()?;
    ensure!(status["clusters"].as_array().map(Vec::len) == Some(2), "{status}");
    ensure!(status["clusters"][0].get("error_code").is_none(), "{status}");

    // While it is under way its objects change no further.
    let held = fleet.admin.post("/v1/group", &group("fed.new")).await?;
    ensure!(!held.status.is_success() && held.text.contains("rollout"), "{held:?}");
    fleet.admin.patch("/v1/group/fed.new", &group("fed.new")).await?.expect(409, 16)?;
    fleet.admin.delete("/v1/group/fed.new").await?.expect(409, 16)?;
    let rule = json!({ "id": 0, "from": "fed.new", "to": "external", "ports": "any",
        "applications": [], "action": "deny", "cfg_type": "federal" });
    let names_it = json!({ "insert": { "rules": [rule] } });
    fleet.admin.patch("/v1/policy/rule?scope=fed", &names_it).await?.expect(409, 16)?;

    let paused = fleet.act(&rollout, "pause").await?;
    ensure!(paused["rollout"]["state"] == "paused", "{paused}");
    let resumed = fleet.act(&rollout, "resume").await?;
    ensure!(resumed["rollout"]["state"] == "running", "{resumed}");
    let aborted = fleet.act(&rollout, "abort").await?;
    ensure!(aborted["rollout"]["state"] == "aborted", "{aborted}");
    fleet.wait_for("fed.new", 0).await?;
    let heard = fleet.members.iter().filter(|member| member.heard().contains("fed.new")).count();
    ensure!(heard == 2, "{heard} members heard of it");
    fleet.admin.get("/v1/group/fed.new").await?.expect(404, 7)?;
    for (query, listed) in [("", 1), ("?state=aborted", 1), ("?state=running", 0), ("?start=1", 0)]
    {
        let answer = fleet.admin.get(&format!("/v1/fed/rollout{query}")).await?.ok()?;
        ensure!(answer["rollouts"].as_array().map(Vec::len) == Some(listed), "{query}: {answer}");
    }
    let path = format!("/v1/fed/rollout/{}", rollout["id"]);
    fleet.admin.patch(&path, &json!({ "action": "resume" })).await?.expect(400, 4)
}

#[tokio::test]
async fn a_change_goes_through_its_stages_to_everybody_whoever_dies() -> Result<()> {
    let mut fleet = Simulation::start(8).await?;
    fleet.set(&stages(&[(10, 0), (50, 0)])).await?;
    fleet.admin.post("/v1/group", &group("fed.new")).await?.ok()?;
    fleet.wait_for("fed.new", 8).await?;
    fleet.wait_for_rollout("it is completed", |rollout| rollout["state"] == "completed").await?;
    fleet.admin.get("/v1/group/fed.new").await?.ok()?;

    fleet.set(&stages(&[(10, LONG)])).await?;
    fleet.admin.post("/v1/group", &group("fed.held")).await?.ok()?;
    fleet.wait_for("fed.held", 1).await?;
    fleet.primary.kill().await?;
    fleet.primary.restart().await?;
    fleet.admin = fleet.primary.admin().await?;
    let rollout = fleet.rollout().await?;
    ensure!(rollout["state"] == "running" && rollout["stage"] == 1, "{rollout}");
    // The members of before are gone for good; new ones do not get what is held.
    let token = fleet.primary.token(&["--uses", "10"]).await?;
    fleet.members.clear();
    for index in 0..3 {
        let identity = simulated::join(&token, &format!("late{index}")).await?;
        fleet.members.push(simulated::open(&identity).await?);
    }
    fleet.wait_for("fed.new", 3).await?;
    ensure!(fleet.holders("fed.held") == 0, "a new member got what is held back");
    fleet.act(&rollout, "abort").await?;
    fleet.set(&stages(&[(100, 0)])).await?;
    fleet.admin.post("/v1/group", &group("fed.next")).await?.ok()?;
    fleet.wait_for("fed.next", 3).await?;
    fleet.wait_for_rollout("it is completed", |rollout| rollout["state"] == "completed").await?;
    fleet.admin.get("/v1/group/fed.next").await?.ok()?;
    fleet.set(&json!({ "policy": { "enable": false } })).await?;
    fleet.admin.post("/v1/group", &group("fed.last")).await?.ok()?;
    fleet.wait_for("fed.last", 3).await
}

#[tokio::test]
async fn errors_of_the_canary_halt_a_rollout() -> Result<()> {
    let fleet = Simulation::start(5).await?;
    fleet.set(&stages(&[(20, 0)])).await?;
    fleet.admin.post("/v1/group", &group("fed.broken")).await?.ok()?;
    let halted =
        fleet.wait_for_rollout("it is halted", |rollout| rollout["state"] == "halted").await?;
    ensure!(halted["reason"].as_str().is_some_and(|reason| reason.contains("cannot")), "{halted}");
    assert_eq!(halted["reason_code"], "errors", "{halted}");
    assert_eq!(halted["reason_parameters"].as_array().map(Vec::len), Some(2), "{halted}");
    ensure!(halted["clusters"][0]["state"] == "error", "{halted}");
    let id = halted["clusters"][0]["id"].as_str().unwrap_or_default();
    let path = format!("/v1/fed/member/{id}/errors");
    let told = fleet.admin.get(&path).await?.ok()?["errors"][0].clone();
    ensure!(told["kind"] == "group" && told["name"] == "fed.broken", "{told}");
    ensure!(told["code"] == 6 && told["field"] == "comment", "{told}");
    for (name, shown) in [("error", "error"), ("code", "error_code"), ("field", "error_field")] {
        ensure!(told[name] == halted["clusters"][0][shown], "{name}: {told} {halted}");
    }
    // A replica of a version before writes the sentence alone.
    let url = fleet.primary.database_url().context("no database")?;
    let mut database = PgConnection::connect(url).await?;
    let again = "UPDATE rollout SET reason = 'as before' WHERE id = $1";
    sqlx::query(again).bind(halted["id"].as_i64()).execute(&mut database).await?;
    let told = fleet.rollout().await?;
    assert_eq!(told["reason"], "as before");
    ensure!(told.get("reason_code").is_none(), "{told}");
    fleet.act(&halted, "abort").await?;
    fleet.wait_for("fed.broken", 0).await?;
    let heard: BTreeSet<bool> =
        fleet.members.iter().map(|member| member.heard().contains("fed.broken")).collect();
    ensure!(heard.contains(&false), "it reached everybody");
    // What is healthy goes through all stages.
    fleet.admin.post("/v1/group", &group("fed.whole")).await?.ok()?;
    fleet.wait_for("fed.whole", 5).await?;
    fleet.wait_for_rollout("it is completed", |rollout| rollout["state"] == "completed").await?;
    Ok(())
}

#[tokio::test]
async fn a_canary_that_is_removed_halts_a_rollout() -> Result<()> {
    let fleet = Simulation::start(3).await?;
    fleet.set(&stages(&[(10, LONG)])).await?;
    fleet.admin.post("/v1/group", &group("fed.new")).await?.ok()?;
    fleet.wait_for("fed.new", 1).await?;
    let canary = fleet.rollout().await?["clusters"][0]["id"].clone();
    let canary = canary.as_str().context("no canary")?;
    fleet.admin.delete(&format!("/v1/fed/cluster/{canary}")).await?.ok()?;
    let halted =
        fleet.wait_for_rollout("it is halted", |rollout| rollout["state"] == "halted").await?;
    ensure!(halted["reason"].as_str().is_some_and(|why| why.contains("member")), "{halted}");
    assert_eq!(halted["reason_code"], "no_members", "{halted}");
    ensure!(fleet.holders("fed.new") <= 1, "it went on untried");
    // Whoever looks at it later sees why it was given up.
    let aborted = fleet.act(&halted, "abort").await?;
    for field in ["reason", "reason_code"] {
        assert_eq!(aborted["rollout"][field], halted[field], "{aborted}");
    }
    Ok(())
}
