//! Each call that clients know is served, or answered with 501 and a reason.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use palisade_api::rest::unserved;
use palisade_tests::reference::{Endpoint, Reference};
use palisade_tests::{Agent, Fleet};
use reqwest::{Method, StatusCode};

/// Codes of an unknown path and of an unknown method.
const NO_SUCH_CALL: [u64; 2] = [1, 2];

#[tokio::test]
async fn each_call_is_served_or_says_why_not() -> Result<()> {
    let Some(reference) = Reference::read()? else { return Ok(()) };
    let fleet = Fleet::start(&[]).await?;
    let _home = Agent::join("home", &fleet.primary.token(&["--home"]).await?).await?;
    fleet.wait_for_status("home", "synced").await?;
    let mut areas = BTreeMap::<&str, [usize; 3]>::new();
    let (mut missing, mut wrong) = (Vec::new(), Vec::new());
    for endpoint in &reference.endpoints {
        if !is_harmless(endpoint) {
            continue;
        }
        let path = filled(&endpoint.path);
        let method: Method = endpoint.method.parse()?;
        let body = (method != Method::GET).then(|| "null".to_owned());
        let answer = fleet.admin.send(method, &path, body).await?;
        let listed = unserved::reason(&endpoint.method, &path).is_some();
        let refused = answer.status == StatusCode::NOT_IMPLEMENTED;
        let call = format!("{} {path}: {} {}", endpoint.method, answer.status, answer.text);
        let [served, told, nowhere] = areas.entry(&endpoint.area).or_default();
        if listed != refused {
            wrong.push(call);
        } else if refused {
            *told += 1;
        } else if answer.code().is_some_and(|code| NO_SUCH_CALL.contains(&code)) {
            *nowhere += 1;
            missing.push(call);
        } else {
            *served += 1;
        }
    }
    for (area, [served, told, nowhere]) in &areas {
        println!("{area}: {served} served, {told} answered with 501, {nowhere} missing");
    }
    ensure!(wrong.is_empty(), "listed and not 501, or not listed and 501:\n{}", wrong.join("\n"));
    ensure!(missing.is_empty(), "{} are missing:\n{}", missing.len(), missing.join("\n"));
    for (method, path) in unserved::UNSERVED.iter().flat_map(|unserved| unserved.calls) {
        let known = reference
            .endpoints
            .iter()
            .any(|known| known.method == *method && filled(&known.path) == filled(path));
        ensure!(known, "{method} {path} is listed, and no client knows it");
    }
    Ok(())
}

/// A cluster knows the same calls: what it does not answer for itself it says to be
/// the primary's.
#[tokio::test]
async fn a_cluster_serves_each_call_or_says_whose_it_is() -> Result<()> {
    let Some(reference) = Reference::read()? else { return Ok(()) };
    let fleet = Fleet::start(&["production"]).await?;
    let rest = fleet.agent("production")?.admin().await?;
    let mut wrong = Vec::new();
    for endpoint in reference.endpoints.iter().filter(|endpoint| is_harmless(endpoint)) {
        let path = filled(&endpoint.path);
        let method: Method = endpoint.method.parse()?;
        let body = (method != Method::GET).then(|| "null".to_owned());
        let answer = rest.send(method, &path, body).await?;
        let listed = unserved::reason_in_cluster(&endpoint.method, &path).is_some();
        let refused = answer.status == StatusCode::NOT_IMPLEMENTED;
        let nowhere = answer.code().is_some_and(|code| NO_SUCH_CALL.contains(&code));
        if listed != refused || nowhere {
            wrong.push(format!("{} {path}: {} {}", endpoint.method, answer.status, answer.text));
        }
    }
    ensure!(wrong.is_empty(), "unknown, or listed and not 501, or 501 and not listed: {wrong:#?}");
    let member = fleet.member("production").await?.context("no member")?;
    let id = member["id"].as_str().context("no id")?;
    let caller = fleet.admin.get(&format!("/v1/fed/cluster/{id}/v1/selfuser")).await?.ok()?;
    ensure!(caller["user"]["role"] == "admin", "{caller}");
    Ok(())
}

/// The path of something that does not exist; of a call that is forwarded, one
/// of a cluster that does not.
fn filled(path: &str) -> String {
    if path.starts_with("/v1/fed/cluster/{id}/") {
        return "/v1/fed/cluster/0/v1/group".to_owned();
    }
    let segments =
        path.split('/').map(|segment| if segment.starts_with('{') { "0" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

/// Whether the calls that follow can still be made.
fn is_harmless(endpoint: &Endpoint) -> bool {
    let ends = [("DELETE", "/v1/auth"), ("POST", "/v1/fed/demote"), ("POST", "/v1/fed/leave")];
    !ends.contains(&(endpoint.method.as_str(), endpoint.path.as_str()))
}
