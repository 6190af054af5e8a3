//! The life of a membership through the REST API of both sides: standalone, joined,
//! left, joined again with lost disks.

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use palisade_api::federation::JoinRequest;
use palisade_tests::{Agent, Fleet, Rest, simulated, wait};
use serde_json::{Value, json};

fn group(name: &str) -> Value {
    json!({ "config": { "name": name, "cfg_type": "federal",
        "criteria": [{ "key": "service", "op": "=", "value": name }] } })
}

async fn token(fleet: &Fleet) -> Result<String> {
    let answer = fleet.admin.get("/v1/fed/join_token").await?.ok()?;
    Ok(answer["join_token"].as_str().context("no join_token")?.to_owned())
}

async fn role(rest: &Rest) -> Result<Value> {
    Ok(rest.get("/v1/fed/member").await?.ok()?["fed_role"].clone())
}

/// Names of the events of a cluster's own log.
async fn events(rest: &Rest) -> Result<Vec<String>> {
    let log = rest.get("/v1/log/event").await?.ok()?;
    let events = log["events"].as_array().context("no events")?;
    Ok(events.iter().filter_map(|event| Some(event["name"].as_str()?.to_owned())).collect())
}

/// Events of the federation, as the primary lists them, with that name.
async fn told(fleet: &Fleet, name: &str) -> Result<Vec<Value>> {
    let listed = fleet.admin.get(&format!("/v1/fed/events?name={name}")).await?.ok()?;
    Ok(listed["events"].as_array().context("no events")?.clone())
}

#[tokio::test]
async fn a_standalone_cluster_joins_leaves_and_joins_again_by_rest() -> Result<()> {
    let mut fleet = Fleet::start(&["production"]).await?;
    fleet.admin.post("/v1/group", &group("fed.shop")).await?.ok()?;
    let agent = Agent::without_token("staging").start().await?;
    let local = agent.admin().await?;
    assert_eq!(role(&local).await?, "");
    local.post("/v1/fed/leave", &json!({ "force": true })).await?.expect(400, 4)?;

    // What cannot be leaves it standalone, each with its code.
    let good = token(&fleet).await?;
    let mut stale: Value = serde_json::from_slice(&BASE64_STANDARD.decode(&good)?)?;
    stale["t"] = json!("no.ticket.atall");
    let stale = BASE64_STANDARD.encode(stale.to_string());
    for (body, status, code) in [
        (json!({ "join_token": "" }), 400, 6),
        (json!({ "join_token": stale }), 417, 39),
        (json!({ "join_token": good, "name": "production" }), 409, 41),
        (json!({ "join_token": good, "name": "primary" }), 409, 41),
        (json!({ "join_token": good, "name": "/" }), 400, 15),
        (json!({ "join_token": good, "server": "127.0.0.1", "port": 1 }), 500, 39),
        // What is not said of the address is that of the token.
        (json!({ "join_token": good, "port": 1 }), 500, 39),
        (json!({ "join_token": good, "server": "localhost", "name": "production" }), 409, 41),
        (json!({ "join_token": good, "port": 70_000 }), 400, 6),
        (json!({ "join_token": good, "use_proxy": "https" }), 400, 6),
    ] {
        local.post("/v1/fed/join", &body).await?.expect(status, code)?;
        assert_eq!(role(&local).await?, "");
    }
    let unreachable = json!({ "join_token": good, "server": "127.0.0.1", "port": 1 });
    let refused = local.post("/v1/fed/join", &unreachable).await?;
    for told in ["127.0.0.1:1", "11443", "let through"] {
        ensure!(refused.text.contains(told), "{}", refused.text);
    }
    for round in 0..2 {
        let join = json!({ "name": "staging", "join_token": token(&fleet).await?,
            "joint_rest_info": { "server": "staging.example", "port": 10443 } });
        local.post("/v1/fed/join", &join).await?.ok()?;
        let joined = local.get("/v1/fed/member").await?.ok()?;
        assert_eq!(joined["fed_role"], "joint");
        assert_eq!(joined["master_cluster"]["status"], "connected", "{joined}");
        fleet.wait_for_status("staging", "synced").await?;
        let member = fleet.member("staging").await?.context("no member")?;
        assert_eq!(member["rest_info"], json!({ "server": "staging.example", "port": 10443 }));
        local.get("/v1/group/fed.shop").await?.ok()?;
        local.post("/v1/fed/join", &join).await?.expect(400, 4)?;
        local.post("/v1/fed/leave", &json!({ "force": false })).await?.ok()?;
        // Answered when it is so.
        assert_eq!(role(&local).await?, "");
        local.get("/v1/group/fed.shop").await?.expect(404, 7)?;
        ensure!(fleet.member("staging").await?.is_none(), "round {round}: it is still a member");
    }
    let events = events(&local).await?;
    let count = |name: &str| events.iter().filter(|event| *event == name).count();
    assert_eq!((count("Federation.Join"), count("Federation.Leave")), (2, 2), "{events:?}");
    // What the cluster tells itself comes with its next membership.
    let told = told(&fleet, "Federation.Leave").await?;
    let by_primary = told.iter().filter(|told| told["detail"].to_string().contains("The cluster"));
    assert_eq!(by_primary.count(), 2, "{told:?}");
    let log = fleet.admin.get("/v1/log/event?f_name=Federation.Leave").await?.ok()?;
    for told in log["events"].as_array().context("no events")? {
        let by_primary = told["message"].as_str().is_some_and(|text| text.contains("The cluster"));
        ensure!(!by_primary || told["user"] == "staging", "{told}");
    }
    let former = fleet.admin.get("/v1/fed/member?former=true").await?.ok()?;
    let former = former["joint_clusters"].as_array().context("no clusters")?;
    let left = former.iter().filter(|one| one["name"] == "staging" && one["status"] == "left");
    assert_eq!(left.count(), 2);
    fleet.agents.insert("staging".to_owned(), agent);
    Ok(())
}

/// A fleet whose only cluster has left while the primary was away, and said so since.
async fn left_without_a_word() -> Result<Fleet> {
    let mut fleet = Fleet::start(&["staging"]).await?;
    let local = fleet.agent("staging")?.admin().await?;
    fleet.primary.stop().await?;
    wait::until("the agent knows that the primary is away", || async {
        let member = local.get("/v1/fed/member").await?.ok()?;
        Ok(wait::when(member["master_cluster"]["status"] == "disconnected"))
    })
    .await?;
    local.post("/v1/fed/leave", &json!({ "force": true })).await?.ok()?;
    assert_eq!(role(&local).await?, "");
    fleet.primary.restart().await?;
    fleet.admin = fleet.primary.admin().await?;
    fleet.wait_for_status("staging", "left").await?;
    Ok(fleet)
}

#[tokio::test]
async fn a_cluster_that_left_without_a_word_is_shown_until_somebody_removes_it() -> Result<()> {
    let fleet = left_without_a_word().await?;
    let member = fleet.member("staging").await?.context("no member")?;
    let id = member["id"].as_str().context("no id")?;
    fleet.admin.delete(&format!("/v1/fed/cluster/{id}")).await?.ok()?;
    ensure!(fleet.member("staging").await?.is_none(), "it is still shown");
    fleet.admin.delete(&format!("/v1/fed/cluster/{id}")).await?.expect(400, 7)
}

#[tokio::test]
async fn a_federation_that_is_dissolved_leaves_nobody_on_the_list() -> Result<()> {
    let fleet = left_without_a_word().await?;
    fleet.admin.post("/v1/fed/demote", &json!({})).await?.ok()?;
    let admin = fleet.primary.admin().await?;
    let member = admin.get("/v1/fed/member").await?.ok()?;
    assert_eq!(member["joint_clusters"], json!([]), "{member}");
    Ok(())
}

#[tokio::test]
async fn clusters_that_were_away_learn_that_the_federation_was_dissolved() -> Result<()> {
    let mut fleet = Fleet::start(&["near", "far"]).await?;
    fleet.admin.post("/v1/group", &group("fed.shop")).await?.ok()?;
    fleet.wait_for_status("far", "synced").await?;
    fleet.agent_mut("far")?.stop().await?;
    fleet.wait_for_status("far", "disconnected").await?;
    fleet.admin.post("/v1/fed/demote", &json!({})).await?.ok()?;
    fleet.agent_mut("far")?.restart().await?;
    for name in ["near", "far"] {
        let local = fleet.agent(name)?.admin().await?;
        wait::until(&format!("{name} is standalone"), || async {
            Ok(wait::when(role(&local).await? == ""))
        })
        .await?;
        local.get("/v1/group/fed.shop").await?.expect(404, 7)?;
    }
    Ok(())
}

fn rule(comment: &str) -> Value {
    json!({ "config": { "id": 0, "category": "Kubernetes", "cfg_type": "user_created",
        "rule_type": "deny", "comment": comment, "disable": false,
        "criteria": [{ "name": "namespace", "op": "containsAny", "value": "cellar" }] } })
}

/// The revisions of a member's own configuration that the primary keeps.
async fn revisions(fleet: &Fleet, id: &str) -> Result<Vec<Value>> {
    let path = format!("/v1/fed/cluster/{id}/configuration");
    let kept = fleet.admin.get(&path).await?.ok()?;
    Ok(kept["revisions"].as_array().context("no revisions")?.clone())
}

async fn newest(fleet: &Fleet, id: &str) -> Result<String> {
    let path = format!("/v1/fed/cluster/{id}/configuration/newest");
    Ok(fleet.admin.get(&path).await?.ok()?.to_string())
}

#[tokio::test]
async fn a_cluster_that_lost_its_disks_gets_its_entry_and_its_own_rules_back() -> Result<()> {
    let fleet = Fleet::start(&[]).await?;
    fleet.admin.post("/v1/group", &group("fed.shop")).await?.ok()?;
    let first = Agent::builder("staging", &fleet.primary.token(&[]).await?)
        .arg("--cluster-uid=the-uid")
        .start()
        .await?;
    fleet.wait_for_status("staging", "synced").await?;
    let id = fleet.member("staging").await?.context("no member")?["id"].clone();
    let id = id.as_str().context("no id")?;
    let local = first.admin().await?;
    for comment in ["one", "two"] {
        local.post("/v1/admission/rule", &rule(comment)).await?.ok()?;
        wait::until("the primary keeps the rule", || async {
            Ok(wait::when(newest(&fleet, id).await?.contains(comment)))
        })
        .await?;
    }
    let protect = json!({ "state": { "mode": "protect" } });
    local.patch("/v1/admission/state", &protect).await?.ok()?;
    wait::until("the primary keeps the mode", || async {
        Ok(wait::when(newest(&fleet, id).await?.contains("protect")))
    })
    .await?;
    let kept = revisions(&fleet, id).await?;
    ensure!(kept.len() >= 3 && kept.len() <= 10, "{kept:?}");
    let oldest = kept.last().context("no revision")?["revision"].as_i64().context("no number")?;
    let path = format!("/v1/fed/cluster/{id}/configuration/{oldest}");
    ensure!(!fleet.admin.get(&path).await?.ok()?.to_string().contains("two"));
    fleet.admin.get(&format!("/v1/fed/cluster/{id}/configuration/x")).await?.expect(400, 6)?;
    fleet.admin.get(&format!("/v1/fed/cluster/{id}/configuration/99")).await?.expect(404, 7)?;

    // While it lives, nobody takes its place; nor does another cluster ever.
    let request = |uid: &str| JoinRequest {
        name: "staging".to_owned(),
        kube_system_uid: uid.to_owned(),
        ..JoinRequest::default()
    };
    let again = fleet.primary.token(&["--uses", "9"]).await?;
    for uid in ["the-uid", "another-uid", ""] {
        let refused = simulated::join_as(&again, request(uid)).await;
        let text = format!("{:#}", refused.err().context("it was let in")?);
        ensure!(text.contains("staging"), "{uid}: {text}");
    }
    // A copy of its data folder, from before it lost its disks.
    let copy = tempfile::tempdir()?;
    let (mut first, data) = (first, copy.path().join("data"));
    first.stop().await?;
    palisade_tests::agent::copy(first.data_dir(), &data)?;
    drop(first);
    fleet.wait_for_status("staging", "disconnected").await?;
    for uid in ["another-uid", ""] {
        ensure!(simulated::join_as(&again, request(uid)).await.is_err(), "{uid} was let in");
    }
    let second = Agent::builder("staging", &again).arg("--cluster-uid=the-uid").start().await?;
    fleet.wait_for_status("staging", "synced").await?;
    let member = fleet.member("staging").await?.context("no member")?;
    assert_eq!(member["id"], id);
    let local = second.admin().await?;
    wait::until("its own rules are back", || async {
        let rules = local.get("/v1/admission/rules?scope=local").await?.ok()?.to_string();
        Ok(wait::when(rules.contains("one") && rules.contains("two")))
    })
    .await?;
    let state = local.get("/v1/admission/state").await?.ok()?;
    assert_eq!(state["state"]["mode"], "protect");
    local.get("/v1/group/fed.shop").await?.ok()?;
    ensure!(events(&local).await?.iter().any(|name| name == "Agent.Configuration.Restored"));
    let joins = told(&fleet, "Federation.Join").await?;
    let again = |event: &Value| event["detail"].to_string().contains("certificates are revoked");
    ensure!(joins.iter().any(again), "{joins:?}");

    // Whoever still has the old disks is out: its certificate is revoked.
    let ghost = Agent::without_token("staging").with_data_of(&data).start().await?;
    let ghost = ghost.admin().await?;
    wait::until("the old certificate is refused", || async {
        Ok(wait::when(role(&ghost).await? == ""))
    })
    .await?;
    fleet.wait_for_status("staging", "synced").await
}

#[tokio::test]
async fn a_cluster_waits_until_somebody_approves_it() -> Result<()> {
    let fleet = Fleet::start(&[]).await?;
    fleet.admin.post("/v1/group", &group("fed.shop")).await?.ok()?;
    let agent = Agent::join("staging", &fleet.primary.token(&["--approval"]).await?).await?;
    fleet.wait_for_status("staging", "pending").await?;
    let local = agent.admin().await?;
    wait::until("the cluster knows that it waits", || async {
        let member = local.get("/v1/fed/member").await?.ok()?;
        Ok(wait::when(member["joint_clusters"][0]["status"] == "pending"))
    })
    .await?;
    local.get("/v1/group/fed.shop").await?.expect(404, 7)?;
    let member = fleet.member("staging").await?.context("no member")?;
    let id = member["id"].as_str().context("no id")?;
    // Nobody's calls reach a cluster that may be anybody's.
    let call = format!("/v1/fed/cluster/{id}/v1/group");
    fleet.admin.get(&call).await?.expect(400, 37)?;
    let own = json!({ "config": { "name": "own", "criteria": [] } });
    fleet.admin.post(&call, &own).await?.expect(400, 37)?;
    let approve = format!("/v1/fed/cluster/{id}/approve");
    fleet.admin.post(&approve, &json!({})).await?.ok()?;
    fleet.wait_for_status("staging", "synced").await?;
    fleet.admin.get(&call).await?.ok()?;
    local.get("/v1/group/fed.shop").await?.ok()?;
    // Once more changes nothing.
    fleet.admin.post(&approve, &json!({})).await?.ok()?;
    Ok(())
}

#[tokio::test]
async fn a_cluster_that_waits_gets_nothing_while_the_database_is_away() -> Result<()> {
    let mut fleet = Fleet::start(&[]).await?;
    fleet.admin.post("/v1/group", &group("fed.shop")).await?.ok()?;
    let mut agent = Agent::join("staging", &fleet.primary.token(&["--approval"]).await?).await?;
    fleet.wait_for_status("staging", "pending").await?;

    agent.stop().await?;
    fleet.primary.postgres().context("a database of the harness")?.stop().await?;
    agent.restart().await?;
    let local = agent.admin().await?;
    wait::until("the cluster is connected and knows that it waits", || async {
        let member = local.get("/v1/fed/member").await?.ok()?;
        let connected = member["master_cluster"]["status"] == "connected";
        Ok(wait::when(connected && member["joint_clusters"][0]["status"] == "pending"))
    })
    .await?;
    local.get("/v1/group/fed.shop").await?.expect(404, 7)?;

    fleet.primary.postgres().context("a database of the harness")?.resume().await?;
    let id = wait::until("the primary shows it again", || async {
        let member = fleet.member("staging").await?.context("no member")?;
        Ok(member["id"].as_str().map(ToOwned::to_owned))
    })
    .await?;
    fleet.admin.post(&format!("/v1/fed/cluster/{id}/approve"), &json!({})).await?.ok()?;
    fleet.wait_for_status("staging", "synced").await?;
    local.get("/v1/group/fed.shop").await?.ok()?;
    Ok(())
}
