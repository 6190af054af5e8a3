//! The primary as Harbor's scanner, called as Harbor calls it and held against
//! the schema of its interface.

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use palisade_tests::image::{ImageBuilder, debian_layer};
use palisade_tests::rest::Answer;
use palisade_tests::{Primary, Registry, Rest, vulndb, wait};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

const BASE: &str = "/endpoint/api/v1";
const REQUEST: &str = "application/vnd.scanner.adapter.scan.request+json; version=1.0";
const GENERIC: &str = "application/vnd.security.vulnerability.report; version=1.1";
const NATIVE: &str = "application/vnd.scanner.adapter.vuln.report.harbor+json; version=1.0";
const SBOM: &str = "application/vnd.security.sbom.report+json; version=1.0";
const DOCKER: &str = "application/vnd.docker.distribution.manifest.v2+json";

/// A primary, and Harbor's way to it.
struct Harbor {
    primary: Primary,
    rest: Rest,
    basic: String,
    _dir: TempDir,
}

impl Harbor {
    async fn start() -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let database = dir.path().join("vulndb");
        vulndb::build(&database).await?;
        let primary = Primary::builder().arg("--vulndb").arg(&database).start().await?;
        let admin = primary.admin().await?;
        let user = json!({ "username": "harbor", "password": "coffee-beans", "role": "ciops" });
        admin.post("/v1/user", &json!({ "user": user })).await?.ok()?;
        let basic = base64::engine::general_purpose::STANDARD.encode("harbor:coffee-beans");
        let rest = primary.rest()?;
        Ok(Self { primary, rest, basic: format!("Basic {basic}"), _dir: dir })
    }

    async fn get(&self, path: &str, accept: &str) -> Result<Answer> {
        let headers = [("Authorization", self.basic.as_str()), ("Accept", accept)];
        self.rest.send_with(Method::GET, &format!("{BASE}{path}"), &headers, None).await
    }

    async fn scan(&self, body: &Value) -> Result<Answer> {
        let headers = [("Authorization", self.basic.as_str()), ("Content-Type", REQUEST)];
        let body = Some(body.to_string());
        self.rest.send_with(Method::POST, &format!("{BASE}/scan"), &headers, body).await
    }

    /// Asks for the report until it is there.
    async fn report(&self, id: &str, query: &str, accept: &str) -> Result<Answer> {
        wait::until("Harbor gets its report", || async {
            let answer = self.get(&format!("/scan/{id}/report{query}"), accept).await?;
            if answer.status == 302 {
                let pause = answer.headers.get("refresh-after").context("no Refresh-After")?;
                ensure!(pause.to_str()?.parse::<u8>().is_ok(), "{pause:?}");
                return Ok(None);
            }
            Ok(Some(answer))
        })
        .await
    }
}

fn request(url: &str, digest: &str) -> Value {
    json!({
        "registry": { "url": url, "authorization": "", "insecure": true },
        "artifact": { "repository": "shop/orders", "tag": "v1", "digest": digest,
                      "mime_type": DOCKER, "size": 100 },
        "enabled_capabilities": null
    })
}

/// What Harbor demands of the metadata before it registers a scanner.
fn check_metadata(metadata: &Value) -> Result<()> {
    for key in ["name", "vendor", "version"] {
        ensure!(metadata["scanner"][key].as_str().is_some_and(|text| !text.is_empty()), "{key}");
    }
    for capability in metadata["capabilities"].as_array().context("no capabilities")? {
        let consumes = capability["consumes_mime_types"].as_array().context("consumes nothing")?;
        ensure!(consumes.contains(&json!(DOCKER)), "{capability}");
        let produces = capability["produces_mime_types"].as_array().context("produces nothing")?;
        ensure!(
            produces
                .iter()
                .any(|kind| [GENERIC, NATIVE, SBOM].contains(&kind.as_str().unwrap_or_default()))
        );
    }
    let properties = metadata["properties"].as_object().context("no properties")?;
    ensure!(properties.values().all(Value::is_string), "{properties:?}");
    Ok(())
}

/// The schema of a vulnerability report.
fn check_report(report: &Value) -> Result<()> {
    const SEVERITIES: [&str; 6] = ["Unknown", "Negligible", "Low", "Medium", "High", "Critical"];
    let severity = |value: &Value| SEVERITIES.contains(&value.as_str().unwrap_or_default());
    let time = report["generated_at"].as_str().context("no generated_at")?;
    chrono::DateTime::parse_from_rfc3339(time)?;
    ensure!(severity(&report["severity"]), "{}", report["severity"]);
    ensure!(report["artifact"]["digest"].is_string() && report["scanner"]["name"].is_string());
    for one in report["vulnerabilities"].as_array().context("no vulnerabilities")? {
        for key in ["id", "package", "version", "fix_version", "description"] {
            ensure!(one[key].is_string(), "{key}: {one}");
        }
        ensure!(severity(&one["severity"]), "{one}");
        for link in one["links"].as_array().context("no links")? {
            reqwest::Url::parse(link.as_str().unwrap_or_default())?;
        }
        for key in ["score_v2", "score_v3"] {
            let score = &one["preferred_cvss"][key];
            ensure!(score.is_null() || score.as_f64().is_some_and(|score| score <= 10.0), "{one}");
        }
        ensure!(one["cwe_ids"].is_array(), "{one}");
    }
    Ok(())
}

#[tokio::test]
async fn harbor_registers_the_scanner_scans_and_gets_its_reports() -> Result<()> {
    let registry = Registry::start().await?;
    let layer = debian_layer(&[("libcurl4", "7.88.1-10", "curl")])?.layer()?;
    let image = ImageBuilder::new().layer(layer).build()?;
    let digest = image.push(&registry.url(), "shop/orders", "v1").await?;
    let harbor = Harbor::start().await?;
    let accept = "application/vnd.scanner.adapter.metadata+json; version=1.0";
    let metadata = harbor.get("/metadata", accept).await?;
    let kind = metadata.headers["content-type"].to_str()?.to_owned();
    ensure!(kind.starts_with("application/vnd.scanner.adapter.metadata+json"), "{kind}");
    check_metadata(&metadata.ok()?)?;

    let accepted = harbor.scan(&request(&registry.url(), &digest)).await?;
    assert_eq!(accepted.status, 202, "{accepted:?}");
    let id: Value = serde_json::from_str(&accepted.text)?;
    let id = id["id"].as_str().context("no id")?;
    for accept in [GENERIC, NATIVE] {
        let answer = harbor.report(id, "", accept).await?;
        assert_eq!(answer.headers["content-type"], accept);
        let report = answer.ok()?;
        check_report(&report)?;
        assert_eq!(report["artifact"]["digest"], digest);
        let found = report["vulnerabilities"].as_array().context("none")?;
        assert!(found.iter().any(|one| one["id"] == "CVE-2023-38545"), "{report}");
    }
    for (kind, key, value) in [
        ("application/spdx%2Bjson", "spdxVersion", "SPDX-2.3"),
        ("application/vnd.cyclonedx%2Bjson", "bomFormat", "CycloneDX"),
    ] {
        let query = format!("?sbom_media_type={kind}");
        let report = harbor.report(id, &query, SBOM).await?.ok()?;
        assert_eq!(report["sbom"][key], value);
        assert_eq!(report["media_type"], kind.replace("%2B", "+"));
    }
    assert_eq!(harbor.get(&format!("/scan/{id}/report"), SBOM).await?.status, 400);
    let raw = "application/vnd.scanner.adapter.vuln.report.raw";
    assert_eq!(harbor.get(&format!("/scan/{id}/report"), raw).await?.status, 501);
    // All this was one login.
    let admin = harbor.primary.admin().await?;
    let listed = admin.get("/v1/log/event?f_name=User.Login&f_user=harbor").await?.ok()?;
    assert_eq!(listed["events"].as_array().map(Vec::len), Some(1), "{listed}");
    Ok(())
}

#[tokio::test]
async fn what_harbor_cannot_have_is_an_error_of_its_form() -> Result<()> {
    let registry = Registry::start().await?;
    let harbor = Harbor::start().await?;
    let digest = format!("sha256:{}", "ab".repeat(32));
    let url = registry.url();
    let mut other = request(&url, &digest);
    other["artifact"]["mime_type"] = "application/vnd.cncf.helm.config.v1+json".into();
    let mut bearer = request(&url, &digest);
    bearer["registry"]["authorization"] = "Bearer abc".into();
    for (body, status) in [
        (json!("nonsense"), 400),
        (json!({}), 400),
        (request("", &digest), 422),
        (request(&url, "latest"), 422),
        (bearer, 422),
        (other, 501),
    ] {
        let answer = harbor.scan(&body).await?;
        assert_eq!(answer.status, status, "{body}: {answer:?}");
        let error: Value = serde_json::from_str(&answer.text)?;
        ensure!(error["error"]["message"].is_string(), "{answer:?}");
    }
    let gone = format!("/scan/{}/report", "0".repeat(32));
    for path in ["/scan/nonsense/report", gone.as_str()] {
        assert_eq!(harbor.get(path, GENERIC).await?.status, 404);
    }
    // Refused before the adapter sees it.
    let answer = harbor.get(&format!("{gone}?a=%00"), GENERIC).await?;
    assert_eq!(answer.status, 400);
    let error: Value = serde_json::from_str(&answer.text)?;
    ensure!(error["error"]["message"].is_string(), "{answer:?}");
    // What is not there fails when it is read.
    let accepted = harbor.scan(&request(&url, &digest)).await?;
    let id: Value = serde_json::from_str(&accepted.text)?;
    let failed = harbor.report(id["id"].as_str().context("no id")?, "", GENERIC).await?;
    assert_eq!(failed.status, 500);
    ensure!(failed.text.contains("Image not found"), "{failed:?}");
    let stranger = [("Authorization", "Basic aGFyYm9yOndyb25n")];
    let path = format!("{BASE}/metadata");
    let answer = harbor.rest.send_with(Method::GET, &path, &stranger, None).await?;
    assert_eq!(answer.status, 401);
    let error: Value = serde_json::from_str(&answer.text)?;
    ensure!(error["error"]["message"].is_string(), "{answer:?}");
    Ok(())
}
