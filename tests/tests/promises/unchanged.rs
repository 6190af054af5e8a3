//! What has not changed is not sent again.

use anyhow::{Context, Result, ensure};
use palisade_tests::{Agent, Fleet};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() -> Result<()> {
    let fleet = Fleet::start(&["staging"]).await?;
    fleet.wait_for_status("staging", "synced").await?;
    let member = fleet.member("staging").await?.context("no member")?;
    let id = member["id"].as_str().context("no id")?;
    let through = format!("/v1/fed/cluster/{id}/v1/group");
    let rest = &fleet.admin;
    let cluster = Agent::without_token("alone").start().await?;
    let there = cluster.admin().await?;
    for (rest, path) in [
        (rest, "/v1/group"),
        (rest, "/openapi.json"),
        (rest, "/v1/user?f_username=admin"),
        (rest, through.as_str()),
        (rest, "/v1/fed/rollout_policy"),
        (&there, "/v1/group"),
        (&there, "/v1/admission/options"),
        (&there, "/v1/workload"),
    ] {
        let first = rest.get(path).await?;
        let tag = first.headers["etag"].to_str()?.to_owned();
        assert_eq!(first.headers["x-content-type-options"], "nosniff");
        let again = rest.with_header("If-None-Match", &format!("\"other\", {tag}"))?;
        let answer = again.get(path).await?;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (304, ""), "{path}");
        assert_eq!(answer.headers["etag"], tag.as_str());
        // Who asks for the head alone learns the same of it.
        let head = rest.send(Method::HEAD, path, None).await?;
        assert_eq!((head.status.as_u16(), head.text.as_str()), (200, ""), "{path}");
        assert_eq!(head.headers["etag"], tag.as_str(), "{path}");
        let head = again.send(Method::HEAD, path, None).await?;
        assert_eq!(head.status.as_u16(), 304, "{path}");
        let other = rest.with_header("If-None-Match", "\"other\"")?.get(path).await?;
        assert_eq!((other.status.as_u16(), &other.text), (200, &first.text), "{path}");
    }
    let tag = rest.get("/v1/group").await?.headers["etag"].to_str()?.to_owned();
    let group = json!({ "config": { "name": "fed.orders", "cfg_type": "federal",
        "criteria": [{ "key": "service", "op": "=", "value": "orders" }] } });
    rest.post("/v1/group", &group).await?.ok()?;
    let changed = rest.with_header("If-None-Match", &tag)?.get("/v1/group").await?;
    ensure!(changed.status == 200 && changed.text.contains("fed.orders"), "{changed:?}");
    // Nobody learns without a session whether a list is still the same.
    let stranger = fleet.primary.rest()?.with_header("If-None-Match", "*")?;
    stranger.get("/v1/group").await?.expect(401, 3)
}
