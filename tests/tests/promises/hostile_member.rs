//! Members that lie, flood, copy themselves or do not listen: they harm nobody but
//! themselves.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use palisade_api::federation::{Event, EventBatch, Pong, Resync, bye, up};
use palisade_api::kind::LogId;
use palisade_api::sync::{Ack, ObjectError};
use palisade_sync::Position;
use palisade_tests::simulated::{self, RawLink};
use palisade_tests::{Agent, Fleet, wait};
use serde_json::{Value, json};

fn group(name: &str) -> Value {
    json!({ "config": { "name": name, "cfg_type": "federal", "comment": "x".repeat(900),
        "criteria": [{ "key": "service", "op": "=", "value": name }] } })
}

async fn events_of(fleet: &Fleet, id: &str) -> Result<Vec<Value>> {
    let path = format!("/v1/fed/events?cluster={id}&limit=1000");
    let listed = fleet.admin.get(&path).await?.ok()?;
    Ok(listed["events"].as_array().context("no events")?.clone())
}

#[tokio::test]
async fn a_copied_data_folder_is_refused_while_the_first_one_is_connected() -> Result<()> {
    let mut fleet = Fleet::start(&["staging"]).await?;
    fleet.agent_mut("staging")?.stop().await?;
    let copy = tempfile::tempdir()?;
    let data = copy.path().join("data");
    palisade_tests::agent::copy(fleet.agent("staging")?.data_dir(), &data)?;
    fleet.agent_mut("staging")?.restart().await?;
    fleet.wait_for_status("staging", "synced").await?;

    let twin = Agent::without_token("staging").with_data_of(&data).start().await?;
    let member = wait::until("the member's record tells of it", || async {
        let member = fleet.member("staging").await?.context("no member")?;
        Ok(member.get("duplicate_at").is_some().then_some(member))
    })
    .await?;
    assert_eq!(member["duplicate_address"], "127.0.0.1");
    let told = fleet.admin.get("/v1/fed/events?name=Federation.Identity.Duplicate").await?.ok()?;
    ensure!(told["events"][0]["detail"].to_string().contains("staging"), "{told}");
    // The first one stays, the second one is a member that does not get through.
    let twin_shows = twin.admin().await?.get("/v1/fed/member").await?.ok()?;
    assert_eq!(twin_shows["fed_role"], "joint");
    assert_eq!(twin_shows["master_cluster"]["status"], "disconnected");
    fleet.admin.post("/v1/group", &group("fed.shop")).await?.ok()?;
    fleet.wait_for_status("staging", "synced").await?;
    fleet.agent("staging")?.admin().await?.get("/v1/group/fed.shop").await?.ok()?;
    twin.admin().await?.get("/v1/group/fed.shop").await?.expect(404, 7)
}

#[tokio::test]
async fn an_agent_restored_from_an_old_copy_catches_up_and_says_so() -> Result<()> {
    let mut fleet = Fleet::start(&["staging"]).await?;
    fleet.admin.post("/v1/group", &group("fed.old")).await?.ok()?;
    fleet.wait_for_status("staging", "synced").await?;
    let id = fleet.member("staging").await?.context("no member")?["id"].clone();
    let id = id.as_str().context("no id")?.to_owned();
    let kept = format!("/v1/fed/cluster/{id}/configuration");
    wait::until("the primary keeps its configuration", || async {
        let revisions = fleet.admin.get(&kept).await?.ok()?;
        Ok(wait::when(revisions["revisions"].as_array().is_some_and(|all| !all.is_empty())))
    })
    .await?;
    fleet.agent_mut("staging")?.stop().await?;
    let copy = tempfile::tempdir()?;
    let data = copy.path().join("data");
    palisade_tests::agent::copy(fleet.agent("staging")?.data_dir(), &data)?;
    fleet.agent_mut("staging")?.restart().await?;
    fleet.wait_for_status("staging", "synced").await?;

    // Time goes on: federated and local changes, and events.
    fleet.admin.delete("/v1/group/fed.old").await?.ok()?;
    fleet.admin.post("/v1/group", &group("fed.new")).await?.ok()?;
    let local = fleet.agent("staging")?.admin().await?;
    let rule = json!({ "config": { "id": 0, "category": "Kubernetes", "cfg_type": "user_created",
        "rule_type": "deny", "comment": "later", "disable": false,
        "criteria": [{ "name": "namespace", "op": "containsAny", "value": "cellar" }] } });
    local.post("/v1/admission/rule", &rule).await?.ok()?;
    let newest = format!("/v1/fed/cluster/{id}/configuration/newest");
    wait::until("the primary keeps the rule", || async {
        Ok(wait::when(fleet.admin.get(&newest).await?.ok()?.to_string().contains("later")))
    })
    .await?;
    fleet.wait_for_status("staging", "synced").await?;
    fleet.agent_mut("staging")?.stop().await?;
    fleet.wait_for_status("staging", "disconnected").await?;

    let restored = Agent::without_token("staging").with_data_of(&data).start().await?;
    fleet.wait_for_status("staging", "synced").await?;
    let local = restored.admin().await?;
    local.get("/v1/group/fed.new").await?.ok()?;
    local.get("/v1/group/fed.old").await?.expect(404, 7)?;
    wait::until("the operator is told", || async {
        let events = events_of(&fleet, &id).await?;
        Ok(wait::when(events.iter().any(|event| event["name"] == "Agent.Data.Old")))
    })
    .await?;
    // Numbers of events go on: none is lost, none comes twice.
    let events = events_of(&fleet, &id).await?;
    let mut numbers: Vec<_> = events.iter().filter_map(|event| event["seq"].as_u64()).collect();
    numbers.sort_unstable();
    ensure!(numbers.windows(2).all(|two| two[0] < two[1]), "{numbers:?}");
    // What it had meanwhile is kept, as an earlier revision.
    let path = format!("/v1/fed/cluster/{id}/configuration");
    let kept = fleet.admin.get(&path).await?.ok()?;
    let revisions = kept["revisions"].as_array().context("no revisions")?;
    ensure!(revisions.len() >= 2, "{kept}");
    Ok(())
}

fn event(seq: u64, detail: &str) -> Event {
    Event {
        seq,
        at_ms: chrono::Utc::now().timestamp_millis(),
        name: "Test.Event".to_owned(),
        level: "Info".to_owned(),
        category: "event".to_owned(),
        detail: format!("{{\"said\":{detail:?}}}").into_bytes().into(),
    }
}

/// What a member must not say, and what the primary answers.
fn violations() -> Vec<(&'static str, up::Body)> {
    let error = |n: usize| ObjectError { kind: 1, name: n.to_string(), ..ObjectError::default() };
    let errors = (0..2_000).map(error).collect();
    let position = Some(Position::NONE.to_wire(LogId::Federation));
    vec![
        ("a second hello", up::Body::Hello(simulated::hello())),
        ("an acknowledgement of nothing", up::Body::Ack(Ack::default())),
        ("a thousand errors", up::Body::Ack(Ack { position, errors })),
        ("an impossible number", up::Body::Events(EventBatch { events: vec![event(0, "x")] })),
    ]
}

#[tokio::test]
async fn who_breaks_the_protocol_is_disconnected_with_a_word() -> Result<()> {
    let fleet = Fleet::start(&[]).await?;
    let identity = simulated::join(&fleet.primary.token(&[]).await?, "liar").await?;
    for (what, body) in violations() {
        let mut link = RawLink::open(&identity, simulated::hello()).await?;
        link.say(body).await?;
        let bye = link.bye().await.context(what)?;
        assert_eq!(bye.reason(), bye::Reason::Protocol, "{what}");
    }
    // Asking for everything, again and again.
    let mut link = RawLink::open(&identity, simulated::hello()).await?;
    for _ in 0..10 {
        let asked = link.say(up::Body::Resync(Resync { log: 1 })).await;
        if asked.is_err() {
            break;
        }
    }
    assert_eq!(link.bye().await?.reason(), bye::Reason::Protocol);
    // Naming more logs than there can be.
    let mut hello = simulated::hello();
    hello.positions = (0..1_000).map(|_| hello.positions[0].clone()).collect();
    ensure!(RawLink::open(&identity, hello).await.is_err(), "a thousand logs were taken");
    Ok(())
}

#[tokio::test]
async fn a_flood_and_a_replay_are_held_back_and_the_neighbours_do_not_feel_them() -> Result<()> {
    let fleet = Fleet::start(&["neighbour"]).await?;
    let identity = simulated::join(&fleet.primary.token(&[]).await?, "flood").await?;
    let id = identity.membership().cluster_id.to_string();
    let flood = RawLink::open(&identity, simulated::hello()).await?;
    let sender = flood.up.clone();
    let flooding = tokio::spawn(async move {
        // The same two hundred events, and as many pongs as the link takes.
        for _ in 0..2_000 {
            let events = (1..=200).map(|seq| event(seq, "again")).collect();
            for body in [up::Body::Events(EventBatch { events }), up::Body::Pong(Pong { nonce: 7 })]
            {
                let message = palisade_api::federation::Up { body: Some(body) };
                if sender.send(message).await.is_err() {
                    return;
                }
            }
        }
    });
    wait::until("the flood has arrived", || async {
        Ok(wait::when(events_of(&fleet, &id).await?.len() == 200))
    })
    .await?;
    for n in 0..5 {
        fleet.admin.post("/v1/group", &group(&format!("fed.g{n}"))).await?.ok()?;
        fleet.wait_for_status("neighbour", "synced").await?;
    }
    ensure!(!flooding.is_finished(), "the flood was taken as it came");
    assert_eq!(events_of(&fleet, &id).await?.len(), 200, "a replay was stored");
    flooding.abort();
    drop(flood);
    Ok(())
}

#[tokio::test]
async fn a_member_that_never_reads_is_cut_off() -> Result<()> {
    let fleet = Fleet::start(&["neighbour"]).await?;
    let identity = simulated::join(&fleet.primary.token(&[]).await?, "deaf").await?;
    let deaf = RawLink::open(&identity, simulated::hello()).await?;
    // More than its connection holds.
    for n in 0..400 {
        fleet.admin.post("/v1/group", &group(&format!("fed.g{n}"))).await?.ok()?;
    }
    fleet.wait_for_status("neighbour", "synced").await?;
    wait::until_within("it is shown as lost", Duration::from_mins(4), || async {
        let member = fleet.member("deaf").await?.context("no member")?;
        Ok(wait::when(member["status"] == "disconnected"))
    })
    .await?;
    drop(deaf);
    // It may come back and do better.
    let better = simulated::open(&identity).await?;
    fleet.wait_for_status("deaf", "synced").await?;
    drop(better);
    Ok(())
}
