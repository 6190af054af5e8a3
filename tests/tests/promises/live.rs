//! The stream of what changed: over all replicas, as long as the session lives.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use palisade_api::federation::Event;
use palisade_tests::reporting::ReportingMember;
use palisade_tests::{Primary, Rest, fleet, simulated, wait};
use reqwest::Response;
use serde_json::{Value, json};

const PATH: &str = "/v1/fed/stream";
/// Bounds the waiting, not the promise: this machine may be slow.
const PATIENCE: Duration = Duration::from_mins(1);

/// An open stream.
struct Stream {
    response: Response,
    rest: String,
}

impl Stream {
    async fn open(primary: &Primary, token: &str) -> Result<Self> {
        let http = reqwest::Client::builder().tls_danger_accept_invalid_certs(true).build()?;
        let url = format!("https://{}{PATH}", primary.addresses()?.rest);
        let response = http.get(url).header("X-Auth-Token", token).send().await?;
        ensure!(response.status().is_success(), "{}", response.status());
        let kind = response.headers().get("content-type").context("no content-type")?;
        ensure!(kind.to_str()?.starts_with("text/event-stream"), "{kind:?}");
        Ok(Self { response, rest: String::new() })
    }

    /// The next event that is no heartbeat: its name and its lists. None once
    /// the stream has ended.
    async fn next(&mut self) -> Result<Option<(String, Vec<String>)>> {
        tokio::time::timeout(PATIENCE, async {
            loop {
                while let Some((message, rest)) = self.rest.split_once("\n\n") {
                    let (message, rest) = (message.to_owned(), rest.to_owned());
                    self.rest = rest;
                    let field = |name: &str| {
                        message.lines().find_map(|line| Some(line.strip_prefix(name)?.trim()))
                    };
                    let (Some(event), Some(data)) = (field("event:"), field("data:")) else {
                        continue;
                    };
                    let data: Value = serde_json::from_str(data)?;
                    let lists = data["lists"].as_array().context("no lists")?;
                    let lists = lists.iter().filter_map(Value::as_str).map(str::to_owned).collect();
                    return Ok(Some((event.to_owned(), lists)));
                }
                match self.response.chunk().await? {
                    Some(bytes) => self.rest.push_str(std::str::from_utf8(&bytes)?),
                    None => return Ok(None),
                }
            }
        })
        .await
        .context("the stream is silent")?
    }

    /// Until it tells of `list`.
    async fn tells(&mut self, list: &str) -> Result<()> {
        loop {
            match self.next().await? {
                Some((_, lists)) if lists.iter().any(|one| one == list) => return Ok(()),
                Some(_) => {}
                None => bail!("the stream ended before it told of {list}"),
            }
        }
    }
}

fn group(name: &str) -> Value {
    json!({ "config": { "name": name, "cfg_type": "federal",
        "criteria": [{ "key": "service", "op": "=", "value": name }] } })
}

fn token(rest: &Rest) -> Result<&str> {
    rest.token().context("no token")
}

#[tokio::test]
async fn a_change_on_one_replica_is_told_by_another() -> Result<()> {
    let one = Primary::start().await?;
    fleet::promote(&one).await?;
    let two = Primary::builder().replica_of(&one)?.start().await?;
    let admin = one.admin().await?;
    let mut stream = Stream::open(&two, token(&admin)?).await?;
    assert_eq!(stream.next().await?, Some(("ready".to_owned(), Vec::new())));
    admin.post("/v1/group", &group("fed.live")).await?.ok()?;
    stream.tells("rules").await?;
    let registry = json!({ "config": {
        "name": "fed.live", "registry_type": "Docker Registry", "cfg_type": "federal",
        "registry": "https://127.0.0.1:1/", "filters": ["*"],
    } });
    admin.post("/v1/scan/registry", &registry).await?.ok()?;
    stream.tells("scans").await?;
    Ok(())
}

#[tokio::test]
async fn a_stream_ends_with_its_session_and_tells_what_the_caller_may_read() -> Result<()> {
    let primary = Primary::start().await?;
    fleet::promote(&primary).await?;
    let admin = primary.admin().await?;
    primary.rest()?.get(PATH).await?.expect(401, 3)?;

    // So many a session, and no more.
    let mut streams = Vec::new();
    for _ in 0..8 {
        streams.push(Stream::open(&primary, token(&admin)?).await?);
    }
    let refused = admin.get(PATH).await?;
    ensure!(refused.status.is_client_error(), "{}", refused.status);
    drop(streams);
    let mut stream = wait::until("a place is free again", || async {
        Ok(Stream::open(&primary, token(&admin)?).await.ok())
    })
    .await?;
    stream.next().await?;

    // Whoever may not read rules is not told of them.
    let user = json!({ "user": { "fullname": "scans", "username": "scans",
        "password": "Correct-Horse-7-Battery", "role": "ciops" } });
    admin.post("/v1/user", &user).await?.ok()?;
    let mut other = primary.rest()?;
    other.login("scans", "Correct-Horse-7-Battery").await?;
    let mut narrow = Stream::open(&primary, token(&other)?).await?;
    narrow.next().await?;
    admin.post("/v1/group", &group("fed.live")).await?.ok()?;
    stream.tells("rules").await?;
    // Its session ends: nothing was told before.
    other.delete("/v1/auth").await?.ok()?;
    while let Some((_, lists)) = narrow.next().await? {
        ensure!(!lists.contains(&"rules".to_owned()), "{lists:?}");
    }
    admin.delete("/v1/auth").await?.ok()?;
    while stream.next().await?.is_some() {}
    Ok(())
}

#[tokio::test]
async fn of_clusters_that_a_role_does_not_reach_nothing_is_told() -> Result<()> {
    let primary = Primary::start().await?;
    fleet::promote(&primary).await?;
    let admin = primary.admin().await?;
    let join = primary.token(&["--uses", "2"]).await?;
    let own = simulated::join_labelled(&join, "own", &[("env", "prod")]).await?;
    let foreign = simulated::join_labelled(&join, "foreign", &[("env", "test")]).await?;
    let own = ReportingMember::open(&own).await?;
    let foreign = ReportingMember::open(&foreign).await?;
    let scope = json!({ "cluster_selector": { "matchLabels": { "env": "prod" } } });
    let user = json!({ "username": "mary", "password": "coffee-beans", "role": "fedReader",
        "access_scope": scope });
    admin.post("/v1/user", &json!({ "user": user })).await?.ok()?;
    let mut mary = primary.rest()?;
    mary.login("mary", "coffee-beans").await?;
    // A role of the operator's own reads no federation, and is limited all the same.
    let reads = ["config", "events", "rt_policy"]
        .map(|id| json!({ "id": id, "read": true, "write": false }));
    let role = json!({ "config": { "name": "watcher", "comment": "", "permissions": reads } });
    admin.post("/v1/user_role", &role).await?.ok()?;
    let user = json!({ "username": "carl", "password": "coffee-beans", "role": "watcher",
        "access_scope": scope });
    admin.post("/v1/user", &json!({ "user": user })).await?.ok()?;
    let mut carl = primary.rest()?;
    carl.login("carl", "coffee-beans").await?;
    // Who does not read the federation is told of the home cluster, which there is not.
    let user = json!({ "username": "rita", "password": "coffee-beans", "role": "reader" });
    admin.post("/v1/user", &json!({ "user": user })).await?.ok()?;
    let mut rita = primary.rest()?;
    rita.login("rita", "coffee-beans").await?;
    let mut home = Stream::open(&primary, token(&rita)?).await?;
    let mut all = Stream::open(&primary, token(&admin)?).await?;
    let mut within = Stream::open(&primary, token(&mary)?).await?;
    let mut watcher = Stream::open(&primary, token(&carl)?).await?;
    for stream in [&mut all, &mut within, &mut watcher, &mut home] {
        assert_eq!(stream.next().await?, Some(("ready".to_owned(), Vec::new())));
    }
    foreign.report(vec![event(1)]).await?;
    all.tells("events").await?;
    // A change of rules is told to each, and what came before it was told before.
    admin.post("/v1/group", &group("fed.live")).await?.ok()?;
    for stream in [&mut within, &mut watcher] {
        loop {
            let (_, lists) = stream.next().await?.context("the stream ended")?;
            ensure!(!lists.iter().any(|list| list == "events"), "{lists:?}");
            if lists.iter().any(|list| list == "rules") {
                break;
            }
        }
    }
    loop {
        // The change itself is recorded by the primary.
        let (_, lists) = home.next().await?.context("the stream ended")?;
        let has = |wanted: &str| lists.iter().any(|list| list == wanted);
        ensure!(!has("events") || has("rules"), "{lists:?}");
        if has("rules") {
            break;
        }
    }
    own.report(vec![event(1)]).await?;
    within.tells("events").await?;
    watcher.tells("events").await?;
    let listed = carl.get("/v1/fed/events").await?.ok()?;
    let events = listed["events"].as_array().context("no events")?;
    let are_own = events.iter().all(|event| event["cluster_name"] == "own");
    ensure!(!events.is_empty() && are_own, "{listed}");
    Ok(())
}

fn event(seq: u64) -> Event {
    Event {
        seq,
        at_ms: chrono::Utc::now().timestamp_millis(),
        name: "Federation.Policy.Sync".to_owned(),
        level: "Info".to_owned(),
        category: "event".to_owned(),
        detail: "{}".into(),
    }
}
