//! Joining by token, and every way in which it must fail: with an error of its
//! own on both sides, and nothing changed.

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use palisade_tests::{Agent, Fleet, Primary, fleet, simulated, wait};
use serde_json::{Value, json};

/// A primary that a cluster may join.
async fn primary() -> Result<Primary> {
    let primary = Primary::start().await?;
    fleet::promote(&primary).await?;
    Ok(primary)
}

fn envelope(token: &str) -> Result<Value> {
    Ok(serde_json::from_slice(&BASE64_STANDARD.decode(token)?)?)
}

fn sealed(envelope: &Value) -> String {
    BASE64_STANDARD.encode(envelope.to_string())
}

/// The join fails, the agent says `words`, and the federation is as before.
async fn refused(primary: &Primary, name: &str, token: &str, words: &[&str]) -> Result<()> {
    let before = members(primary).await?;
    let said = Agent::builder(name, token).refused().await?;
    says(&said, words, "the agent")?;
    assert_eq!(members(primary).await?, before, "a refused join changed the members");
    Ok(())
}

/// The primary has it in its log, and as an event.
async fn told(primary: &Primary, token: &str, words: &[&str]) -> Result<()> {
    says(&primary.process().log(), words, "the primary")?;
    let path = "/v1/fed/events?name=Federation.Join.Refused";
    let told = primary.admin().await?.get(path).await?.ok()?.to_string();
    says(&told, words, "the event")?;
    ensure!(!told.contains(token), "the event has the token");
    Ok(())
}

fn says(log: &str, words: &[&str], who: &str) -> Result<()> {
    let log = log.to_lowercase();
    for word in words {
        ensure!(log.contains(word), "{who} does not say `{word}`:\n{log}");
    }
    Ok(())
}

/// The members, but for when they were heard of last.
async fn members(primary: &Primary) -> Result<Value> {
    let mut members = primary.admin().await?.get("/v1/fed/member").await?.ok()?;
    let mut joint = members["joint_clusters"].take();
    for member in joint.as_array_mut().context("joint_clusters is no list")? {
        member["last_seen"] = Value::Null;
    }
    Ok(joint)
}

#[tokio::test]
async fn a_cluster_joins_with_a_token_of_the_rest_api() -> Result<()> {
    let mut fleet = Fleet::start(&[]).await?;
    let answer = fleet.admin.get("/v1/fed/join_token?token_duration=5").await?.ok()?;
    let token = answer["join_token"].as_str().context("no join_token")?;
    let envelope = envelope(token)?;
    ensure!(envelope["s"].is_string() && envelope["p"].is_u64() && envelope["t"].is_string());
    let agent = Agent::join("staging", token).await?;
    fleet.agents.insert("staging".into(), agent);
    fleet.wait_for_status("staging", "synced").await?;
    let member = fleet.member("staging").await?.context("staging is no member")?;
    assert_eq!(member["secret"], "", "the member list shows a secret");
    assert_eq!(member["id"].as_str().map(str::len), Some(32));
    Ok(())
}

#[tokio::test]
async fn a_used_up_token_is_refused() -> Result<()> {
    let primary = primary().await?;
    let token = primary.token(&["--uses", "1"]).await?;
    let _first = Agent::join("first", &token).await?;
    refused(&primary, "second", &token, &["used"]).await?;
    told(&primary, &token, &["used"]).await
}

#[tokio::test]
async fn of_many_who_use_a_token_at_once_no_more_join_than_it_is_for() -> Result<()> {
    let primary = primary().await?;
    let at_once = async |token: &str, name: fn(u32) -> String| {
        let joins = (0..12).map(|n| async move { simulated::join(token, &name(n)).await });
        let joined = futures_util::future::join_all(joins).await;
        joined.iter().filter(|one| one.is_ok()).count()
    };
    let two = primary.token(&["--uses", "2"]).await?;
    assert_eq!(at_once(&two, |n| format!("cluster-{n}")).await, 2);
    let many = primary.token(&["--uses", "12"]).await?;
    assert_eq!(at_once(&many, |_| "twin".to_owned()).await, 1);
    assert_eq!(members(&primary).await?.as_array().map(Vec::len), Some(3));
    Ok(())
}

#[tokio::test]
async fn an_expired_token_is_refused() -> Result<()> {
    let primary = primary().await?;
    let token = primary.token(&["--ttl", "1s"]).await?;
    let expired = chrono::Utc::now() + chrono::TimeDelta::seconds(2);
    wait::until("the token is expired", || async { Ok(wait::when(chrono::Utc::now() > expired)) })
        .await?;
    refused(&primary, "late", &token, &["expired"]).await?;
    told(&primary, &token, &["expired"]).await
}

#[tokio::test]
async fn a_revoked_token_is_refused() -> Result<()> {
    let primary = primary().await?;
    let token = primary.token(&[]).await?;
    let listed = primary.command(&["token", "list"]).await?.ok()?;
    let id = listed
        .split_whitespace()
        .find(|word| uuid::Uuid::parse_str(word).is_ok())
        .with_context(|| format!("token list shows no id:\n{listed}"))?;
    primary.command(&["token", "revoke", id]).await?.ok()?;
    refused(&primary, "unwelcome", &token, &["revoked"]).await?;
    told(&primary, &token, &["revoked"]).await
}

#[tokio::test]
async fn a_tampered_token_is_refused() -> Result<()> {
    let primary = primary().await?;
    let mut tampered = envelope(&primary.token(&[]).await?)?;
    let ticket = tampered["t"].as_str().context("no ticket")?;
    // Another character in the middle of the signature.
    let at = ticket.rfind('.').context("the ticket is no JWT")? + 10;
    let other = if &ticket[at..=at] == "A" { "B" } else { "A" };
    tampered["t"] = format!("{}{other}{}", &ticket[..at], &ticket[at + 1..]).into();
    refused(&primary, "tamperer", &sealed(&tampered), &["token"]).await?;
    told(&primary, &sealed(&tampered), &["token"]).await
}

#[tokio::test]
async fn a_text_that_is_no_token_is_refused() -> Result<()> {
    let primary = primary().await?;
    refused(&primary, "guesser", "bm8gdG9rZW4=", &["token"]).await
}

#[tokio::test]
async fn a_primary_with_another_authority_is_refused() -> Result<()> {
    let (home, stranger) = (primary().await?, primary().await?);
    let mut token = envelope(&home.token(&[]).await?)?;
    token["p"] = json!(stranger.addresses()?.federation.port());
    refused(&stranger, "misled", &sealed(&token), &["authority"]).await
}

#[tokio::test]
async fn a_clock_two_hours_off_is_refused() -> Result<()> {
    let primary = primary().await?;
    let before = members(&primary).await?;
    for offset in ["+2h", "-2h"] {
        let token = primary.token(&[]).await?;
        let said = Agent::builder("early", &token).clock_off_by(offset).refused().await?;
        says(&said, &["clock"], "the agent")?;
    }
    says(&primary.process().log(), &["clock"], "the primary")?;
    assert_eq!(members(&primary).await?, before);
    Ok(())
}

#[tokio::test]
async fn a_taken_name_is_refused() -> Result<()> {
    let primary = primary().await?;
    let token = primary.token(&["--uses", "2"]).await?;
    let _first = Agent::join("staging", &token).await?;
    refused(&primary, "staging", &token, &["name"]).await?;
    told(&primary, &token, &["name"]).await
}

#[tokio::test]
async fn certificates_renew_by_themselves() -> Result<()> {
    let primary = Primary::builder().arg("--certificate-lifetime").arg("6s").start().await?;
    let fleet = Fleet::of(primary, &["staging"]).await?;
    let renewed = |fleet: &Fleet| -> Result<usize> {
        let log = fleet.agent("staging")?.process().log();
        Ok(log.matches("the certificate is renewed").count())
    };
    let before = renewed(&fleet)?;
    // Past the life of the first certificate: only a renewed one gets back in.
    let over = chrono::Utc::now() + chrono::TimeDelta::seconds(8);
    wait::until("the first certificate is over", || async {
        Ok(wait::when(chrono::Utc::now() > over))
    })
    .await?;
    let renewals = renewed(&fleet)? - before;
    ensure!((1..=4).contains(&renewals), "{renewals} renewals in 8 s of a life of 6 s each");
    let mut fleet = fleet;
    fleet.primary.stop().await?;
    fleet.primary.restart().await?;
    fleet.admin = fleet.primary.admin().await?;
    fleet.wait_for_status("staging", "synced").await
}

#[tokio::test]
async fn a_cluster_that_was_off_for_too_long_joins_again_by_a_new_token() -> Result<()> {
    let primary = Primary::builder().arg("--certificate-lifetime").arg("8s").start().await?;
    let fleet = Fleet::of(primary, &[]).await?;
    let with = |token: &str| Agent::builder("staging", token).arg("--cluster-uid=the-uid");
    let mut agent = with(&fleet.primary.token(&[]).await?).start().await?;
    fleet.wait_for_status("staging", "synced").await?;
    let id = fleet.member("staging").await?.context("no member")?["id"].clone();
    agent.stop().await?;
    let over = chrono::Utc::now() + chrono::TimeDelta::seconds(9);
    wait::until("the certificate is over", || async { Ok(wait::when(chrono::Utc::now() > over)) })
        .await?;
    // It goes on with what it holds, and says what is to be done.
    agent.restart().await?;
    wait::until("it says what to do", || async {
        Ok(wait::when(agent.process().log().contains("give it a new join token")))
    })
    .await?;
    agent.stop().await?;
    let new = fleet.primary.token(&[]).await?;
    let _agent = with(&new).with_data_of(agent.data_dir()).start().await?;
    fleet.wait_for_status("staging", "synced").await?;
    let member = fleet.member("staging").await?.context("no member")?;
    assert_eq!(member["id"], id, "it has lost its entry");
    Ok(())
}

#[tokio::test]
async fn a_hundred_clusters_join_at_once() -> Result<()> {
    let fleet = Fleet::start(&[]).await?;
    let token = fleet.primary.token(&["--uses", "100"]).await?;
    let joining: Vec<_> = (0..100)
        .map(|n| {
            let token = token.clone();
            tokio::spawn(async move {
                let identity = simulated::join(&token, &format!("cluster-{n:03}")).await?;
                simulated::open(&identity).await
            })
        })
        .collect();
    let mut members = Vec::new();
    for member in joining {
        members.push(member.await??);
    }
    wait::until("all are synced", || async {
        let answer = fleet.admin.get("/v1/fed/member").await?.ok()?;
        let joint = answer["joint_clusters"].as_array().context("no joint_clusters")?;
        let synced = joint.iter().filter(|member| member["status"] == "synced").count();
        ensure!(synced == 100, "{synced} of {} are synced", joint.len());
        Ok(Some(()))
    })
    .await
}

#[tokio::test]
async fn a_removed_member_forgets_the_federation() -> Result<()> {
    let fleet = Fleet::start(&["staging"]).await?;
    let group = json!({ "config": { "name": "fed.gone", "cfg_type": "federal",
        "criteria": [{ "key": "service", "op": "=", "value": "gone" }] } });
    fleet.admin.post("/v1/group", &group).await?.ok()?;
    fleet.wait_for_status("staging", "synced").await?;
    let id = fleet.member("staging").await?.context("no member")?;
    let id = id["id"].as_str().context("no id")?;
    fleet.admin.delete(&format!("/v1/fed/cluster/{id}")).await?.ok()?;
    assert_eq!(fleet.member("staging").await?, None);
    let local = fleet.agent("staging")?.admin().await?;
    wait::until("the agent is standalone", || async {
        Ok(wait::when(local.get("/v1/fed/member").await?.ok()?["fed_role"] == ""))
    })
    .await?;
    // By then it has dropped what was federated.
    local.get("/v1/group/fed.gone").await?.expect(404, 7)
}
