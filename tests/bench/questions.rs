//! Events taken into Postgres, and pages of lists over a large fleet: a thousand
//! clusters, 100,000 workloads, ten million findings, two million events. The
//! fleet is made in SQL; the primary and its database are real.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use chrono::{TimeDelta, Utc};
use palisade_api::federation::Event;
use palisade_tests::reporting::ReportingMember;
use palisade_tests::simulated;
use palisade_tests::{Primary, Rest, fleet};
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};

use crate::figures::{Figures, milliseconds, percentile};

/// Members that report, how many events each batch has, and for how long.
const MEMBERS: usize = 50;
const BATCH: u64 = 200;
const REPORTING: Duration = Duration::from_secs(20);
/// How often a page of each list is asked for, so that the slowest of a hundred is not
/// the slowest of all, and how many pages deep.
const PAGES: usize = 200;
const DEPTH: usize = 60;
/// Who counts rests twenty times as long as it counted, ten minutes at most, before it
/// counts again.
const COUNTED_WITHIN: Duration = Duration::from_mins(15);
/// Of callers whose role does not reach everything.
const LIMITED_PASSWORD: &str = "Correct-Horse-8-Battery";

/// The lists, each as it is asked for without a word and by any one filter or
/// order.
const LISTS: [(&str, &[(&str, &str)]); 9] = [
    (
        "events",
        &[
            ("", ""),
            ("cluster", "cluster=cluster-0500"),
            ("name", "name=Admission.Control.Denied"),
            ("category", "category=audit"),
            ("category_absent", "category=threat"),
            ("category_like", "f_category=in,udi"),
            ("level", "level=Critical"),
            ("level_absent", "level=Warning"),
            ("namespace", "namespace=namespace-7"),
            ("name_like_none", "f_name=in,nothing-of-the-kind"),
            ("category_other", "f_category=neq,audit"),
            ("namespace_like", "f_namespace=in,space-7"),
            ("namespace_other", "f_namespace=neq,namespace-7"),
            ("level_prefix", "f_level=prefix,Crit"),
            ("level_by_name", "level=Critical&sort=name&order=desc"),
            ("image", "image=service-77"),
            ("image_absent", "image=nothing-of-the-kind"),
            ("since", "since=2020-01-01T00:00:00Z"),
            ("far", "start=100000"),
            ("by_cluster", "sort=cluster"),
            ("by_name", "sort=name"),
            ("by_category", "sort=category"),
        ],
    ),
    (
        "denials",
        &[
            ("", ""),
            ("cluster", "cluster=cluster-0500"),
            ("namespace", "namespace=namespace-10"),
            ("level", "f_level=Critical"),
            ("image", "image=service-77"),
            ("by_cluster", "sort=cluster"),
            ("far", "start=30000"),
            ("namespace_far", "namespace=namespace-10&start=15000"),
            ("by_cluster_far", "sort=cluster&start=30000"),
        ],
    ),
    (
        "events/timeline",
        &[
            ("", ""),
            ("week", "since=WEEK"),
            ("month", "since=MONTH"),
            ("by_cluster", "since=MONTH&by=cluster"),
            ("cluster", "since=MONTH&cluster=cluster-0500"),
            ("name", "since=MONTH&name=Admission.Control.Denied"),
            ("namespace", "since=MONTH&namespace=namespace-7"),
            ("image", "since=MONTH&image=service-77"),
            ("image_week", "since=WEEK&image=service-7"),
            ("image_every", "since=MONTH&image=shop/"),
            ("image_other", "since=MONTH&f_image=neq,registry.example/shop/service-77:v1"),
            ("namespace_by_cluster", "since=MONTH&namespace=namespace-7&by=cluster"),
        ],
    ),
    ("denials/timeline", &[("", ""), ("month", "since=MONTH")]),
    (
        "workloads",
        &[
            ("", ""),
            ("cluster", "cluster=cluster-0500"),
            ("name", "name=service-77"),
            ("namespace", "namespace=namespace-7"),
            ("name_absent", "name=nothing-of-the-kind"),
            ("pod", "pod=pod-500-"),
            ("pod_absent", "pod=nothing-of-the-kind"),
            ("pod_other", "f_pod=notin,pod-500-"),
            ("image_prefix", "f_image=prefix,registry.example/shop/service-77:"),
            ("host", "host=node-3"),
            ("image", "image=service-77"),
            ("vulnerability", "vulnerability=CVE-2026-77"),
            ("vulnerability_absent", "vulnerability=CVE-2025-77"),
            ("vulnerability_like", "f_vulnerability=in,2026-77"),
            ("vulnerability_other", "f_vulnerability=neq,CVE-2026-77"),
            ("run_as_root", "run_as_root=true"),
            ("by_namespace", "sort=namespace"),
            ("by_image", "sort=image&order=desc"),
            ("by_start", "sort=started_at"),
        ],
    ),
    (
        "images",
        &[
            ("", ""),
            ("cluster", "cluster=cluster-0500"),
            ("namespace", "namespace=namespace-7"),
            ("name", "name=service-77"),
            ("vulnerability", "vulnerability=CVE-2026-77"),
            ("vulnerability_like", "f_vulnerability=in,2026-770"),
            ("vulnerability_like_many", "f_vulnerability=in,2026-199"),
            ("vulnerability_other", "f_vulnerability=neq,CVE-2026-77"),
            ("critical", "critical=20"),
            ("by_name", "sort=name"),
            ("by_clusters", "sort=clusters"),
        ],
    ),
    (
        "compliance",
        &[
            ("", ""),
            ("cluster", "cluster=cluster-0500"),
            ("namespace", "namespace=namespace-7"),
            ("test_number", "test_number=I.4.3"),
            ("level_absent", "level=INFO"),
            ("profile_like_none", "f_profile=in,nothing-of-the-kind"),
            ("test_number_like_none", "f_test_number=in,nothing-of-the-kind"),
            ("category_absent", "category=nothing-of-the-kind"),
            ("image", "image=service-77"),
            ("by_image", "sort=image"),
            ("by_workloads", "sort=workloads"),
            ("by_scan", "sort=scanned_at"),
        ],
    ),
    ("summary", &[("", "limit=500"), ("cluster", "limit=500&cluster=cluster-0500")]),
    (
        "vulnerabilities",
        &[
            ("", ""),
            ("cluster", "cluster=cluster-0500"),
            ("namespace", "namespace=namespace-7"),
            ("running", "running=true"),
            ("name", "name=CVE-2026-77"),
            ("name_every", "name=2026"),
            ("severity", "severity=Critical"),
            ("fixable", "fixable=true"),
            ("kev", "kev=true"),
            ("epss", "epss=0.5"),
            ("package", "package=package-77"),
            ("image", "image=service-77"),
            ("image_every", "image=shop/"),
            ("base_os", "base_os=debian"),
            ("published", "published_after=1700010000"),
            ("by_name", "sort=name"),
            ("by_score", "sort=score_v3"),
            ("by_epss", "sort=epss"),
            ("by_images", "sort=images"),
            ("namespace_by_images", "namespace=namespace-7&sort=images"),
            ("running_by_images", "running=true&sort=images"),
            ("base_os_by_images", "base_os=debian&sort=images"),
        ],
    ),
];

/// What those are asked for whose role does not reach everything.
const OF_LIMITED: [(&str, &[(&str, &str)]); 9] = [
    (
        "events",
        &[
            ("", ""),
            ("name", "name=Admission.Control.Denied"),
            ("category", "category=audit"),
            ("namespace_other", "f_namespace=neq,namespace-7"),
            ("by_cluster", "sort=cluster"),
        ],
    ),
    ("denials", &[("", ""), ("by_cluster", "sort=cluster")]),
    (
        "events/timeline",
        &[("", ""), ("month", "since=MONTH"), ("namespace", "since=MONTH&namespace=namespace-7")],
    ),
    ("denials/timeline", &[("month", "since=MONTH")]),
    ("workloads", &[("", ""), ("name", "name=service-77"), ("pod_absent", "pod=nothing-at-all")]),
    ("images", &[("", ""), ("by_clusters", "sort=clusters")]),
    ("compliance", &[("", ""), ("by_workloads", "sort=workloads"), ("by_scan", "sort=scanned_at")]),
    ("summary", &[("", "limit=500")]),
    ("vulnerabilities", &[("", ""), ("by_images", "sort=images")]),
];

/// Queries about vulnerabilities that clients open and page through, by their filter.
const QUERIES: [(&str, &str); 5] = [
    ("", "{}"),
    ("name", r#"{"quickFilter":"2026-77"}"#),
    ("severity", r#"{"severityType":"critical"}"#),
    ("fixable", r#"{"packageType":"withFix"}"#),
    ("image", r#"{"imageName":"service-77","matchTypeImage":"contains"}"#),
];
/// How often each is opened, and a page of it read.
const OPENED: usize = 20;

pub(crate) async fn measure(figures: &mut Figures) -> Result<()> {
    let primary = Primary::start().await?;
    fleet::promote(&primary).await?;
    intake(&primary, figures).await?;
    let mut store = PgConnection::connect(primary.database_url().context("no database")?).await?;
    sqlx::raw_sql(include_str!("questions.sql")).execute(&mut store).await?;
    // As after a while in service; it cannot be part of a transaction.
    sqlx::raw_sql("VACUUM ANALYZE").execute(&mut store).await?;
    counted(&mut store).await?;
    let admin = primary.admin().await?;
    lists(&admin, "", &LISTS, figures).await?;
    for (who, scope) in scopes() {
        let caller = limited(&primary, &admin, who, &scope).await?;
        lists(&caller, &format!("{who}_"), &OF_LIMITED, figures).await?;
    }
    for (filter, query) in QUERIES {
        queries(&admin, filter, &serde_json::from_str(query)?, figures).await?;
    }
    Ok(())
}

/// Who is limited, and to what: a few clusters, half of them, a namespace of all or of a
/// few, and a namespace that nothing is in.
fn scopes() -> [(&'static str, Value); 5] {
    let clusters = |most| (1..=most).map(|n| format!("cluster-{n:04}")).collect::<Vec<_>>();
    [
        ("few", json!({ "clusters": clusters(10) })),
        ("half", json!({ "clusters": clusters(500) })),
        ("namespace", json!({ "domains": ["namespace-7"] })),
        ("few_namespace", json!({ "clusters": clusters(10), "domains": ["namespace-7"] })),
        ("nowhere", json!({ "domains": ["nothing-*"] })),
    ]
}

/// A reader within a scope.
async fn limited(primary: &Primary, admin: &Rest, name: &str, scope: &Value) -> Result<Rest> {
    let user = json!({ "username": name, "fullname": name, "password": LIMITED_PASSWORD,
        "role": "fedReader", "access_scope": scope });
    admin.post("/v1/user", &json!({ "user": user })).await?.ok()?;
    let mut rest = primary.rest()?;
    rest.login(name, LIMITED_PASSWORD).await?;
    Ok(rest)
}

/// Pages of lists, each asked for in each way.
async fn lists(
    caller: &Rest,
    who: &str,
    lists: &[(&str, &[(&str, &str)])],
    figures: &mut Figures,
) -> Result<()> {
    let ago = |days| (Utc::now() - TimeDelta::days(days)).timestamp().to_string();
    for (list, questions) in lists {
        for (filter, query) in *questions {
            let query = query.replace("WEEK", &ago(7)).replace("MONTH", &ago(30));
            let list_name = list.replace('/', "_");
            let name = if filter.is_empty() { list_name } else { format!("{list_name}_{filter}") };
            let path = format!("/v1/fed/{list}?{query}");
            pages(caller, &format!("{who}{name}"), &path, figures).await?;
        }
    }
    Ok(())
}

/// Opens a query, reads a page of vulnerabilities, and the images that have most of them.
async fn queries(admin: &Rest, filter: &str, query: &Value, figures: &mut Figures) -> Result<()> {
    let (mut opened, mut read, mut images) = (Vec::new(), Vec::new(), Vec::new());
    for n in 0..OPENED {
        let begin = Instant::now();
        let answer = admin.post("/v1/vulasset", query).await?.ok()?;
        opened.push(begin.elapsed());
        let id = answer["query_id"].as_str().context("a query without an id")?;
        let page = format!("/v1/vulasset?token={id}&start={}&row=20", n * 20);
        let begin = Instant::now();
        let page = admin.get(&page).await?.ok()?;
        read.push(begin.elapsed());
        ensure!(page["vulnerabilities"].is_array(), "{filter}: no page");
        let begin = Instant::now();
        let assets = admin.post(&format!("/v1/assetvul?token={id}"), &json!({})).await?.ok()?;
        images.push(begin.elapsed());
        ensure!(assets["images"].is_array(), "{filter}: no images");
    }
    for (what, mut samples) in [("opened", opened), ("page", read), ("images", images)] {
        let name = if filter.is_empty() { what.to_owned() } else { format!("{what}_{filter}") };
        let p99 = milliseconds(percentile(&mut samples, 0.99));
        figures.add(format!("query_p99_ms_{name}"), p99, "ms");
    }
    Ok(())
}

/// Waits until what is found out on the side is known: which reports are on what runs,
/// which of them have each vulnerability, and which vulnerabilities each report has.
async fn counted(store: &mut PgConnection) -> Result<()> {
    let deadline = Instant::now() + COUNTED_WITHIN;
    loop {
        let counted: bool = sqlx::query_scalar(
            "SELECT NOT EXISTS (SELECT FROM vulnerability WHERE images = 0 OR seen_in = '{}')
                    AND NOT EXISTS (SELECT FROM report_vulnerability
                                    WHERE vulnerabilities IS NULL)",
        )
        .fetch_one(&mut *store)
        .await?;
        if counted {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "the images were not counted in time");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Events of many members at once, for a while.
async fn intake(primary: &Primary, figures: &mut Figures) -> Result<()> {
    let token = primary.token(&["--uses", &MEMBERS.to_string()]).await?;
    let mut members = Vec::new();
    for n in 0..MEMBERS {
        let identity = simulated::join(&token, &format!("reporter-{n}")).await?;
        members.push(ReportingMember::open(&identity).await?);
    }
    let begin = Instant::now();
    let reporting: Vec<_> =
        members.into_iter().map(|member| tokio::spawn(report(member, begin + REPORTING))).collect();
    let mut events = 0;
    for reporting in reporting {
        events += reporting.await??;
    }
    figures.add("events_per_second", events as f64 / begin.elapsed().as_secs_f64(), "events/s");
    Ok(())
}

async fn report(member: ReportingMember, until: Instant) -> Result<u64> {
    let mut seq = 0;
    while Instant::now() < until {
        let batch = (seq + 1..=seq + BATCH).map(event).collect();
        member.report(batch).await?;
        seq += BATCH;
    }
    Ok(seq)
}

fn event(seq: u64) -> Event {
    let detail = json!({ "name": "Container.Scan.Report", "level": "Info",
        "workload_domain": format!("namespace-{}", seq % 20), "workload_name": "orders-7d4b",
        "image": "registry.example/shop/orders:v1",
        "message": "a message of the length that messages usually have in such records" });
    Event {
        seq,
        at_ms: Utc::now().timestamp_millis(),
        name: "Container.Scan.Report".to_owned(),
        level: "Info".to_owned(),
        category: "audit".to_owned(),
        detail: detail.to_string().into(),
    }
}

/// Pages of one list, one after the other.
async fn pages(admin: &Rest, name: &str, path: &str, figures: &mut Figures) -> Result<()> {
    let mut samples = Vec::with_capacity(PAGES);
    let mut after = String::new();
    for n in 0..PAGES {
        if n % DEPTH == 0 {
            after.clear();
        }
        // Vulnerabilities have pages by number, the others by place.
        let from = if path.starts_with("/v1/fed/vulnerabilities") {
            format!("start={}", n % DEPTH * 20)
        } else {
            format!("after={after}")
        };
        let begin = Instant::now();
        let page = admin.get(&format!("{path}&{from}")).await?.ok()?;
        samples.push(begin.elapsed());
        ensure!(page.is_object(), "{path}: no page");
        page["next"].as_str().unwrap_or_default().clone_into(&mut after);
    }
    figures.add(format!("page_p99_ms_{name}"), milliseconds(percentile(&mut samples, 0.99)), "ms");
    Ok(())
}
