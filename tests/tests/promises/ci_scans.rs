//! Scans that CI asks for, as NeuVector's plugins do: log in, repeat the
//! request until it answers, log out.

use anyhow::{Context, Result, bail, ensure};
use palisade_tests::hostile::HostileRegistry;
use palisade_tests::image::{Image, ImageBuilder, debian_layer};
use palisade_tests::rest::Answer;
use palisade_tests::{Fleet, Primary, Registry, Rest, decision, vulndb, wait};
use serde_json::{Value, json};
use tempfile::TempDir;

const SCAN: &str = "/v1/scan/repository";
const SUBMIT: &str = "/v1/scan/result/repository";

/// A primary that knows the coffee shop's advisories, and one that may ask for
/// scans and nothing else.
async fn primary() -> Result<(Primary, Rest, TempDir)> {
    let dir = tempfile::tempdir()?;
    let database = dir.path().join("vulndb");
    vulndb::build(&database).await?;
    let primary = Primary::builder().arg("--vulndb").arg(&database).start().await?;
    let admin = primary.admin().await?;
    let user = json!({ "username": "ci", "password": "coffee-beans", "role": "ciops" });
    admin.post("/v1/user", &json!({ "user": user })).await?.ok()?;
    let mut ci = primary.rest()?;
    ci.login("ci", "coffee-beans").await?;
    Ok((primary, ci, dir))
}

fn request(registry: &str, repository: &str, tag: &str) -> Value {
    json!({ "request": {
        "metadata": { "source": "Jenkins", "user": "mary", "job": "orders", "workspace": "/ws",
                      "function": "", "region": "" },
        "registry": registry, "username": "", "password": "",
        "repository": repository, "tag": tag, "scan_layers": true, "base_image": "" } })
}

/// Sends the request until it is answered, as plugins do.
async fn answered(ci: &Rest, body: &Value) -> Result<Answer> {
    for _ in 0..10 {
        let answer = ci.post(SCAN, body).await?;
        if answer.status != 304 {
            return Ok(answer);
        }
        ensure!(answer.text.is_empty(), "304 with a body: {}", answer.text);
    }
    bail!("the scan does not end")
}

fn names(report: &Value, of: impl Fn(&Value) -> bool) -> Vec<&str> {
    let found = report["vulnerabilities"].as_array().into_iter().flatten();
    found.filter(|one| of(one)).filter_map(|one| one["name"].as_str()).collect()
}

/// A base with openssl, and the shop's image on it with curl.
fn images() -> Result<(Image, Image)> {
    let openssl = ("libssl3", "3.0.9-1", "openssl");
    let base = || debian_layer(&[openssl])?.layer();
    let upper = debian_layer(&[openssl, ("libcurl4", "7.88.1-10", "curl")])?.layer()?;
    Ok((
        ImageBuilder::new().layer(base()?).build()?,
        ImageBuilder::new().layer(base()?).layer(upper).build()?,
    ))
}

#[tokio::test]
async fn a_pipeline_scans_its_image_and_admission_control_knows_it() -> Result<()> {
    let registry = Registry::start().await?;
    let (base, image) = images()?;
    base.push(&registry.url(), "shop/base", "v1").await?;
    image.push(&registry.url(), "shop/orders", "v1").await?;
    let (primary, ci, _dir) = primary().await?;
    let fleet = Fleet::of(primary, &["staging"]).await?;

    let mut body = request(&registry.url(), "shop/orders", "v1");
    body["request"]["base_image"] = "shop/base:v1".into();
    let report = answered(&ci, &body).await?.ok()?["report"].take();
    assert_eq!(report["registry"], format!("{}/", registry.url()));
    assert_eq!((&report["repository"], &report["tag"]), (&json!("shop/orders"), &json!("v1")));
    assert_eq!(report["base_os"], "debian:12");
    assert_eq!(names(&report, |one| one["in_base_image"] == true), ["CVE-2023-5363"]);
    let own = names(&report, |one| one["in_base_image"].is_null());
    assert!(own.contains(&"CVE-2023-38545"), "{own:?}");
    let layers = report["layers"].as_array().context("no layers")?;
    assert!(layers.iter().any(|layer| layer["vulnerabilities"][0]["name"] == "CVE-2023-5363"));

    // The name is known to the clusters, whichever registry of ours lists it.
    let name = format!("{}/shop/orders:v1", registry.address());
    decision::deny_vulnerability(&fleet, "staging", "CVE-2023-38545").await?;
    decision::wait_for(&fleet, "staging", &name, false).await?;

    // A report is given out once; without layers it has none.
    body["request"]["scan_layers"] = false.into();
    let report = answered(&ci, &body).await?.ok()?["report"].take();
    assert_eq!(report["layers"], json!([]));
    ci.delete("/v1/auth").await?.ok()?;
    ci.post(SCAN, &body).await?.expect(401, 3)
}

#[tokio::test]
async fn the_same_request_is_one_scan_and_its_report_is_given_out_once() -> Result<()> {
    let registry = Registry::start().await?;
    images()?.1.push(&registry.url(), "shop/orders", "v1").await?;
    let (primary, ci, _dir) = primary().await?;
    let body = request(&registry.url(), "shop/orders", "v1");
    let (first, second) = tokio::join!(ci.post(SCAN, &body), ci.post(SCAN, &body));
    let (first, second) = (first?, second?);
    // Who comes second finds nothing, or the next scan.
    let given = [&first, &second].iter().filter(|answer| answer.status == 200).count();
    ensure!(given >= 1, "{first:?} {second:?}");
    for answer in [first, second] {
        if answer.status != 200 {
            answer.expect(500, 54)?;
        }
    }
    // What one session asked for, another does not get.
    let mut other = primary.rest()?;
    other.login("ci", "coffee-beans").await?;
    answered(&other, &body).await?.ok()?;
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_scanned_says_why() -> Result<()> {
    let registry = Registry::start().await?;
    images()?.1.push(&registry.url(), "shop/orders", "v1").await?;
    let (_primary, ci, _dir) = primary().await?;
    let url = registry.url();
    for body in [
        json!({}),
        json!({ "request": null }),
        request("", "shop/orders", "v1"),
        request("ftp://registry", "shop/orders", "v1"),
        request(&url, "", "v1"),
        request(&url, "shop/../orders", "v1"),
        request(&url, "shop/orders", "v1'; DROP TABLE job; --"),
    ] {
        ci.post(SCAN, &body).await?.expect(400, 6).with_context(|| body.to_string())?;
    }
    let missing = answered(&ci, &request(&url, "shop/orders", "v2")).await?;
    missing.expect(500, 26)?;
    ensure!(missing.text.contains("Image not found"), "{}", missing.text);
    let locked = HostileRegistry::start().await?;
    locked.want_credentials();
    let refused = answered(&ci, &request(&locked.url(), "shop/orders", "v1")).await?;
    refused.expect(500, 26)?;
    ensure!(refused.text.contains("authentication error"), "{}", refused.text);
    let mut body = request(&url, "shop/orders", "v1");
    body["request"]["base_image"] = "shop/no-base:v1".into();
    answered(&ci, &body).await?.expect(500, 26)
}

#[tokio::test]
async fn the_result_of_a_stand_alone_scanner_decides() -> Result<()> {
    let (primary, ci, _dir) = primary().await?;
    let fleet = Fleet::of(primary, &["staging"]).await?;
    let hex = "ab".repeat(32);
    let result = json!({ "result": {
        "Version": "3.401", "CVEDBCreateTime": "2024-01-01T00:00:00Z", "Namespace": "alpine:3.18",
        "Registry": "https://registry.example/", "Repository": "shop/till", "Tag": "v1",
        "Digest": format!("sha256:{hex}"), "ImageID": format!("sha256:{hex}"),
        "Labels": null, "Layers": null, "Secrets": { "Error": 0 }, "Provider": 1,
        "Modules": [{ "Name": "zlib", "Version": "1.2.13", "Source": "alpine:3.18" }],
        "Vuls": [{ "Name": "CVE-2022-37434", "Severity": "Critical", "ScoreV3": 9.8,
            "PackageName": "zlib", "PackageVersion": "1.2.11", "FixedVersion": "1.2.12",
            "PublishedDate": "1659657600", "DBKey": "alpine:CVE-2022-37434" }] } });
    for key in ["ImageID", "Digest", "Repository", "Tag"] {
        let mut incomplete = result.clone();
        incomplete["result"][key] = "".into();
        ci.post(SUBMIT, &incomplete).await?.expect(400, 6).context(key)?;
    }
    ci.post(SUBMIT, &json!({})).await?.expect(400, 6)?;
    ci.post(SUBMIT, &result).await?.ok()?;
    // Lists give its registry this name, and clients ask by it.
    let listed = fleet.admin.get("/v1/scan/registry/_repo_scan/images?f_tag=v1").await?.ok()?;
    assert_eq!(listed["images"][0]["repository"], "shop/till", "{listed}");
    assert_eq!(listed["images"][0]["status"], "finished", "{listed}");
    assert_eq!(listed["images"][0]["critical"], 1, "{listed}");
    // It has no settings and no state, and so no summary.
    fleet.admin.get("/v1/scan/registry/_repo_scan").await?.expect(404, 7)?;
    let id = result["result"]["ImageID"].as_str().context("no id")?;
    let path = format!("/v1/scan/registry/_repo_scan/image/{id}");
    let found = fleet.admin.get(&path).await?.ok()?;
    ensure!(names(&found["report"], |_| true).contains(&"CVE-2022-37434"), "{found}");
    let of_all = format!("/v1/scan/registry/_all_registry/image/{id}");
    assert_eq!(fleet.admin.get(&of_all).await?.ok()?, found);
    let bill = fleet.admin.get(&format!("{path}/sbom")).await?.ok()?;
    assert_eq!(bill["bomFormat"], "CycloneDX");
    decision::deny_vulnerability(&fleet, "staging", "CVE-2022-37434").await?;
    decision::wait_for(&fleet, "staging", "registry.example/shop/till:v1", false).await?;
    let entry = json!({ "config": { "name": "CVE-2022-*", "images": ["shop/till:v1"] } });
    fleet.admin.post("/v1/vulnerability/profile/default/entry", &entry).await?.ok()?;
    decision::wait_for(&fleet, "staging", "registry.example/shop/till:v1", true).await
}

#[tokio::test]
async fn scans_that_were_asked_for_survive_a_restart() -> Result<()> {
    let registry = Registry::start().await?;
    images()?.1.push(&registry.url(), "shop/orders", "v1").await?;
    let (mut primary, ci, _dir) = primary().await?;
    let body = request(&registry.url(), "shop/orders", "v1");
    // Nobody waits for the answer; the primary is killed meanwhile.
    let asked = tokio::time::timeout(std::time::Duration::from_millis(50), ci.post(SCAN, &body));
    drop(asked.await);
    primary.kill().await?;
    primary.restart().await?;
    let token = ci.token().context("no token")?.to_owned();
    let again = primary.rest()?.with_token(Some(&token));
    // What the killed process had begun is taken again when its lease ends.
    let patience = std::time::Duration::from_mins(2);
    wait::until_within("the scan is answered", patience, || async {
        let answer = again.post(SCAN, &body).await?;
        ensure!(answer.status == 200 || answer.status == 304, "{answer:?}");
        Ok(wait::when(answer.status == 200))
    })
    .await
}
