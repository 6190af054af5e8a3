//! Several replicas on one database are one primary.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use palisade_api::replica::ListLinksRequest;
use palisade_api::replica::replica_client::ReplicaClient;
use palisade_tests::hostile::{HostileRegistry, Sending};
use palisade_tests::image::{ImageBuilder, debian_layer};
use palisade_tests::primary::PrimaryBuilder;
use palisade_tests::proxy::Proxy;
use palisade_tests::replicas::{member_id, members};
use palisade_tests::rest::Answer;
use palisade_tests::writer::{Writer, group, groups};
use palisade_tests::{
    ADMIN_PASSWORD, Postgres, Primary, Replicas, Rest, fleet, simulated, vulndb, wait,
};
use palisade_transport::client::{PrimaryAddress, Trust, connect};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};

const CLUSTERS: [&str; 3] = ["amber", "blue", "cyan"];

/// Three replicas and three clusters, one linked to each.
async fn three() -> Result<(Replicas, Vec<Rest>)> {
    let mut replicas = Replicas::start(3, |primary| primary).await?;
    replicas.join(&CLUSTERS).await?;
    let mut admins = Vec::new();
    for replica in replicas.all() {
        admins.push(replica.admin().await?);
    }
    for admin in &admins {
        replicas.wait_for_synced(admin).await?;
    }
    Ok((replicas, admins))
}

#[tokio::test]
async fn an_edit_on_one_reaches_the_agents_of_all() -> Result<()> {
    let (replicas, admins) = three().await?;
    let mut linked = 0;
    for admin in &admins {
        linked += usize::from(admin.metric("palisade_links_connected").await? > 0.5);
    }
    ensure!(linked > 1, "the balancer gave all to one replica");
    for (n, admin) in admins.iter().enumerate() {
        let name = format!("fed.of{n}");
        admin.post("/v1/group", &group(&name)).await?.ok()?;
        for cluster in CLUSTERS {
            let local = replicas.agent(cluster)?.admin().await?;
            wait::until(&format!("{cluster} has {name}"), || async {
                Ok(wait::when(groups(&local).await?.contains(&name)))
            })
            .await?;
        }
    }
    for admin in &admins {
        replicas.wait_for_synced(admin).await?;
        let revisions: BTreeSet<String> =
            members(admin).await?.values().map(|member| member["revision"].to_string()).collect();
        ensure!(revisions.len() == 1, "the members differ: {revisions:?}");
    }
    Ok(())
}

#[tokio::test]
async fn any_replica_calls_any_cluster() -> Result<()> {
    let (_replicas, admins) = three().await?;
    let admin = &admins[0];
    for n in 0..60 {
        let mut group = group(&format!("fed.many{n}"));
        group["config"]["comment"] = "x".repeat(900).into();
        admin.post("/v1/group", &group).await?.ok()?;
    }
    for (n, admin) in admins.iter().enumerate() {
        for cluster in CLUSTERS {
            let id = member_id(admin, cluster).await?;
            let call = |path: &str| format!("/v1/fed/cluster/{id}{path}");
            // Many parts down.
            wait::until("the cluster has all groups", || async {
                Ok(wait::when(
                    admin.get(&call("/v1/group")).await?.text.matches("fed.many").count() >= 60,
                ))
            })
            .await?;
            // A body up, in parts.
            let state = json!({ "state": { "enable": true, "mode": "monitor",
                "padding": "x".repeat(50_000 + n) } });
            admin.patch(&call("/v1/admission/state"), &state).await?.ok()?;
            admin.get(&call("/v1/fed/join_token")).await?.expect(403, 4)?;
            admin.delete(&call("/v1/group/fed.many1")).await?.expect(403, 25)?;
        }
        let forced = admin.post("/v1/fed/deploy", &json!({ "force": true })).await?.ok()?;
        let results = forced["results"].as_object().context("no results")?;
        ensure!(results.len() == 3 && results.values().all(|result| *result == 2), "{forced}");
    }
    Ok(())
}

#[tokio::test]
async fn a_client_that_goes_away_ends_its_call_at_any_replica() -> Result<()> {
    let (replicas, admins) = three().await?;
    let local = replicas.agent("amber")?.admin().await?;
    let under_way = || async { local.metric("palisade_agent_calls_under_way").await };
    let id = member_id(&admins[0], "amber").await?;
    let http = reqwest::Client::builder().tls_danger_accept_invalid_certs(true).build()?;
    // Two of the replicas have the cluster's link not.
    for (replica, admin) in replicas.all().zip(&admins) {
        let rest = replica.addresses()?.rest;
        let endless = stream::once(async { Ok::<_, std::io::Error>(Bytes::from_static(b"{")) })
            .chain(stream::pending());
        let call = http
            .patch(format!("https://{rest}/v1/fed/cluster/{id}/v1/admission/state"))
            .header("X-Auth-Token", admin.token().context("no session")?)
            .body(reqwest::Body::wrap_stream(endless));
        let waiting = tokio::spawn(call.send());
        wait::until("the cluster works at it", || async {
            Ok(wait::when(under_way().await? > 0.5))
        })
        .await?;
        waiting.abort();
        // Long before the call would be too old.
        wait::until_within("the cluster has given it up", Duration::from_secs(15), || async {
            Ok(wait::when(under_way().await? < 0.5))
        })
        .await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_a_killed_replica_had_goes_on_at_the_others() -> Result<()> {
    let (mut replicas, admins) = three().await?;
    let dead = admins[1].clone();
    replicas.nth_mut(1)?.kill().await?;
    ensure!(dead.get("/healthz").await.is_err(), "it still answers");
    for n in [0, 2] {
        replicas.wait_for_synced(&admins[n]).await?;
        // The session that began at the dead one lives at the others.
        let replica = replicas.nth_mut(n)?.rest()?.with_token(dead.token());
        ensure!(members(&replica).await?.len() == 3);
        for cluster in CLUSTERS {
            let id = member_id(&replica, cluster).await?;
            replica.get(&format!("/v1/fed/cluster/{id}/v1/group")).await?.ok()?;
        }
    }
    admins[2].post("/v1/group", &group("fed.after")).await?.ok()?;
    replicas.wait_for_synced(&admins[0]).await?;
    for cluster in CLUSTERS {
        let held = groups(&replicas.agent(cluster)?.admin().await?).await?;
        ensure!(held.contains("fed.after"), "{cluster} lacks it: {held:?}");
    }
    replicas.nth_mut(1)?.restart().await?;
    let back = replicas.nth_mut(1)?.admin().await?;
    replicas.wait_for_synced(&back).await
}

#[tokio::test]
async fn a_session_that_ends_at_one_replica_has_ended_at_all() -> Result<()> {
    let (replicas, admins) = three().await?;
    admins[0].delete("/v1/auth").await?.ok()?;
    for replica in replicas.all() {
        let same = replica.rest()?.with_token(admins[0].token());
        same.get("/v1/fed/member").await?.expect(401, 3)?;
    }
    Ok(())
}

#[tokio::test]
async fn one_identity_has_one_link_among_all_replicas() -> Result<()> {
    let replicas = Replicas::start(2, |primary| primary).await?;
    let token = replicas.first.token(&[]).await?;
    let identity = simulated::join(&token, "twin").await?;
    let first = simulated::open(&identity).await?;
    let second = simulated::open(&identity).await?;
    wait::until("the second is parted with", || async { Ok(wait::when(second.has_ended())) })
        .await?;
    ensure!(!first.has_ended(), "both were parted with");
    Ok(())
}

#[tokio::test]
async fn a_rolling_upgrade_loses_no_write_and_no_member() -> Result<()> {
    let (mut replicas, admins) = three().await?;
    let before: BTreeMap<String, Value> =
        members(&admins[0]).await?.into_iter().map(|(name, m)| (name, m["id"].clone())).collect();
    // What a newer version leaves behind when its first replica starts.
    let url = replicas.first.database_url().context("no database")?.to_owned();
    let mut database = PgConnection::connect(&url).await?;
    sqlx::raw_sql(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'of the next version', true, ''::bytea, 0);
         CREATE TABLE of_the_next_version (id uuid PRIMARY KEY);",
    )
    .execute(&mut database)
    .await?;
    let writer = Writer::start("rolling", admins.clone());
    for (n, admin) in admins.iter().enumerate() {
        replicas.nth_mut(n)?.stop().await?;
        replicas.nth_mut(n)?.restart().await?;
        replicas.wait_for_links(admin).await?;
    }
    let written = writer.finish().await?;
    for admin in &admins {
        let kept = groups(admin).await?;
        written.check(&kept)?;
        replicas.wait_for_synced(admin).await?;
        let after: BTreeMap<String, Value> =
            members(admin).await?.into_iter().map(|(name, m)| (name, m["id"].clone())).collect();
        assert_eq!(after, before, "a member joined anew");
        for cluster in CLUSTERS {
            assert_eq!(groups(&replicas.agent(cluster)?.admin().await?).await?, kept);
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_standby_of_the_database_takes_over() -> Result<()> {
    let mut postgres = Postgres::start().await?;
    postgres.primary_database().await?;
    let standby = postgres.standby().await?;
    let url = postgres.url_with(&standby, "palisade");
    let first = Primary::builder().on(&url).start().await?;
    let second = Primary::builder().replica_of(&first)?.start().await?;
    let mut replicas = Replicas::of(first, vec![second]).await?;
    replicas.join(&["amber", "blue"]).await?;
    let mut admins = Vec::new();
    for replica in replicas.all() {
        admins.push(replica.admin().await?);
    }
    replicas.wait_for_synced(&admins[0]).await?;
    let writer = Writer::start("failover", admins.clone());
    wait::until("some are written", || async {
        Ok(wait::when(groups(&admins[0]).await?.len() > 20))
    })
    .await?;
    postgres.kill().await?;
    standby.promote().await?;
    let after = group("fed.afterwards");
    for admin in &admins {
        wait::until("writes go on", || async {
            let answer = admin.post("/v1/group", &after).await?;
            // The second finds what the first has written.
            Ok(wait::when(answer.status.is_success() || answer.code() == Some(13)))
        })
        .await?;
    }
    let written = writer.finish().await?;
    for admin in &admins {
        replicas.wait_for_synced(admin).await?;
        let kept = groups(admin).await?;
        written.check(&kept)?;
        for cluster in ["amber", "blue"] {
            assert_eq!(groups(&replicas.agent(cluster)?.admin().await?).await?, kept);
        }
    }
    // A start finds the server that takes writes by itself.
    replicas.nth_mut(1)?.stop().await?;
    replicas.nth_mut(1)?.restart().await?;
    let mut again = replicas.nth_mut(1)?.rest()?;
    again.login("admin", ADMIN_PASSWORD).await?;
    ensure!(groups(&again).await?.contains("fed.afterwards"));
    Ok(())
}

#[tokio::test]
async fn a_scan_that_a_dead_replica_took_is_finished_by_another() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let vulnerabilities = dir.path().join("vulndb");
    vulndb::build(&vulnerabilities).await?;
    let with = |primary: PrimaryBuilder| primary.arg("--vulndb").arg(&vulnerabilities);
    let mut first = with(Primary::builder()).start().await?;
    fleet::promote(&first).await?;
    let admin = first.admin().await?;
    let registry = HostileRegistry::start().await?;
    let layer = debian_layer(&[("libssl3", "3.0.9-1", "openssl")])?.layer()?;
    let shop = ImageBuilder::new().layer(layer).build()?;
    registry.put(&shop, "shop/orders", "v1", |_| Sending::Stalled)?;
    let config = json!({ "config": { "name": "fed.shop", "registry_type": "Docker Registry",
        "registry": format!("{}/", registry.url()), "filters": ["*"], "cfg_type": "federal" } });
    admin.post("/v1/scan/registry", &config).await?.ok()?;
    admin.post("/v1/scan/registry/fed.shop/scan", &Value::Null).await?.ok()?;
    wait::until("the scan has begun", || async {
        Ok(wait::when(scan_status(&admin).await? == "scanning"))
    })
    .await?;
    let second = with(Primary::builder().replica_of(&first)?).start().await?;
    registry.put(&shop, "shop/orders", "v1", |_| Sending::Honest)?;
    first.kill().await?;
    let admin = second.admin().await?;
    // The job is the dead one's until its lease ends.
    wait::until_within("the other finishes it", Duration::from_mins(3), || async {
        Ok(wait::when(scan_status(&admin).await? == "finished"))
    })
    .await
}

async fn scan_status(admin: &Rest) -> Result<String> {
    let answer = admin.get("/v1/scan/registry/fed.shop/images").await?.ok()?;
    Ok(answer["images"][0]["status"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_test_of_a_registry_is_followed_at_any_replica() -> Result<()> {
    let replicas = Replicas::start(2, |primary| primary).await?;
    let registry = HostileRegistry::start().await?;
    let layer = debian_layer(&[("libssl3", "3.0.9-1", "openssl")])?.layer()?;
    let shop = ImageBuilder::new().layer(layer).build()?;
    registry.put(&shop, "shop/orders", "v1", |_| Sending::Honest)?;
    // It takes longer than one answer is waited for.
    let slow = Proxy::start(registry.url().trim_start_matches("http://").parse()?).await?;
    slow.delay(Duration::from_millis(900));
    let config = json!({ "config": { "name": "fed.shop", "registry_type": "Docker Registry",
        "registry": format!("http://{}/", slow.address()), "filters": ["*"],
        "cfg_type": "federal" } });
    let steps = tested(&replicas, "fed.shop", &config).await?;
    let step = |name: &str| steps.iter().find(|step| step["step"] == name).cloned();
    let connected = step("connect").context("no connection")?;
    assert_eq!(connected["subject"], format!("http://{}/", slow.address()), "{connected}");
    assert_eq!(step("list_repositories").context("no list")?["count"], 1, "{steps:?}");
    let tags = step("list_tags").context("no tags")?;
    assert_eq!((&tags["subject"], &tags["count"]), (&json!("shop/orders"), &json!(1)));
    assert_eq!(steps.last(), step("succeeded").as_ref());
    // A step that fails says why.
    slow.cut();
    let steps = tested(&replicas, "fed.shop", &config).await?;
    let [step] = steps.as_slice() else { bail!("{steps:?}") };
    assert_eq!((&step["step"], &step["step_type"]), (&json!("connect"), &json!("error")), "{step}");
    assert_eq!(step["error_code"], 1, "{step}");
    ensure!(step["error"].as_str().is_some_and(|text| !text.is_empty()), "{step}");
    Ok(())
}

/// The steps of a test that one replica runs and another is asked for.
async fn tested(replicas: &Replicas, name: &str, config: &Value) -> Result<Vec<Value>> {
    let path = format!("/v1/scan/registry/{name}/test");
    let begun = replicas.first.admin().await?.post(&path, config).await?;
    let id = begun.headers.get("x-transaction-id").context("no id")?.to_str()?.to_owned();
    let other = replicas.others[0].admin().await?.with_header("X-Transaction-ID", &id)?;
    let over = |answer: &Answer| -> Result<Option<Vec<Value>>> {
        ensure!([200, 206, 304].contains(&answer.status.as_u16()), "{}", answer.text);
        if answer.status.as_u16() != 200 {
            return Ok(None);
        }
        let told: Value = serde_json::from_str(&answer.text)?;
        Ok(Some(told["steps"].as_array().context("no steps")?.clone()))
    };
    if let Some(steps) = over(&begun)? {
        return Ok(steps);
    }
    wait::until("the test is over", || async { over(&other.post(&path, &Value::Null).await?) })
        .await
}

#[tokio::test]
async fn a_member_is_not_taken_for_a_replica() -> Result<()> {
    let primary = Primary::start().await?;
    fleet::promote(&primary).await?;
    let identity = simulated::join(&primary.token(&[]).await?, "curious").await?;
    let address: PrimaryAddress = identity.membership().primary_address.parse()?;
    let authority = identity.membership().authorities.first().context("no authority")?;
    for trust in [Trust::Member(&identity), Trust::Authority(authority)] {
        let connection = connect(&address, trust).await?;
        let mut replica = ReplicaClient::new(connection.channel());
        let refused = replica.list_links(ListLinksRequest {}).await.unwrap_err();
        assert_eq!(refused.code(), tonic::Code::Unauthenticated, "{refused}");
    }
    Ok(())
}
