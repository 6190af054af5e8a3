//! Rollouts of a primary with several replicas: none of them leads, each may take
//! the next step, and no step is taken twice.

use anyhow::{Context, Result, ensure};
use palisade_api::ObjectKind;
use palisade_tests::simulated::{self, SimulatedMember};
use palisade_tests::writer::group;
use palisade_tests::{Primary, Replicas, Rest, wait};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};

/// Three replicas, and members that hang on the first two of them in turn.
struct Simulation {
    members: Vec<SimulatedMember>,
    admins: Vec<Rest>,
    replicas: Replicas,
}

impl Simulation {
    async fn start(count: usize) -> Result<Self> {
        let replicas = Replicas::start(3, |primary| primary).await?;
        let mut admins = Vec::new();
        for replica in replicas.all() {
            admins.push(replica.admin().await?);
        }
        let token = replicas.first.token(&["--uses", "100"]).await?;
        let homes: Vec<&Primary> = replicas.all().take(2).collect();
        let mut members = Vec::new();
        for index in 0..count {
            let home = homes[index % homes.len()].addresses()?.federation;
            let token = simulated::token_for(&token, home)?;
            let identity = simulated::join(&token, &format!("c{index}")).await?;
            members.push(simulated::open(&identity).await?);
        }
        let simulation = Self { members, admins, replicas };
        simulation.wait_for("fed.containers", count).await?;
        Ok(simulation)
    }

    async fn stages(&self, stages: &[(u32, u32)]) -> Result<()> {
        let stage =
            |(percent, wait): &(u32, u32)| json!({ "percent": percent, "wait_seconds": wait });
        let stages: Vec<Value> = stages.iter().map(stage).collect();
        let policy = json!({ "policy": { "enable": true, "stages": stages } });
        self.admins[0].patch("/v1/fed/rollout_policy", &policy).await?.ok()?;
        Ok(())
    }

    async fn wait_for(&self, group: &str, count: usize) -> Result<()> {
        wait::until(&format!("{count} have {group}"), || async {
            let holds = |member: &&SimulatedMember| member.names(ObjectKind::Group).contains(group);
            Ok(wait::when(self.members.iter().filter(holds).count() == count))
        })
        .await
    }

    /// How many changes the log has seen.
    async fn head(&self) -> Result<i64> {
        let url = self.replicas.first.database_url().context("no database")?;
        let mut database = PgConnection::connect(url).await?;
        let head = "SELECT revision FROM log WHERE id = 1";
        Ok(sqlx::query_scalar(head).fetch_one(&mut database).await?)
    }
}

/// Waits until a replica shows the newest rollout in a state.
async fn wait_for_state(replica: &Rest, state: &str) -> Result<Value> {
    wait::until(&format!("the rollout is {state}"), || async {
        let answer = replica.get("/v1/fed/rollout").await?.ok()?;
        let rollout = answer["rollouts"][0].clone();
        ensure!(rollout["state"] == state, "{rollout}");
        Ok(Some(rollout))
    })
    .await
}

#[tokio::test]
async fn whatever_replica_members_hang_on_each_step_is_taken_once() -> Result<()> {
    let fleet = Simulation::start(8).await?;
    fleet.stages(&[(25, 0), (50, 0), (75, 1)]).await?;
    for (round, starter) in fleet.admins.iter().enumerate() {
        let name = format!("fed.round{round}");
        let before = fleet.head().await?;
        starter.post("/v1/group", &group(&name)).await?.ok()?;
        fleet.wait_for(&name, 8).await?;
        for admin in &fleet.admins {
            let rollout = wait_for_state(admin, "completed").await?;
            ensure!(rollout["objects"][0]["name"] == name.as_str(), "{rollout}");
        }
        // Three stages and the end, and nothing besides.
        assert_eq!(fleet.head().await? - before, 4, "round {round}");
    }
    // A canary of one replica halts what another one began.
    fleet.stages(&[(25, 0)]).await?;
    fleet.admins[2].post("/v1/group", &group("fed.broken")).await?.ok()?;
    for admin in &fleet.admins {
        let halted = wait_for_state(admin, "halted").await?;
        ensure!(halted["clusters"].as_array().map(Vec::len) == Some(2), "{halted}");
    }
    let halted = wait_for_state(&fleet.admins[1], "halted").await?;
    let path = format!("/v1/fed/rollout/{}", halted["id"]);
    fleet.admins[0].patch(&path, &json!({ "action": "abort" })).await?.ok()?;
    fleet.wait_for("fed.broken", 0).await?;
    wait_for_state(&fleet.admins[2], "aborted").await?;
    Ok(())
}

#[tokio::test]
async fn a_rollout_outlives_the_replica_that_began_it() -> Result<()> {
    let mut fleet = Simulation::start(6).await?;
    fleet.stages(&[(20, 2), (50, 2)]).await?;
    let before = fleet.head().await?;
    fleet.admins[2].post("/v1/group", &group("fed.new")).await?.ok()?;
    fleet.replicas.nth_mut(2)?.kill().await?;
    fleet.wait_for("fed.new", 6).await?;
    for admin in &fleet.admins[..2] {
        wait_for_state(admin, "completed").await?;
    }
    // It comes back, and takes no step again.
    fleet.replicas.nth_mut(2)?.restart().await?;
    wait_for_state(&fleet.replicas.nth_mut(2)?.admin().await?, "completed").await?;
    assert_eq!(fleet.head().await? - before, 3, "two stages and the end");

    // One that is halted stays so, whoever looks at it next.
    fleet.stages(&[(20, 0)]).await?;
    fleet.admins[0].post("/v1/group", &group("fed.broken")).await?.ok()?;
    wait_for_state(&fleet.admins[1], "halted").await?;
    let halted_at = fleet.head().await?;
    fleet.replicas.nth_mut(2)?.kill().await?;
    fleet.replicas.nth_mut(2)?.restart().await?;
    let again = fleet.replicas.nth_mut(2)?.admin().await?;
    let halted = wait_for_state(&again, "halted").await?;
    assert_eq!(fleet.head().await?, halted_at, "{halted}");
    let path = format!("/v1/fed/rollout/{}", halted["id"]);
    again.patch(&path, &json!({ "action": "abort" })).await?.ok()?;
    fleet.wait_for("fed.broken", 0).await
}
