//! Federated objects that are for some clusters only.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use palisade_api::ObjectKind;
use palisade_tests::simulated::{self, SimulatedMember};
use palisade_tests::{Fleet, Primary, Rest, fleet, wait};
use serde_json::{Value, json};

fn group(name: &str, selector: &Value) -> Value {
    json!({ "config": { "name": name, "cfg_type": "federal", "cluster_selector": selector,
        "criteria": [{ "key": "service", "op": "=", "value": name }] } })
}

fn env(value: &str) -> Value {
    json!({ "matchLabels": { "env": value } })
}

/// Simulation without a cluster, one for each label of `env`.
struct Simulation {
    admin: Rest,
    members: Vec<(&'static str, String, SimulatedMember)>,
    primary: Primary,
}

impl Simulation {
    async fn start(envs: &[&'static str]) -> Result<Self> {
        let primary = Primary::start().await?;
        fleet::promote(&primary).await?;
        let token = primary.token(&["--uses", "100"]).await?;
        let mut members = Vec::new();
        for (index, env) in envs.iter().enumerate() {
            let name = format!("{env}-{index}");
            let identity = simulated::join_labelled(&token, &name, &[("env", env)]).await?;
            let id = identity.membership().cluster_id.to_string();
            members.push((*env, id, simulated::open(&identity).await?));
        }
        let admin = primary.admin().await?;
        let simulation = Self { admin, members, primary };
        // Everybody has his first snapshot.
        simulation.wait_for("fed.containers", |_| true).await?;
        Ok(simulation)
    }

    /// Waits until exactly those members that are `wanted` hold a group.
    async fn wait_for(&self, group: &str, wanted: impl Fn(&str) -> bool) -> Result<()> {
        wait::until(&format!("{group} is where it belongs"), || async {
            let fits = |(env, _, member): &(&str, String, SimulatedMember)| {
                member.names(ObjectKind::Group).contains(group) == wanted(env)
            };
            Ok(wait::when(self.members.iter().all(fits)))
        })
        .await
    }

    async fn wait_for_synced(&self) -> Result<()> {
        wait::until("all are synced", || async {
            let answer = self.admin.get("/v1/fed/member").await?.ok()?;
            let clusters = answer["joint_clusters"].as_array().context("no clusters")?;
            Ok(wait::when(clusters.iter().all(|cluster| cluster["status"] == "synced")))
        })
        .await
    }

    async fn relabel(&self, index: usize, env: &str) -> Result<Value> {
        let path = format!("/v1/fed/member/{}/labels", self.members[index].1);
        self.admin.patch(&path, &json!({ "labels": { "env": env } })).await?.ok()
    }
}

#[tokio::test]
async fn an_object_reaches_the_clusters_that_it_selects_and_nobody_else_hears_of_it() -> Result<()>
{
    let fleet = Simulation::start(&["prod", "test", "prod", "test", "dev"]).await?;
    fleet.admin.post("/v1/group", &group("fed.prod", &env("prod"))).await?.ok()?;
    fleet.wait_for("fed.prod", |env| env == "prod").await?;
    // Equal to its view is in sync: nobody waits for what is not for him.
    fleet.wait_for_synced().await?;

    let not_test = json!({ "matchExpressions":
        [{ "key": "env", "operator": "NotIn", "values": ["test"] }] });
    let change = json!({ "config": { "name": "fed.prod", "cluster_selector": not_test } });
    fleet.admin.patch("/v1/group/fed.prod", &change).await?.ok()?;
    fleet.wait_for("fed.prod", |env| env != "test").await?;
    let shown = fleet.admin.get("/v1/group/fed.prod").await?.ok()?;
    ensure!(shown["group"]["cluster_selector"] == not_test, "{shown}");

    // What is for all reaches all, also those that were passed over.
    fleet.admin.post("/v1/group", &group("fed.all", &json!({}))).await?.ok()?;
    fleet.wait_for("fed.all", |_| true).await?;
    fleet.wait_for_synced().await?;
    for (env, _, member) in &fleet.members {
        ensure!(member.heard().contains("fed.prod") == (*env != "test"), "{env}");
    }

    let nobody = json!({ "config": { "name": "fed.prod", "cluster_selector": env("none") } });
    fleet.admin.patch("/v1/group/fed.prod", &nobody).await?.ok()?;
    fleet.wait_for("fed.prod", |_| false).await?;
    fleet.wait_for_synced().await
}

#[tokio::test]
async fn labels_that_somebody_else_changed_since_stay() -> Result<()> {
    let fleet = Simulation::start(&["prod"]).await?;
    let path = format!("/v1/fed/member/{}/labels", fleet.members[0].1);
    let labels = |env: &str| json!({ "labels": { "env": env } });
    let answer = fleet.admin.patch(&path, &labels("test")).await?;
    let after = fleet.admin.with_header("If-Match", answer.headers["etag"].to_str()?)?;
    answer.ok()?;
    fleet.relabel(0, "dev").await?;
    after.patch(&path, &labels("prod")).await?.expect(412, 4)?;
    fleet.relabel(0, "test").await?;
    after.patch(&path, &labels("prod")).await?.ok()?;
    Ok(())
}

#[tokio::test]
async fn a_relabelled_cluster_gets_what_is_for_it_and_loses_what_is_not() -> Result<()> {
    let mut fleet = Simulation::start(&["prod", "test", "test"]).await?;
    fleet.admin.post("/v1/group", &group("fed.prod", &env("prod"))).await?.ok()?;
    fleet.admin.post("/v1/group", &group("fed.test", &env("test"))).await?.ok()?;
    fleet.wait_for("fed.prod", |env| env == "prod").await?;
    fleet.wait_for("fed.test", |env| env == "test").await?;

    fleet.relabel(1, "prod").await?;
    fleet.members[1].0 = "prod";
    fleet.wait_for("fed.prod", |env| env == "prod").await?;
    fleet.wait_for("fed.test", |env| env == "test").await?;
    fleet.wait_for_synced().await?;
    let untouched = fleet.members[2].2.heard();
    ensure!(!untouched.contains("fed.prod"), "{untouched:?}");

    // Another start of the primary tells the same.
    fleet.primary.kill().await?;
    fleet.primary.restart().await?;
    fleet.admin = fleet.primary.admin().await?;
    let member = fleet.admin.get("/v1/fed/member").await?.ok()?;
    let labels: BTreeSet<String> = member["joint_clusters"]
        .as_array()
        .context("no clusters")?
        .iter()
        .map(|cluster| cluster["labels"]["env"].to_string())
        .collect();
    ensure!(labels == BTreeSet::from(["\"prod\"".to_owned(), "\"test\"".to_owned()]), "{labels:?}");
    let path = format!("/v1/fed/member/{}/labels", fleet.members[0].1);
    for wrong in [json!({"a b": "x"}), json!({"env": "ü"}), json!({"": ""})] {
        let answer = fleet.admin.patch(&path, &json!({ "labels": wrong })).await?;
        ensure!(answer.status.as_u16() == 400, "{wrong}: {answer:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_rule_is_not_for_clusters_without_its_group() -> Result<()> {
    let fleet = Simulation::start(&["prod"]).await?;
    fleet.admin.post("/v1/group", &group("fed.prod", &env("prod"))).await?.ok()?;
    let rule = |selector: Value| {
        json!({ "insert": { "rules": [{ "from": "fed.prod", "to": "external", "ports": "any",
            "action": "allow", "applications": [], "cfg_type": "federal",
            "cluster_selector": selector }] } })
    };
    let refused = fleet.admin.patch("/v1/policy/rule?scope=fed", &rule(json!({}))).await?;
    refused.expect(400, 6)?;
    ensure!(format!("{refused:?}").contains("fed.prod"), "{refused:?}");
    fleet.admin.patch("/v1/policy/rule?scope=fed", &rule(env("prod"))).await?.ok()?;
    let narrowed = json!({ "config": { "name": "fed.prod", "cluster_selector": env("test") } });
    fleet.admin.patch("/v1/group/fed.prod", &narrowed).await?.expect(400, 6)?;
    // A profile goes where its group goes.
    let profile = json!({ "process_profile_config": { "group": "fed.prod", "process_change_list":
        [{ "name": "sh", "path": "/bin/sh", "action": "deny" }] } });
    fleet.admin.patch("/v1/process_profile/fed.prod", &profile).await?.ok()?;
    wait::until("the profile is there", || async {
        let held = fleet.members[0].2.names(ObjectKind::ProcessProfile);
        Ok(wait::when(held.contains("fed.prod")))
    })
    .await?;
    fleet.relabel(0, "test").await?;
    fleet.wait_for("fed.prod", |_| false).await?;
    ensure!(fleet.members[0].2.names(ObjectKind::ProcessProfile).is_empty());
    ensure!(fleet.members[0].2.names(ObjectKind::NetworkRule).is_empty());
    fleet.wait_for_synced().await
}

#[tokio::test]
async fn an_agent_joins_with_labels_and_those_of_its_token_win() -> Result<()> {
    let mut fleet = Fleet::start(&[]).await?;
    let query = "/v1/fed/join_token?labels=env=prod,region=eu";
    let token = fleet.admin.get(query).await?.ok()?;
    let token = token["join_token"].as_str().context("no token")?.to_owned();
    let agent = palisade_tests::Agent::builder("berlin", &token)
        .args(["--labels", "env=test,rack=a"])
        .start()
        .await?;
    fleet.agents.insert("berlin".to_owned(), agent);
    fleet.admin.post("/v1/group", &group("fed.prod", &env("prod"))).await?.ok()?;
    fleet.wait_for_status("berlin", "synced").await?;
    let member = fleet.member("berlin").await?.context("no member")?;
    let labels = json!({ "env": "prod", "rack": "a", "region": "eu" });
    ensure!(member["labels"] == labels, "{member}");
    let local = fleet.agent("berlin")?.admin().await?;
    wait::until("the agent shows the group", || async {
        Ok(wait::when(local.get("/v1/group/fed.prod").await?.status.is_success()))
    })
    .await
}
