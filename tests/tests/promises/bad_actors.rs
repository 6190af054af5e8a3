//! Members and users who try what they must not: each is refused with a word and a
//! record, and changes nothing. Members that flood, copy themselves or never read
//! are in `hostile_member`.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use futures_util::stream;
use palisade_api::federation::link_client::LinkClient;
use palisade_api::federation::{
    AnswerPart, Event, EventBatch, Node, NodeList, Up, Workload, WorkloadBatch, answer_part, bye,
    down, up,
};
use palisade_api::rest::event::name;
use palisade_tests::simulated::{self, RawLink};
use palisade_tests::writer::{group, groups};
use palisade_tests::{Fleet, Rest, wait};
use palisade_transport::client::{ConnectError, PrimaryAddress, Trust, connect};
use palisade_transport::identity::MemberIdentity;
use reqwest::Method;
use serde_json::{Value, json};

/// Bytes of an apply file beyond all reason.
const HUGE: usize = 100 << 20;
/// By how much the primary's memory may grow while it refuses that, in KiB.
const LITTLE: u64 = 48 << 10;

async fn member(fleet: &Fleet, name: &str) -> Result<(MemberIdentity, String)> {
    let identity = simulated::join(&fleet.primary.token(&[]).await?, name).await?;
    let id = identity.membership().cluster_id.to_string();
    Ok((identity, id))
}

/// Waits until the primary's log has an event of that name which says `text`.
async fn recorded(fleet: &Fleet, name: &str, text: &str) -> Result<()> {
    wait::until(&format!("{name} is recorded with {text:?}"), || async {
        let listed = fleet.admin.get(&format!("/v1/fed/events?name={name}")).await?.ok()?;
        Ok(wait::when(listed["events"].to_string().contains(text)))
    })
    .await
}

async fn events_of(fleet: &Fleet, id: &str) -> Result<Vec<Value>> {
    let listed = fleet.admin.get(&format!("/v1/fed/events?cluster={id}&limit=100")).await?.ok()?;
    Ok(listed["events"].as_array().context("no events")?.clone())
}

#[tokio::test]
async fn a_member_does_not_answer_for_another() -> Result<()> {
    let fleet = Fleet::start(&[]).await?;
    let (victim, id) = member(&fleet, "victim").await?;
    let (liar, _) = member(&fleet, "liar").await?;
    let mut link = RawLink::open(&victim, simulated::hello()).await?;
    let _other = RawLink::open(&liar, simulated::hello()).await?;
    let admin = fleet.admin.clone();
    let path = format!("/v1/fed/cluster/{id}/v1/group");
    let calling = tokio::spawn(async move { admin.get(&path).await });
    let call = loop {
        let down = link.down.message().await?.context("the link ended")?;
        if let Some(down::Body::Call(call)) = down.body {
            break call;
        }
    };
    let address: PrimaryAddress = liar.membership().primary_address.parse()?;
    let connection = connect(&address, Trust::Member(&liar)).await?;
    for id in [call.id, call.id + 1, 0, u64::MAX] {
        let parts = stream::iter([AnswerPart { body: Some(answer_part::Body::Id(id)) }]);
        let refused = LinkClient::new(connection.channel()).answer(parts).await;
        let refused = refused.err().context("it answered a call to another member")?;
        assert_eq!(refused.code(), tonic::Code::NotFound, "{refused}");
    }
    ensure!(!calling.is_finished(), "the call to the other one was answered");
    calling.abort();
    Ok(())
}

#[tokio::test]
async fn a_batch_of_another_member_counts_for_who_sends_it() -> Result<()> {
    let fleet = Fleet::start(&[]).await?;
    let event = |seq: u64, said: &str| Event {
        seq,
        at_ms: chrono::Utc::now().timestamp_millis(),
        name: "Test.Event".to_owned(),
        level: "Info".to_owned(),
        category: "event".to_owned(),
        detail: json!({ "message": said, "cluster_name": "victim" }).to_string().into(),
    };
    let batch = EventBatch { events: (1..=3).map(|seq| event(seq, "of the victim")).collect() };
    let mut ids = Vec::new();
    let mut links = Vec::new();
    for name in ["victim", "liar"] {
        let (identity, id) = member(&fleet, name).await?;
        let link = RawLink::open(&identity, simulated::hello()).await?;
        link.say(up::Body::Events(batch.clone())).await?;
        wait::until("the batch has arrived", || async {
            Ok(wait::when(events_of(&fleet, &id).await?.len() == 3))
        })
        .await?;
        ids.push(id);
        links.push(link);
    }
    // The liar has overtaken the victim's numbers, and the victim goes on with its own.
    let more = EventBatch { events: vec![event(4, "of the victim")] };
    links[0].say(up::Body::Events(more)).await?;
    for (id, expected) in ids.iter().zip([4, 3]) {
        wait::until("each has its own", || async {
            let events = events_of(&fleet, id).await?;
            let own = events.iter().all(|event| event["cluster_id"] == **id);
            ensure!(own, "events of another cluster: {events:?}");
            Ok(wait::when(events.len() == expected))
        })
        .await?;
    }
    Ok(())
}

/// What is too much, and whether the primary says so or only parts.
fn too_much() -> Vec<(&'static str, up::Body, bool)> {
    let digest = Bytes::from_static(&[1; 32]);
    let batch = || WorkloadBatch { digest: digest.clone(), ..WorkloadBatch::default() };
    let workloads = vec![Workload::default(); 3_000];
    let nodes = NodeList { nodes: vec![Node::default(); 6_000] };
    let ids = (0..3_000).map(|n: u32| n.to_string()).collect();
    let long = vec![0; 2 << 20].into();
    vec![
        (
            "a huge set of workloads",
            up::Body::Workloads(WorkloadBatch { put: workloads, ..batch() }),
            true,
        ),
        ("a huge set of ids", up::Body::Workloads(WorkloadBatch { gone: ids, ..batch() }), true),
        (
            "a huge set of nodes",
            up::Body::Workloads(WorkloadBatch { nodes: Some(nodes), ..batch() }),
            true,
        ),
        (
            "a digest of two megabytes",
            up::Body::Workloads(WorkloadBatch { digest: long, ..batch() }),
            false,
        ),
    ]
}

#[tokio::test]
async fn huge_sets_are_refused_and_the_neighbour_does_not_feel_it() -> Result<()> {
    let fleet = Fleet::start(&["neighbour"]).await?;
    let (identity, id) = member(&fleet, "glutton").await?;
    for (what, body, told) in too_much() {
        let mut link = RawLink::open(&identity, simulated::hello()).await?;
        link.say(body).await?;
        if told {
            let bye = link.bye().await.context(what)?;
            assert_eq!(bye.reason(), bye::Reason::Protocol, "{what}");
        } else {
            ensure!(link.bye().await.is_err(), "{what} was taken");
        }
    }
    recorded(&fleet, name::FEDERATION_MISBEHAVIOUR, "glutton").await?;
    let workloads = fleet.admin.get(&format!("/v1/fed/workloads?cluster={id}")).await?.ok()?;
    assert_eq!(workloads["workloads"].as_array().map(Vec::len), Some(0), "{workloads}");
    fleet.admin.post("/v1/group", &group("fed.shop")).await?.ok()?;
    fleet.wait_for_status("neighbour", "synced").await
}

#[tokio::test]
async fn a_revoked_certificate_opens_nothing() -> Result<()> {
    let fleet = Fleet::start(&[]).await?;
    let (identity, id) = member(&fleet, "former").await?;
    let mut link = RawLink::open(&identity, simulated::hello()).await?;
    fleet.wait_for_status("former", "out_of_sync").await?;
    fleet.admin.delete(&format!("/v1/fed/cluster/{id}")).await?.ok()?;
    assert_eq!(link.bye().await?.reason(), bye::Reason::Removed);
    let address: PrimaryAddress = identity.membership().primary_address.parse()?;
    // TLS 1.3 lets the client finish before it hears that it is refused, and the end
    // of the connection may overtake the reason.
    wait::until("the reason is told", || async {
        let connection = match connect(&address, Trust::Member(&identity)).await {
            Err(error) => return Ok(wait::when(matches!(error, ConnectError::Revoked))),
            Ok(connection) => connection,
        };
        let up = stream::iter([Up { body: Some(up::Body::Hello(simulated::hello())) }]);
        let opened = LinkClient::new(connection.channel()).open(up).await;
        if opened.is_ok() {
            return Err(wait::Hopeless("a link was opened".to_owned()).into());
        }
        Ok(wait::when(matches!(connection.failure(), Some(ConnectError::Revoked))))
    })
    .await?;
    recorded(&fleet, name::FEDERATION_KICK, "former").await
}

/// A user of the primary with that role.
async fn user(fleet: &Fleet, user: &Value) -> Result<Rest> {
    let password = "Wrong-Horse-8-Battery";
    let name = user["username"].as_str().context("no name")?;
    let mut body = json!({ "fullname": name, "password": password, "email": "", "timeout": 300,
        "locale": "en", "role": "", "role_domains": {} });
    for (key, value) in user.as_object().context("no user")? {
        body[key] = value.clone();
    }
    fleet.admin.post("/v1/user", &json!({ "user": body })).await?.ok()?;
    let mut rest = fleet.primary.rest()?;
    rest.login(name, password).await?;
    Ok(rest)
}

#[tokio::test]
async fn a_user_without_the_federation_reaches_no_cluster_by_its_id() -> Result<()> {
    let fleet = Fleet::start(&["staging"]).await?;
    let member = fleet.member("staging").await?.context("no member")?;
    let id = member["id"].as_str().context("no id")?;
    let local = fleet.agent("staging")?.admin().await?;
    let mode = local.get("/v1/admission/state").await?.ok()?;
    let users = [
        json!({ "username": "nobody" }),
        json!({ "username": "plain", "role": "admin" }),
        json!({ "username": "reading", "role": "reader" }),
        json!({ "username": "namespaced", "role_domains": { "admin": ["shop"] } }),
    ];
    let off = json!({ "state": { "enable": false, "mode": "monitor" } }).to_string();
    for caller in users {
        let rest = user(&fleet, &caller).await?;
        for (method, path) in [
            (Method::GET, "/v1/group"),
            (Method::PATCH, "/v1/admission/state"),
            (Method::GET, "/v1/../v1/group"),
            (Method::GET, "/v1/%2e%2e/v1/group"),
            (Method::POST, "/v1/fed/leave"),
        ] {
            let path = format!("/v1/fed/cluster/{id}{path}");
            let body = (method != Method::GET).then(|| off.clone());
            let answer = rest.send(method.clone(), &path, body).await?;
            answer.expect(403, 25).with_context(|| format!("{caller} {method} {path}"))?;
        }
        rest.delete(&format!("/v1/fed/cluster/{id}")).await?.expect(403, 25)?;
        let configuration = format!("/v1/fed/cluster/{id}/configuration/newest");
        rest.get(&configuration).await?.expect(403, 25)?;
        recorded(&fleet, name::ACCESS_DENIED, caller["username"].as_str().context("?")?).await?;
    }
    assert_eq!(local.get("/v1/admission/state").await?.ok()?, mode);
    fleet.wait_for_status("staging", "synced").await
}

/// The code of the clients' API, which has status 500, for a query that there is not.
const NO_SUCH_QUERY: u64 = 53;

/// Texts that end a literal, a statement, a pattern, or a string of C.
const INJECTIONS: [&str; 7] = [
    "'; DROP TABLE member CASCADE; --",
    "\" OR 1=1 --",
    "') OR ('1'='1",
    "%' OR '1' LIKE '%",
    "\\'; SELECT pg_sleep(100); --",
    "x\u{0}y",
    "$1::regclass",
];

#[tokio::test]
async fn sql_in_a_filter_is_a_text() -> Result<()> {
    let fleet = Fleet::start(&[]).await?;
    let (_, id) = member(&fleet, "staging").await?;
    fleet.admin.post("/v1/group", &group("fed.shop")).await?.ok()?;
    let before = (groups(&fleet.admin).await?, fleet.member("staging").await?);
    let document = fleet.admin.get("/openapi.json").await?.ok()?;
    let mut asked = 0;
    for (template, item) in document["paths"].as_object().context("no paths")? {
        let Some(parameters) = item["get"]["parameters"].as_array() else { continue };
        let path = template.split('/').map(|segment| match segment {
            "{id}" => id.as_str(),
            segment if segment.starts_with('{') => "absent",
            segment => segment,
        });
        let path = path.collect::<Vec<_>>().join("/");
        let filters = parameters.iter().filter(|one| one["in"] == "query");
        for filter in filters.filter_map(|one| one["name"].as_str()) {
            for injection in INJECTIONS {
                let query = url::form_urlencoded::Serializer::new(String::new())
                    .append_pair(&filter.replace('*', injection), injection)
                    .finish();
                let answer = fleet.admin.get(&format!("{path}?{query}")).await?;
                ensure!(
                    !answer.status.is_server_error() || answer.code() == Some(NO_SUCH_QUERY),
                    "{path}?{query}: {} {}",
                    answer.status,
                    answer.text
                );
                asked += 1;
            }
        }
    }
    ensure!(asked > 500, "only {asked} filters were tried");
    assert_eq!((groups(&fleet.admin).await?, fleet.member("staging").await?), before);
    Ok(())
}

#[tokio::test]
async fn a_selector_that_explodes_is_refused() -> Result<()> {
    let fleet = Fleet::start(&["staging"]).await?;
    let before = groups(&fleet.admin).await?;
    let nested = "(".repeat(500) + "a" + &"+)".repeat(500);
    let many = vec![json!({ "key": "service", "op": "=", "value": "x" }); 20_000];
    for (what, criteria) in [
        (
            "repeated repetitions",
            json!([{ "key": "service", "op": "regex",
            "value": "((a{1,1000}){1,1000}){1,1000}" }]),
        ),
        ("deep groups", json!([{ "key": "service", "op": "regex", "value": nested }])),
        (
            "a long pattern",
            json!([{ "key": "service", "op": "regex",
            "value": "a|".repeat(200_000) }]),
        ),
        ("many criteria", json!(many)),
    ] {
        let config = json!({ "config": { "name": "fed.bomb", "cfg_type": "federal",
            "criteria": criteria } });
        let answer = fleet.admin.post("/v1/group", &config).await?;
        ensure!(answer.status == 400, "{what}: {} {}", answer.status, answer.text);
    }
    assert_eq!(groups(&fleet.admin).await?, before);
    fleet.wait_for_status("staging", "synced").await
}

#[tokio::test]
async fn who_sends_much_sees_why_it_is_refused() -> Result<()> {
    let fleet = Fleet::start(&[]).await?;
    let stranger = fleet.primary.rest()?;
    for (rest, path, status, code) in [
        (&stranger, "/v1/group", 401, 3),
        (&fleet.admin, "/v1/nothing", 404, 1),
        (&fleet.admin, "/v1/fed/policy?dry_run=maybe", 400, 6),
    ] {
        let answer = rest.send(Method::POST, path, Some("x".repeat(8 << 20))).await?;
        answer.expect(status, code).with_context(|| path.to_owned())?;
    }
    Ok(())
}

#[tokio::test]
async fn an_apply_file_of_a_hundred_megabytes_is_refused_and_not_kept() -> Result<()> {
    let fleet = Fleet::start(&[]).await?;
    let before = groups(&fleet.admin).await?;
    let most = peak_kib(&fleet)?;
    let comment = Bytes::from(format!("# {}\n", "x".repeat((1 << 16) - 3)));
    // With its length told, as those who send a file do, and without.
    for length in [Some(HUGE), None] {
        let comment = comment.clone();
        let parts = (0..HUGE >> 16).map(move |_| Ok::<_, std::io::Error>(comment.clone()));
        let mut request = reqwest::Client::builder()
            .tls_danger_accept_invalid_certs(true)
            .timeout(Duration::from_mins(2))
            .build()?
            .post(format!("https://{}/v1/fed/policy", fleet.primary.addresses()?.rest))
            .header("X-Auth-Token", fleet.admin.token().context("no session")?)
            .body(reqwest::Body::wrap_stream(stream::iter(parts)));
        if let Some(length) = length {
            request = request.header("Content-Length", length);
        }
        match request.send().await {
            Ok(answer) => assert_eq!(answer.status(), 400, "{}", answer.text().await?),
            // Where it is not told, it may part before all is sent.
            Err(error) => ensure!(length.is_none(), "no answer to {length:?}: {error:?}"),
        }
    }
    let now = peak_kib(&fleet)?;
    ensure!(now < most + LITTLE, "the primary's memory grew from {most} to {now} KiB");
    assert_eq!(groups(&fleet.admin).await?, before);
    fleet.admin.post("/v1/group", &group("fed.afterwards")).await?.ok().map(drop)
}

/// The most memory that the primary ever held.
fn peak_kib(fleet: &Fleet) -> Result<u64> {
    let pid = fleet.primary.process().pid().context("the primary has ended")?;
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find(|line| line.starts_with("VmHWM")).context("no VmHWM")?;
    Ok(line.split_whitespace().nth(1).context("no value")?.parse()?)
}
