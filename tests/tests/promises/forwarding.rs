//! The REST API of a cluster through the primary: the same answers as there,
//! whoever is let in, whatever breaks.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use palisade_api::federation::answer_part::Body as Part;
use palisade_api::federation::link_client::LinkClient;
use palisade_api::federation::{AnswerHead, AnswerPart, down};
use palisade_tests::proxy::Proxy;
use palisade_tests::simulated::{self, RawLink};
use palisade_tests::{Agent, Fleet, Primary, Rest, fleet, wait};
use palisade_transport::client::{PrimaryAddress, Trust, connect};
use reqwest::Method;
use serde_json::{Value, json};

fn group(name: &str) -> Value {
    json!({ "config": { "name": name, "cfg_type": "federal",
        "criteria": [{ "key": "service", "op": "=", "value": name }] } })
}

/// A fleet of one cluster, the path to it, and the cluster's own administrator.
async fn one() -> Result<(Fleet, String, Rest)> {
    let fleet = Fleet::start(&["staging"]).await?;
    let there = there(&fleet).await?;
    let local = fleet.agent("staging")?.admin().await?;
    Ok((fleet, there, local))
}

async fn there(fleet: &Fleet) -> Result<String> {
    let member = fleet.member("staging").await?.context("no member")?;
    Ok(format!("/v1/fed/cluster/{}", member["id"].as_str().context("no id")?))
}

/// A user of the primary, logged in.
async fn user(fleet: &Fleet, name: &str, role: &str) -> Result<Rest> {
    let password = "Wrong-Horse-8-Battery";
    let body = json!({ "user": { "fullname": name, "username": name, "password": password,
        "role": role, "email": "", "timeout": 300, "locale": "en" } });
    fleet.admin.post("/v1/user", &body).await?.ok()?;
    let mut rest = fleet.primary.rest()?;
    rest.login(name, password).await?;
    Ok(rest)
}

#[tokio::test]
async fn a_call_is_answered_as_the_cluster_itself_does() -> Result<()> {
    let (fleet, there, local) = one().await?;
    for n in 0..40 {
        fleet.admin.post("/v1/group", &group(&format!("fed.g{n}"))).await?.ok()?;
    }
    fleet.wait_for_status("staging", "synced").await?;
    let state = |mode: &str| json!({ "state": { "enable": true, "mode": mode } }).to_string();
    let multipart = "--edge\r\nContent-Disposition: form-data; name=\"configuration\"; \
        filename=\"x.yaml\"\r\nContent-Type: application/octet-stream\r\n\r\na: 1\r\n--edge--\r\n";
    let multipart = (("Content-Type", "multipart/form-data; boundary=edge"), multipart.to_owned());
    let json = |body: String| (("Content-Type", "application/json"), body);
    let none = || (("Accept", "application/json"), String::new());
    for (method, path, (header, body)) in [
        (Method::GET, "/v1/group", none()),
        (Method::GET, "/v1/group?scope=fed&start=3&limit=5", none()),
        (Method::GET, "/v1/group/fed.g7", none()),
        (Method::GET, "/v1/group/nobody%27s%20own", none()),
        (Method::GET, "/v2/workload?start=0&limit=5", none()),
        (Method::GET, "/v1/system/config", none()),
        (Method::GET, "/v1/nothing", none()),
        (Method::PATCH, "/v1/admission/state", json(state("protect"))),
        (Method::PATCH, "/v1/admission/state", json(state("nonsense"))),
        (Method::PATCH, "/v1/admission/state", json("{".to_owned())),
        (Method::DELETE, "/v1/group/fed.g7", none()),
        (Method::POST, "/v1/group", json(group("fed.mine").to_string())),
        (Method::POST, "/v1/file/admission/config", multipart),
        (Method::DELETE, "/v1/admission/rule/1000", none()),
        (Method::POST, "/v1/admission/state", none()),
    ] {
        let body = (!body.is_empty()).then_some(body);
        let direct = local.send_with(method.clone(), path, &[header], body.clone()).await?;
        let through = format!("{there}{path}");
        let through = fleet.admin.send_with(method.clone(), &through, &[header], body).await?;
        assert_eq!(through.status, direct.status, "{method} {path}: {}", through.text);
        // Each import has an id of its own.
        if !path.ends_with("/config") {
            assert_eq!(through.text, direct.text, "{method} {path}");
        }
        for name in ["content-type", "cache-control", "content-disposition"] {
            assert_eq!(
                through.headers.get(name),
                direct.headers.get(name),
                "{method} {path} {name}"
            );
        }
    }
    // Large answers are compressed for those who take it.
    let gzip = [("Accept-Encoding", "gzip")];
    let packed =
        fleet.admin.send_with(Method::GET, &format!("{there}/v1/group"), &gzip, None).await?;
    assert_eq!(packed.headers.get("content-encoding").context("it is not compressed")?, "gzip");
    assert_eq!(packed.text, local.get("/v1/group").await?.text);
    // The cluster's records name who called.
    let audit = local.get("/v1/log/audit").await?.text;
    let events = local.get("/v1/log/event").await?.text;
    ensure!(!audit.is_empty() && !events.is_empty());
    Ok(())
}

#[tokio::test]
async fn roles_of_the_federation_hold_what_is_theirs_on_a_cluster() -> Result<()> {
    let (fleet, there, _local) = one().await?;
    let reader = user(&fleet, "reader", "fedReader").await?;
    let writer = user(&fleet, "writer", "fedAdmin").await?;
    let plain = user(&fleet, "plain", "admin").await?;
    let state = json!({ "state": { "enable": true, "mode": "monitor" } });
    let at = |path: &str| format!("{there}{path}");
    for caller in [&reader, &writer] {
        caller.get(&at("/v1/group")).await?.ok()?;
        caller.get(&at("/v1/fed/member")).await?.ok()?;
        let alive = caller.patch(&at("/v1/auth"), &json!({})).await?;
        ensure!(alive.status.is_success(), "keep-alive: {} {}", alive.status, alive.text);
        // What belongs to the cluster alone.
        caller.post(&at("/v1/fed/leave"), &json!({ "force": true })).await?.expect(403, 4)?;
        caller.delete(&at("/v1/auth")).await?.expect(403, 4)?;
        caller.post(&at("/v1/user/admin/password"), &json!({})).await?.expect(403, 4)?;
        caller.post(&at("/v1/file/dlp/config?scope=fed"), &json!({})).await?.expect(403, 4)?;
        caller.get(&at("/v1/../v1/fed/join_token")).await?.expect(403, 4)?;
    }
    writer.patch(&at("/v1/admission/state"), &state).await?.ok()?;
    reader.patch(&at("/v1/admission/state"), &state).await?.expect(403, 25)?;
    reader.delete(&at("/v1/group/x")).await?.expect(403, 25)?;
    for method in [Method::GET, Method::PATCH] {
        plain.send(method, &at("/v1/group"), None).await?.expect(403, 25)?;
    }
    let nobody = fleet.primary.rest()?;
    nobody.get(&at("/v1/group")).await?.expect(401, 3)?;
    // A key works like a login.
    let key = json!({ "apikey": { "apikey_name": "robot", "role": "fedAdmin",
        "expiration_type": "onehour", "description": "" } });
    let made = fleet.admin.post("/v1/api_key", &key).await?.ok()?;
    let secret = made["apikey"]["apikey_secret"].as_str().context("no secret")?;
    let robot = nobody.with_header("X-Auth-Apikey", &format!("robot:{secret}"))?;
    robot.get(&at("/v1/group")).await?.ok()?;
    robot.patch(&at("/v1/admission/state"), &state).await?.ok()?;
    Ok(())
}

#[tokio::test]
async fn bodies_stream_both_ways_and_a_client_that_goes_away_ends_the_call() -> Result<()> {
    let (fleet, there, local) = one().await?;
    let url = format!("https://{}{there}/v1/admission/state", fleet.primary.addresses()?.rest);
    let http = reqwest::Client::builder().tls_danger_accept_invalid_certs(true).build()?;
    let token = fleet.admin.token().context("no session")?.to_owned();
    // A body that comes in pieces, whose length nobody knows.
    let text = json!({ "state": { "enable": true, "mode": "protect",
        "padding": "x".repeat(300_000) } })
    .to_string();
    let pieces: Vec<Bytes> = text.as_bytes().chunks(7_001).map(Bytes::copy_from_slice).collect();
    let pieces = stream::iter(pieces).map(Ok::<_, std::io::Error>);
    let answer = http
        .patch(&url)
        .header("X-Auth-Token", &token)
        .body(reqwest::Body::wrap_stream(pieces))
        .send()
        .await?;
    ensure!(answer.status().is_success(), "{}", answer.status());
    // One that never ends keeps the cluster waiting for it...
    let under_way = || async { local.metric("palisade_agent_calls_under_way").await };
    let endless = stream::once(async { Ok::<_, std::io::Error>(Bytes::from_static(b"{")) })
        .chain(stream::pending());
    let waiting = tokio::spawn(
        http.patch(&url)
            .header("X-Auth-Token", &token)
            .body(reqwest::Body::wrap_stream(endless))
            .send(),
    );
    wait::until("the cluster works at it", || async { Ok(wait::when(under_way().await? > 0.5)) })
        .await?;
    // ...until the client goes away: far sooner than the body would time out.
    waiting.abort();
    wait::until_within("the cluster has given it up", Duration::from_mins(1), || async {
        Ok(wait::when(under_way().await? < 0.5))
    })
    .await?;
    // An answer that is read only in part ends as well.
    for n in 0..200 {
        fleet.admin.post("/v1/group", &group(&format!("fed.large{n}"))).await?.ok()?;
    }
    let list = format!("https://{}{there}/v1/group", fleet.primary.addresses()?.rest);
    let answer = http.get(&list).header("X-Auth-Token", &token).send().await?;
    let mut chunks = answer.bytes_stream();
    ensure!(chunks.try_next().await?.is_some(), "an empty answer");
    drop(chunks);
    wait::until("nothing is under way", || async { Ok(wait::when(under_way().await? < 0.5)) }).await
}

#[tokio::test]
async fn half_an_answer_does_not_pass_for_a_whole() -> Result<()> {
    let fleet = Fleet::start(&[]).await?;
    let identity = simulated::join(&fleet.primary.token(&[]).await?, "staging").await?;
    let mut link = RawLink::open(&identity, simulated::hello()).await?;
    let address: PrimaryAddress = identity.membership().primary_address.parse()?;
    let connection = connect(&address, Trust::Member(&identity)).await?;
    let path = format!("{}/v1/group", there(&fleet).await?);
    for whole in [true, false] {
        let (admin, path) = (fleet.admin.clone(), path.clone());
        let calling = tokio::spawn(async move { admin.get(&path).await });
        let id = loop {
            let down = link.down.message().await?.context("the link ended")?;
            if let Some(down::Body::Call(call)) = down.body {
                break call.id;
            }
        };
        let head = AnswerHead { status: 200, headers: Vec::new() };
        let parts = [Part::Id(id), Part::Head(head), Part::Chunk("{}".into())];
        let parts = parts.into_iter().map(|part| AnswerPart { body: Some(part) });
        // An agent that gives an answer up says so.
        let parts: Vec<_> = parts.chain((!whole).then(AnswerPart::default)).collect();
        let sending = LinkClient::new(connection.channel()).answer(stream::iter(parts)).await?;
        assert_eq!(calling.await?.is_ok(), whole);
        drop(sending);
    }
    Ok(())
}

#[tokio::test]
async fn a_client_that_pauses_amid_a_body_keeps_nobody_from_the_cluster() -> Result<()> {
    let (fleet, there, _local) = one().await?;
    let url = format!("https://{}{there}/v1/admission/state", fleet.primary.addresses()?.rest);
    let http = reqwest::Client::builder().tls_danger_accept_invalid_certs(true).build()?;
    let token = fleet.admin.token().context("no session")?;
    // As many as are under way at once.
    let paused = (0..64).map(|_| {
        let endless = stream::once(async { Ok::<_, std::io::Error>(Bytes::from_static(b"{")) })
            .chain(stream::pending());
        let call = http.patch(&url).header("X-Auth-Token", token);
        call.body(reqwest::Body::wrap_stream(endless)).send()
    });
    let paused = futures_util::future::try_join_all(paused);
    // Far sooner than a call is too old.
    let answers = tokio::time::timeout(Duration::from_mins(1), paused).await??;
    for answer in answers {
        assert_eq!(answer.status().as_u16(), 400);
    }
    fleet.admin.get(&format!("{there}/v1/group")).await?.ok()?;
    Ok(())
}

#[tokio::test]
async fn five_hundred_calls_at_once_are_answered_and_edits_go_on() -> Result<()> {
    let (fleet, there, local) = one().await?;
    // As patient as a slow machine needs.
    let http = reqwest::Client::builder()
        .tls_danger_accept_invalid_certs(true)
        .timeout(Duration::from_mins(5))
        .build()?;
    let base = format!("https://{}{there}", fleet.primary.addresses()?.rest);
    let token = fleet.admin.token().context("no session")?;
    let calls = stream::iter(0..500).map(|n| {
        let call = http.get(format!("{base}/v1/group?start={n}&limit=1"));
        let call = call.header("X-Auth-Token", token);
        async move {
            let answer = call.send().await?;
            let status = answer.status();
            ensure!(status.is_success(), "{n}: {status} {}", answer.text().await?);
            anyhow::Ok(())
        }
    });
    let calling = calls.buffer_unordered(500).try_collect::<Vec<()>>();
    let editing = async {
        for n in 0..5 {
            let name = format!("fed.meanwhile{n}");
            fleet.admin.post("/v1/group", &group(&name)).await?.ok()?;
            wait::until("the edit has arrived", || async {
                let answer = local.get(&format!("/v1/group/{name}")).await?;
                Ok(wait::when(answer.status.is_success()))
            })
            .await?;
        }
        anyhow::Ok(())
    };
    let (answered, edited) = tokio::join!(calling, editing);
    edited?;
    assert_eq!(answered?.len(), 500);
    Ok(())
}

#[tokio::test]
async fn a_cluster_out_of_reach_is_told_and_counts_as_disconnected() -> Result<()> {
    let primary = Primary::start().await?;
    let proxy = Proxy::start(primary.addresses()?.federation).await?;
    fleet::promote_at(&primary, proxy.address()).await?;
    let token = primary.token(&[]).await?;
    let _agent = Agent::join("staging", &token).await?;
    let mut fleet = Fleet::of_promoted(primary).await?;
    fleet.wait_for_status("staging", "synced").await?;
    let there = there(&fleet).await?;
    // Nothing passes, and nobody is told: the call fails once that is noticed.
    proxy.hold();
    fleet.admin.get(&format!("{there}/v1/group")).await?.expect(500, 38)?;
    fleet.wait_for_status("staging", "disconnected").await?;
    fleet.admin.get(&format!("{there}/v1/group")).await?.expect(500, 38)?;
    proxy.heal();
    fleet.wait_for_status("staging", "synced").await?;
    fleet.admin.get(&format!("{there}/v1/group")).await?.ok()?;
    let unknown = "0".repeat(32);
    fleet.admin.get(&format!("/v1/fed/cluster/{unknown}/v1/group")).await?.expect(400, 37)?;
    fleet.admin.get("/v1/fed/cluster/nonsense/v1/group").await?.expect(400, 37)?;
    // A primary that was started anew takes calls as soon as the cluster is back.
    fleet.primary.kill().await?;
    fleet.primary.restart().await?;
    fleet.admin = fleet.primary.admin().await?;
    fleet.wait_for_status("staging", "synced").await?;
    fleet.admin.get(&format!("{there}/v1/group")).await?.ok().map(drop)
}
