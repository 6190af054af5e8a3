//! A timeline counts what the list of the same filters lists, whichever way the
//! numbers are found.

use anyhow::{Context, Result, ensure};
use chrono::{TimeDelta, Utc};
use palisade_api::federation::Event;
use palisade_tests::reporting::ReportingMember;
use palisade_tests::{Primary, Rest, fleet, simulated};
use serde_json::{Value, json};

const NAMES: [&str; 3] =
    ["Admission.Control.Denied", "Admission.Control.Violation", "Container.Scan.Report"];
const LEVELS: [&str; 2] = ["Critical", "Info"];
/// Events of each member, one every 25 minutes: four days.
const EVENTS: u64 = 230;
/// As many that some come far behind.
const MANY: u64 = 1_200;
const PASSWORD: &str = "Correct-Horse-8-Battery";

fn event(seq: u64) -> Event {
    let pick = |of: &[&'static str], every: u64| of[(seq / every) as usize % of.len()];
    let (name, level) = (pick(&NAMES, 1), pick(&LEVELS, 3));
    let at = Utc::now() - TimeDelta::minutes(25 * EVENTS.saturating_sub(seq) as i64);
    let detail = json!({ "name": name, "level": level, "message": format!("{seq}"),
        "workload_domain": pick(&["shop", "bank", ""], 2), "image": pick(&["shop:v1", "bank:v1"], 5) });
    Event {
        seq,
        at_ms: at.timestamp_millis(),
        name: name.to_owned(),
        level: level.to_owned(),
        category: pick(&["audit", "event"], 4).to_owned(),
        detail: detail.to_string().into(),
    }
}

async fn counted(rest: &Rest, list: &str, query: &str) -> Result<Value> {
    rest.get(&format!("/v1/fed/{list}/timeline?{query}")).await?.ok()
}

async fn listed(rest: &Rest, list: &str, query: &str) -> Result<usize> {
    let answer = rest.get(&format!("/v1/fed/{list}?{query}&limit=1000")).await?.ok()?;
    Ok(answer[list].as_array().with_context(|| format!("{list}: no list"))?.len())
}

/// The sum of all that a timeline tells, which is its total.
fn sum(timeline: &Value) -> Result<i64> {
    let counts =
        |of: &Value| of.as_array().into_iter().flatten().filter_map(Value::as_i64).sum::<i64>();
    let series = timeline["series"].as_array().context("no series")?;
    let sum = series.iter().map(|one| counts(&one["counts"])).sum::<i64>();
    let sum = sum + counts(&timeline["others"]);
    ensure!(timeline["total"] == sum, "{timeline}");
    Ok(sum)
}

#[tokio::test]
async fn a_timeline_counts_what_is_listed() -> Result<()> {
    let primary = Primary::start().await?;
    fleet::promote(&primary).await?;
    let admin = primary.admin().await?;
    let token = primary.token(&["--uses", "2"]).await?;
    for (name, env) in [("one", "prod"), ("two", "test")] {
        let identity = simulated::join_labelled(&token, name, &[("env", env)]).await?;
        let member = ReportingMember::open(&identity).await?;
        // What comes twice counts once.
        for batch in [1..=100, 50..=EVENTS] {
            member.report(batch.map(event).collect()).await?;
        }
    }
    let day = 86_400;
    let tomorrow = (Utc::now().timestamp() / day + 1) * day;
    let filters = [
        "",
        "cluster=one",
        "cluster=one,two",
        "cluster_selector=env%3Dtest",
        "name=Admission.Control.Denied",
        "category=audit",
        "level=Critical",
        "namespace=shop",
        "f_namespace=in,sho",
        "image=shop",
        "image=nothing",
        "f_image=neq,shop:v1",
        "f_image=notin,bank&level=Info",
        "cluster=one&namespace=bank",
        "level=Info&category=event&namespace=shop,bank",
        "image=shop&cluster=two&f_level=neq,Info",
        "name=nothing",
    ];
    // Of whole days, so that every span fits in.
    let week = format!("since={}&until={tomorrow}", tomorrow - 7 * day);
    let ways = ["span=1h", "span=1d", "", "by=name", "by=category", "by=cluster", "by=namespace"];
    for filter in filters {
        let asked = format!("{filter}&{week}");
        for list in ["events", "denials"] {
            let expected = listed(&admin, list, &asked).await? as i64;
            for way in ways {
                let query = format!("{asked}&{way}");
                let timeline = counted(&admin, list, &query).await?;
                assert_eq!(sum(&timeline)?, expected, "{list} {query}: {timeline}");
            }
        }
    }
    ensure!(
        listed(&admin, "events", "cluster=one,two").await? == 2 * EVENTS as usize,
        "all are there"
    );

    // By five minutes, of a time in which something happened.
    let hour = (Utc::now().timestamp() / 3_600 - 3) * 3_600;
    let asked = format!("since={hour}&until={}", hour + 3_600);
    let timeline = counted(&admin, "events", &asked).await?;
    assert_eq!(
        (timeline["span"].as_i64(), timeline["starts"][0].as_i64()),
        (Some(300), Some(hour))
    );
    assert_eq!(sum(&timeline)?, listed(&admin, "events", &asked).await? as i64);
    ensure!(timeline["total"] != 0, "{timeline}");

    let clusters = counted(&admin, "events", "by=cluster").await?;
    for name in ["one", "two"] {
        let series = clusters["series"].as_array().context("no series")?;
        ensure!(series.iter().any(|one| one["cluster_name"] == name), "{name}: {clusters}");
    }
    Ok(())
}

/// A reader of one namespace sees, counts and pages what is in it, however they ask.
#[tokio::test]
async fn a_namespace_is_listed_and_counted_for_whom_it_is_all() -> Result<()> {
    let primary = Primary::start().await?;
    fleet::promote(&primary).await?;
    let admin = primary.admin().await?;
    let token = primary.token(&[]).await?;
    let identity = simulated::join(&token, "one").await?;
    let member = ReportingMember::open(&identity).await?;
    member.report((1..=EVENTS).map(event).collect()).await?;
    let in_shop = listed(&admin, "events", "namespace=shop").await?;
    ensure!(in_shop > 0, "nothing is in the namespace");
    let now = Utc::now().timestamp();
    let week = format!("since={}&until={}", now - 6 * 86_400, now + 86_400);
    for (name, scope, all) in [
        ("shop", json!({ "domains": ["sho*"] }), in_shop),
        ("shop-of-one", json!({ "clusters": ["one"], "domains": ["shop"] }), in_shop),
        ("nobody", json!({ "clusters": ["one"], "domains": ["nothing-*"] }), 0),
    ] {
        let user = json!({ "username": name, "fullname": name, "password": PASSWORD,
            "role": "fedReader", "access_scope": scope });
        admin.post("/v1/user", &json!({ "user": user })).await?.ok()?;
        let mut reader = primary.rest()?;
        reader.login(name, PASSWORD).await?;
        for (filter, expected) in [
            ("", all),
            ("namespace=shop", all),
            ("namespace=bank", 0),
            ("f_namespace=prefix,sh", all),
            ("f_namespace=neq,shop", 0),
            ("f_namespace=neq,bank", all),
            ("namespace=shop&f_namespace=neq,shop", 0),
            ("sort=category", all),
        ] {
            let seen = listed(&reader, "events", filter).await?;
            assert_eq!(seen, expected, "{name}: {filter}");
            if filter.starts_with("sort") {
                continue;
            }
            for way in ["by=level", "by=cluster", "by=namespace"] {
                let query = format!("{filter}&{week}&{way}");
                let total = sum(&counted(&reader, "events", &query).await?)?;
                assert_eq!(total, expected as i64, "{name}: {query}");
            }
        }
    }
    Ok(())
}

/// More events than are passed over with all that is in them, each about an image of its
/// own, and these are more than are looked up one by one.
#[tokio::test]
async fn pages_far_behind_and_texts_of_many_images_tell_of_all() -> Result<()> {
    let primary = Primary::start().await?;
    fleet::promote(&primary).await?;
    let admin = primary.admin().await?;
    let token = primary.token(&[]).await?;
    let identity = simulated::join(&token, "one").await?;
    let member = ReportingMember::open(&identity).await?;
    let of_image = |seq: u64| {
        let detail = json!({ "message": format!("{seq}"), "image": format!("shop/menu-{seq}:v1") });
        let at = Utc::now() - TimeDelta::seconds((MANY - seq) as i64);
        Event { detail: detail.to_string().into(), at_ms: at.timestamp_millis(), ..event(seq) }
    };
    member.report((1..=MANY).map(of_image).collect()).await?;
    for order in ["sort=time&order=desc", "sort=cluster&order=desc", "sort=name", "sort=category"] {
        let path = format!("/v1/fed/events?{order}&cluster=one");
        let near = admin.get(&format!("{path}&start=990&limit=30")).await?.ok()?;
        let far = admin.get(&format!("{path}&start=1010&limit=10")).await?.ok()?;
        let near = near["events"].as_array().context("no events")?;
        ensure!(near.len() == 30 && far["events"] == json!(near[20..]), "{order}: {far}");
    }
    let now = Utc::now().timestamp();
    let hours = format!("span=1h&since={}&until={}", now - 7_200, now + 7_200);
    for (filter, expected) in [
        ("image=shop/", MANY),
        (
            "f_image=prefix,shop/menu-1",
            (1..=MANY).filter(|n| n.to_string().starts_with('1')).count() as u64,
        ),
        ("image=shop/&f_image=neq,shop/menu-7:v1", MANY - 1),
        ("image=elsewhere", 0),
    ] {
        let timeline = counted(&admin, "events", &format!("{filter}&{hours}")).await?;
        assert_eq!(sum(&timeline)?, expected as i64, "{filter}: {timeline}");
    }
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_counted_is_told() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    for query in [
        "span=fortnight",
        "span=5m",
        "span=1h&since=0",
        "since=0&span=6h",
        "by=colour",
        "f_reported_at=neq,0",
        "cluster=unknown",
    ] {
        for list in ["events", "denials"] {
            let answer = admin.get(&format!("/v1/fed/{list}/timeline?{query}")).await?;
            answer.expect(400, 6).with_context(|| query.to_owned())?;
        }
    }
    let empty = counted(&admin, "events", "since=100&until=50").await?;
    assert_eq!((&empty["starts"], &empty["total"]), (&json!([]), &json!(0)));
    Ok(())
}
