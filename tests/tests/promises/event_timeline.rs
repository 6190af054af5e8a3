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

fn event(seq: u64) -> Event {
    let pick = |of: &[&'static str], every: u64| of[(seq / every) as usize % of.len()];
    let (name, level) = (pick(&NAMES, 1), pick(&LEVELS, 3));
    let at = Utc::now() - TimeDelta::minutes(25 * (EVENTS - seq) as i64);
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
