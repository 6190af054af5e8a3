//! Lists that grow with the fleet, or with what people write, are filtered, sorted
//! and paged by the primary.

use anyhow::{Context, Result};
use palisade_tests::{Primary, Rest, fleet, simulated};
use serde_json::{Value, json};

const STORES: [(&str, &str); 5] = [
    ("store-1", "prod"),
    ("store-2", "test"),
    ("store-3", "prod"),
    ("kiosk-1", "prod"),
    ("kiosk-2", "test"),
];

/// A field of all rows that a list has, in its order.
async fn fields(rest: &Rest, path: &str, rows: &str, field: &str) -> Result<Vec<String>> {
    let answer = rest.get(path).await?.ok()?;
    let listed = answer.pointer(rows).and_then(Value::as_array);
    let text = |row: &Value| row[field].as_str().unwrap_or_default().to_owned();
    Ok(listed.with_context(|| format!("{path}: no {rows}: {answer}"))?.iter().map(text).collect())
}

#[tokio::test]
async fn times_are_filtered_by_the_seconds_that_are_shown() -> Result<()> {
    let primary = Primary::start().await?;
    fleet::promote(&primary).await?;
    let admin = primary.admin().await?;
    let path = "/v1/fed/events";
    let all = fields(&admin, path, "/events", "reported_at").await?;
    let at = all.first().context("no event")?;
    let then = format!("{path}?f_reported_at={at}");
    let then = fields(&admin, &then, "/events", "reported_at").await?;
    assert!(then.contains(at) && then.iter().all(|one| one == at), "{at}: {then:?}");
    let otherwise = format!("{path}?f_reported_at=neq,{at}");
    let otherwise = fields(&admin, &otherwise, "/events", "reported_at").await?;
    assert!(!otherwise.contains(at), "{at}: {otherwise:?}");
    Ok(())
}

#[tokio::test]
async fn members_are_paged() -> Result<()> {
    let primary = Primary::start().await?;
    fleet::promote(&primary).await?;
    let admin = primary.admin().await?;
    let token = primary.token(&["--uses", "5"]).await?;
    let mut last = String::new();
    for (name, env) in STORES {
        let identity = simulated::join_labelled(&token, name, &[("env", env)]).await?;
        last = identity.membership().cluster_id.to_string();
    }
    for (query, expected) in [
        ("", &["kiosk-1", "kiosk-2", "store-1", "store-2", "store-3"][..]),
        ("?start=1&limit=2", &["kiosk-2", "store-1"]),
        ("?s_name=desc&limit=2", &["store-3", "store-2"]),
        ("?f_name=in,store&start=2&limit=2", &["store-3"]),
        ("?f_status=synced", &[]),
        ("?f_status=joined&f_name=prefix,kiosk", &["kiosk-1", "kiosk-2"]),
        ("?cluster_selector=env%3Dprod&s_name=desc", &["store-3", "store-1", "kiosk-1"]),
        (&format!("?cluster={last}"), &["kiosk-2"]),
        ("?cluster=00000000000000000000000000000000", &[]),
        ("?former=true&f_status=in,left|kicked", &[]),
        ("?find=STORE&limit=2", &["store-1", "store-2"]),
        ("?concerning=true&find=kiosk", &["kiosk-1", "kiosk-2"]),
        ("?find=env%3Dprod", &[]),
    ] {
        let path = format!("/v1/fed/member{query}");
        assert_eq!(fields(&admin, &path, "/joint_clusters", "name").await?, expected, "{path}");
    }
    // Numbers are of all that were asked for, not of a page.
    for (query, joined) in [("?limit=1", 5), ("?cluster_selector=env%3Dprod&limit=1", 3)] {
        let answer = admin.get(&format!("/v1/fed/member{query}")).await?.ok()?;
        assert_eq!(answer["summary"]["statuses"], json!({ "joined": joined }), "{answer}");
        let newest = admin.get("/v1/fed/history?limit=1").await?.ok()?;
        let newest = &newest["revisions"][0]["revision"];
        assert_eq!(&answer["summary"]["revision"], newest, "{answer}");
    }
    // Labels are counted of all of them, whatever is found; of two, the one that more have.
    for (query, labels) in [
        ("limit=1", Value::Null),
        ("limit=1&labels=9", json!({ "env=prod": 3, "env=test": 2 })),
        ("limit=1&labels=1", json!({ "env=prod": 3 })),
        ("limit=1&labels=9&find=TEST", json!({ "env=test": 2 })),
        ("labels=9&cluster_selector=env%3Dprod", json!({ "env=prod": 3 })),
        ("labels=many", Value::Null),
    ] {
        let answer = admin.get(&format!("/v1/fed/member?{query}")).await?.ok()?;
        assert_eq!(answer["summary"]["labels"], labels, "{query}: {answer}");
    }
    admin.get("/v1/fed/member?cluster=nobody").await?.expect(400, 7)?;
    admin.get("/v1/fed/member?cluster_selector=env%20in").await?.expect(400, 6)?;
    Ok(())
}

#[tokio::test]
async fn what_people_write_is_paged() -> Result<()> {
    let primary = Primary::start().await?;
    fleet::promote(&primary).await?;
    let admin = primary.admin().await?;
    let profile = "/v1/vulnerability/profile/default";
    for number in 1..=4 {
        let entry =
            json!({ "config": { "name": format!("CVE-2000-{number}"), "comment": "known" } });
        admin.post(&format!("{profile}/entry"), &entry).await?.ok()?;
        let document = json!({ "@context": "https://openvex.dev/ns/v0.2.0",
            "@id": format!("urn:vex:{number}"), "author": "The shop", "statements": [
                { "vulnerability": { "name": format!("CVE-2000-{number}") }, "status": "fixed",
                  "products": [{ "@id": "shop/none" }] }] });
        admin.post("/v1/fed/vex", &document).await?.ok()?;
    }
    for (query, expected) in [
        ("", &["4", "3", "2", "1"][..]),
        ("?start=1&limit=2", &["3", "2"]),
        ("?s_document=asc&limit=1", &["1"]),
        ("?f_document=in,vex:3", &["3"]),
    ] {
        let path = format!("/v1/fed/vex{query}");
        let expected: Vec<_> = expected.iter().map(|one| format!("urn:vex:{one}")).collect();
        assert_eq!(fields(&admin, &path, "/documents", "document").await?, expected, "{path}");
    }
    for (query, expected) in [
        ("?s_name=desc", &["4", "3", "2", "1"][..]),
        ("?s_name=asc&start=1&limit=2", &["2", "3"]),
        ("?f_name=in,2000-4", &["4"]),
        ("?f_comment=in,unknown", &[]),
    ] {
        let path = format!("{profile}{query}");
        let expected: Vec<_> = expected.iter().map(|one| format!("CVE-2000-{one}")).collect();
        assert_eq!(fields(&admin, &path, "/profile/entries", "name").await?, expected, "{path}");
    }
    Ok(())
}
