//! How clusters become members, primary and standalone again, and what remains
//! of the federation at each step.

use anyhow::{Context, Result, ensure};
use palisade_tests::{Agent, Fleet, Rest, fleet, wait};
use serde_json::{Value, json};

fn group(name: &str) -> Value {
    json!({ "config": { "name": name, "cfg_type": "federal",
        "criteria": [{ "key": "service", "op": "=", "value": name }] } })
}

/// Waits until a cluster plays a role in a federation.
async fn role(rest: &Rest, role: &str) -> Result<()> {
    wait::until(&format!("the role is {role:?}"), || async {
        let member = rest.get("/v1/fed/member").await?.ok()?;
        Ok(wait::when(member["fed_role"] == role))
    })
    .await
}

/// Waits until a cluster holds, or no longer holds, federated groups.
async fn holds_groups(rest: &Rest, holds: bool) -> Result<()> {
    wait::until(&format!("it holds groups: {holds}"), || async {
        let groups = rest.get("/v1/group?scope=fed").await?.ok()?;
        let groups = groups["groups"].as_array().context("no groups")?;
        Ok(wait::when(groups.is_empty() != holds))
    })
    .await
}

async fn id(fleet: &Fleet, name: &str) -> Result<String> {
    let member = fleet.member(name).await?.with_context(|| format!("{name} is no member"))?;
    Ok(member["id"].as_str().context("no id")?.to_owned())
}

/// How a membership ends.
#[derive(Clone, Copy, Debug)]
enum End {
    Leave,
    LeaveByForce,
    Kick,
    Demote,
}

#[tokio::test]
async fn however_a_membership_ends_the_cluster_is_standalone_again() -> Result<()> {
    for end in [End::Leave, End::LeaveByForce, End::Kick, End::Demote] {
        let fleet = Fleet::start(&["staging"]).await?;
        fleet.admin.post("/v1/group", &group("fed.shop")).await?.ok()?;
        let local = fleet.agent("staging")?.admin().await?;
        role(&local, "joint").await?;
        holds_groups(&local, true).await?;
        match end {
            End::Leave => local.post("/v1/fed/leave", &json!({ "force": false })).await?.ok()?,
            End::LeaveByForce => {
                local.post("/v1/fed/leave", &json!({ "force": true })).await?.ok()?
            }
            End::Kick => {
                let id = id(&fleet, "staging").await?;
                fleet.admin.delete(&format!("/v1/fed/cluster/{id}")).await?.ok()?
            }
            End::Demote => fleet.admin.post("/v1/fed/demote", &json!({})).await?.ok()?,
        };
        role(&local, "").await.with_context(|| format!("{end:?}"))?;
        holds_groups(&local, false).await.with_context(|| format!("{end:?}"))?;
        if matches!(end, End::Demote) {
            let admin = fleet.primary.admin().await?;
            role(&admin, "").await?;
            holds_groups(&admin, false).await?;
            admin.post("/v1/fed/demote", &json!({})).await?.expect(403, 25)?;
            // Nothing is left over that a new federation would be refused for.
            fleet::promote(&fleet.primary).await?;
        } else {
            wait::until("the primary forgets it", || async {
                Ok(wait::when(fleet.member("staging").await?.is_none()))
            })
            .await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn leaving_without_the_primary_needs_force() -> Result<()> {
    let mut fleet = Fleet::start(&["staging"]).await?;
    fleet.admin.post("/v1/group", &group("fed.shop")).await?.ok()?;
    let local = fleet.agent("staging")?.admin().await?;
    holds_groups(&local, true).await?;
    fleet.primary.stop().await?;
    wait::until("the agent knows that the primary is away", || async {
        let member = local.get("/v1/fed/member").await?.ok()?;
        Ok(wait::when(member["master_cluster"]["status"] == "disconnected"))
    })
    .await?;
    local.post("/v1/fed/leave", &json!({ "force": false })).await?.expect(500, 39)?;
    // What is federated stays in force meanwhile.
    role(&local, "joint").await?;
    holds_groups(&local, true).await?;
    local.post("/v1/fed/leave", &json!({ "force": true })).await?.ok()?;
    role(&local, "").await?;
    holds_groups(&local, false).await?;
    // The primary is told later: its entry stays until it is removed.
    fleet.primary.restart().await?;
    fleet.admin = fleet.primary.admin().await?;
    fleet.wait_for_status("staging", "left").await?;
    let id = id(&fleet, "staging").await?;
    fleet.admin.delete(&format!("/v1/fed/cluster/{id}")).await?.ok()?;
    ensure!(fleet.member("staging").await?.is_none(), "it is still a member");
    Ok(())
}

#[tokio::test]
async fn a_cluster_that_was_kicked_while_away_learns_it_when_it_comes_back() -> Result<()> {
    let mut fleet = Fleet::start(&["staging"]).await?;
    fleet.admin.post("/v1/group", &group("fed.shop")).await?.ok()?;
    holds_groups(&fleet.agent("staging")?.admin().await?, true).await?;
    let id = id(&fleet, "staging").await?;
    fleet.agent_mut("staging")?.stop().await?;
    fleet.wait_for_status("staging", "disconnected").await?;
    fleet.admin.delete(&format!("/v1/fed/cluster/{id}")).await?.ok()?;
    fleet.agent_mut("staging")?.restart().await?;
    let local = fleet.agent("staging")?.admin().await?;
    role(&local, "").await?;
    holds_groups(&local, false).await?;
    // The first handshake says so already.
    let log = fleet.agent("staging")?.process().log();
    ensure!(!log.contains("Connection reset") && !log.contains("Broken pipe"), "{log}");
    Ok(())
}

#[tokio::test]
async fn a_cluster_that_is_no_member_any_more_does_not_come_back_by_its_old_token() -> Result<()> {
    for end in [End::Leave, End::Kick] {
        let fleet = Fleet::start(&[]).await?;
        let token = fleet.primary.token(&["--uses", "10"]).await?;
        let mut agent = Agent::join("staging", &token).await?;
        fleet.wait_for_status("staging", "synced").await?;
        let local = agent.admin().await?;
        if let End::Leave = end {
            local.post("/v1/fed/leave", &json!({ "force": false })).await?.ok()?;
        } else {
            let id = id(&fleet, "staging").await?;
            fleet.admin.delete(&format!("/v1/fed/cluster/{id}")).await?.ok()?;
        }
        role(&local, "").await?;
        agent.stop().await?;
        // Its settings still name the token.
        agent.restart().await?;
        role(&agent.admin().await?, "").await?;
        ensure!(agent.process().log().contains("another token"), "{}", agent.process().log());
        ensure!(fleet.member("staging").await?.is_none(), "{end:?}: it is a member again");
        agent.stop().await?;
        let other = fleet.primary.token(&[]).await?;
        let again =
            Agent::builder("staging", &other).with_data_of(agent.data_dir()).start().await?;
        fleet.wait_for_status("staging", "synced").await?;
        drop(again);
    }
    Ok(())
}

#[tokio::test]
async fn the_name_of_a_cluster_that_is_gone_is_free_again() -> Result<()> {
    let fleet = Fleet::start(&["staging"]).await?;
    fleet.admin.post("/v1/group", &group("fed.shop")).await?.ok()?;
    let first = id(&fleet, "staging").await?;
    fleet.admin.delete(&format!("/v1/fed/cluster/{first}")).await?.ok()?;
    let again = Agent::join("staging", &fleet.primary.token(&[]).await?).await?;
    fleet.wait_for_status("staging", "synced").await?;
    ensure!(id(&fleet, "staging").await? != first, "an id came back");
    holds_groups(&again.admin().await?, true).await
}

#[tokio::test]
async fn a_demotion_leaves_no_role_of_the_federation_behind() -> Result<()> {
    let fleet = Fleet::start(&[]).await?;
    let group = |name: &str, role: &str| json!({ "group": name, "global_role": role });
    let mut watching = group("watching", "fedReader");
    watching["role_domains"] = json!({ "admin": ["shop"] });
    let provider = json!({ "config": { "name": "openId1", "oidc": {
        "issuer": "https://127.0.0.1:1/", "client_id": "palisade", "client_secret": "s",
        "enable": false,
        "group_mapped_roles": [group("ops", "fedAdmin"), watching, group("ci", "ciops")] } } });
    fleet.admin.post("/v1/server", &provider).await?.ok()?;
    fleet.admin.patch("/v1/fed/config", &json!({ "deploy_repo_scan_data": true })).await?.ok()?;
    fleet.admin.post("/v1/fed/demote", &json!({})).await?.ok()?;
    let admin = fleet.primary.admin().await?;
    let server = admin.get("/v1/server/openId1").await?.ok()?;
    let mapped = &server["server"]["oidc"]["group_mapped_roles"];
    let mapped = mapped.as_array().with_context(|| format!("no groups in {server}"))?;
    let roles: Vec<_> = mapped.iter().filter_map(|group| group["global_role"].as_str()).collect();
    assert_eq!(roles, ["admin", "reader", "ciops"]);
    assert_eq!(mapped[1]["role_domains"], json!({ "admin": ["shop"] }));
    let member = admin.get("/v1/fed/member").await?.ok()?;
    assert_eq!(member["deploy_repo_scan_data"], false, "{member}");
    Ok(())
}

#[tokio::test]
async fn a_federation_is_promoted_once() -> Result<()> {
    let fleet = Fleet::start(&[]).await?;
    fleet.admin.post("/v1/fed/promote", &json!({})).await?.expect(400, 4)?;
    let member = fleet.admin.get("/v1/fed/member").await?.ok()?;
    assert_eq!(member["master_cluster"]["status"], "active");
    Ok(())
}

#[tokio::test]
async fn rules_of_the_home_cluster_are_promoted() -> Result<()> {
    let fleet = Fleet::start(&["staging"]).await?;
    let promote = |ids: &[u32]| json!({ "request": { "ids": ids } });
    let path = "/v1/admission/rule/promote";
    fleet.admin.post(path, &promote(&[1_000])).await?.expect(500, 49)?;
    let home = Agent::join("home", &fleet.primary.token(&["--home"]).await?).await?;
    fleet.wait_for_status("home", "synced").await?;
    let rule = json!({ "config": { "id": 0, "category": "Kubernetes", "cfg_type": "user_created",
        "rule_type": "deny", "comment": "of the shop", "disable": false,
        "criteria": [{ "name": "namespace", "op": "containsAny", "value": "cellar" }] } });
    let made = home.admin().await?.post("/v1/admission/rule", &rule).await?.ok()?;
    assert_eq!(made["rule"]["id"], 1_000);
    fleet.admin.post(path, &promote(&[])).await?.expect(400, 6)?;
    fleet.admin.post(path, &promote(&[1_000, 1_007])).await?.expect(500, 49)?;
    // A built-in rule is passed over.
    fleet.admin.post(path, &promote(&[1])).await?.expect(500, 49)?;
    fleet.admin.post(path, &promote(&[1, 1_000])).await?.ok()?;
    let promoted = fleet.admin.get("/v1/admission/rule/100001").await?.ok()?;
    assert_eq!(promoted["rule"]["comment"], "of the shop (promoted from rule 1000)");
    assert_eq!(promoted["rule"]["cfg_type"], "federal");
    home.admin().await?.get("/v1/admission/rule/1000").await?.ok()?;
    let staging = fleet.agent("staging")?.admin().await?;
    wait::until("a remote has it", || async {
        let answer = staging.get("/v1/admission/rule/100001").await?;
        Ok(wait::when(answer.status.is_success()))
    })
    .await?;
    fleet.admin.post("/v1/policy/rules/promote", &promote(&[7])).await?.expect(500, 49)
}

/// How many events are listed.
async fn told(rest: &Rest, path: &str) -> Result<usize> {
    let listed = rest.get(path).await?.ok()?;
    Ok(listed["events"].as_array().context("no events")?.len())
}

#[tokio::test]
async fn a_cluster_tells_that_what_is_federated_was_applied() -> Result<()> {
    let fleet = Fleet::start(&["staging"]).await?;
    let local = fleet.agent("staging")?.admin().await?;
    let here = "/v1/log/event?f_name=Federation.Policy.Sync";
    wait::until("it has told it", || async { Ok(wait::when(told(&local, here).await? == 1)) })
        .await?;
    // What follows soon after is told together.
    for n in 0..20 {
        fleet.admin.post("/v1/group", &group(&format!("fed.g{n}"))).await?.ok()?;
    }
    fleet.wait_for_status("staging", "synced").await?;
    assert_eq!(told(&local, here).await?, 1);
    let there = "/v1/fed/events?cluster=staging&name=Federation.Policy.Sync";
    wait::until("the primary knows", || async {
        Ok(wait::when(told(&fleet.admin, there).await? == 1))
    })
    .await
}
