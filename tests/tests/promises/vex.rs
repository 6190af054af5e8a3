//! VEX documents: what does no harm counts nowhere, is told as such, and comes
//! back when the document goes or says something else.

use anyhow::{Context, Result, ensure};
use palisade_tests::shop::Shop;
use palisade_tests::{Primary, Rest, decision, wait};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Connection as _;

const VEX: &str = "/v1/fed/vex";
/// Of curl, in every version of the image.
const CVE: &str = "CVE-2023-38545";

fn openvex(image: &str, status: &str) -> Value {
    json!({ "@context": "https://openvex.dev/ns/v0.2.0", "@id": "urn:shop:vex:1",
        "author": "The shop", "timestamp": "2026-01-02T03:04:05Z", "statements": [{
            "vulnerability": { "name": CVE }, "status": status,
            "justification": "vulnerable_code_not_in_execute_path",
            "impact_statement": "No proxy is used.",
            "products": [{ "@id": image, "subcomponents": [{ "@id": "pkg:deb/debian/curl" }] }] }] })
}

fn csaf(image: &str) -> Value {
    json!({ "document": { "csaf_version": "2.0", "category": "csaf_vex",
            "publisher": { "name": "The shop" },
            "tracking": { "id": "SHOP-2026-1", "current_release_date": "2026-02-01T00:00:00Z" } },
        "product_tree": { "full_product_names": [{ "product_id": "P", "name": "orders",
            "product_identification_helper": { "purl": format!("pkg:oci/orders?repository_url={image}&tag=v1") } }] },
        "vulnerabilities": [{ "cve": CVE, "product_status": { "known_not_affected": ["P"] },
            "flags": [{ "label": "component_not_present", "product_ids": ["P"] }] }] })
}

fn cyclonedx() -> Value {
    json!({ "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "serialNumber": "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
        "metadata": { "timestamp": "2026-02-01T00:00:00Z" },
        "vulnerabilities": [{ "id": CVE,
            "analysis": { "state": "not_affected", "justification": "code_not_reachable" },
            "affects": [{ "ref": "pkg:deb/debian/curl" }] }] })
}

/// How many vulnerabilities the report has, and the one that is asked about.
async fn report(shop: &Shop, query: &str) -> Result<(usize, Option<Value>)> {
    let path = format!("/v1/scan/registry/fed.shop/image/{}{query}", shop.id);
    let answer = shop.fleet.admin.get(&path).await?.ok()?;
    let found = answer["report"]["vulnerabilities"].as_array().context("no vulnerabilities")?;
    Ok((found.len(), found.iter().find(|one| one["name"] == CVE).cloned()))
}

/// Critical, high and medium of the image in the list of its registry.
async fn listed(admin: &Rest) -> Result<i64> {
    let answer = admin.get("/v1/scan/registry/fed.shop/images").await?.ok()?;
    let count = |key: &str| answer["images"][0][key].as_i64().context("no count");
    Ok(count("critical")? + count("high")? + count("medium")?)
}

async fn fleet_wide(admin: &Rest) -> Result<bool> {
    let answer = admin.get(&format!("/v1/fed/vulnerabilities?name={CVE}")).await?.ok()?;
    Ok(answer["vulnerabilities"].as_array().is_some_and(|found| !found.is_empty()))
}

/// Waits until the vulnerability counts, or does not, on all sides.
async fn wait_for(shop: &Shop, harmful: bool, counted: i64) -> Result<()> {
    decision::wait_for(&shop.fleet, "staging", &shop.pushed(), !harmful).await?;
    wait::until(&format!("it counts: {harmful}"), || async {
        let admin = &shop.fleet.admin;
        let (told, listed) = (fleet_wide(admin).await?, listed(admin).await?);
        ensure!(told == harmful, "the fleet tells: {told}");
        ensure!(listed == counted - i64::from(!harmful), "the list counts {listed} of {counted}");
        Ok(Some(()))
    })
    .await?;
    let (_, found) = report(shop, "").await?;
    ensure!(found.is_some() == harmful, "the report has {found:?}");
    Ok(())
}

#[tokio::test]
async fn what_does_no_harm_does_not_count_and_says_why() -> Result<()> {
    let shop = Shop::open(Primary::builder()).await?;
    let admin = &shop.fleet.admin;
    let image = shop.pushed();
    let (all, _) = report(&shop, "").await?;
    let counted = listed(admin).await?;
    decision::deny_vulnerability(&shop.fleet, "staging", CVE).await?;
    wait_for(&shop, true, counted).await?;

    // Of another image it changes nothing.
    let other = openvex("registry.example/shop/menu:v1", "not_affected");
    let other = admin.post(VEX, &other).await?.ok()?["document"].clone();
    wait_for(&shop, true, counted).await?;

    let sent = openvex(&image, "not_affected");
    let made = admin.post(VEX, &sent).await?.ok()?["document"].clone();
    ensure!(made["id"] != other["id"] && made["document"] == "urn:shop:vex:1", "{made}");
    ensure!(made["format"] == "openvex" && made["author"] == "The shop", "{made}");
    ensure!(made["uploaded_by"] == "admin" && made["statements"] == 1, "{made}");
    wait_for(&shop, false, counted).await?;
    let list = admin.get(VEX).await?.ok()?["documents"].clone();
    assert_eq!(list, json!([made]), "it took the place of the one of the same id");
    let back = admin.get(&format!("{VEX}/{}", made["id"])).await?;
    ensure!(back.headers["content-disposition"].to_str()?.starts_with("attachment"), "{back:?}");
    assert_eq!(serde_json::from_str::<Value>(&back.text)?, sent);
    let (left, _) = report(&shop, "").await?;
    let (shown, told) = report(&shop, "?show=accepted").await?;
    assert_eq!((left, shown), (all - 1, all));
    let told = told.context("it is told of")?;
    assert_eq!(told["tags"], json!(["vex"]));
    assert_eq!(
        told["vex"],
        json!({ "status": "not_affected", "document": "urn:shop:vex:1",
            "justification": "vulnerable_code_not_in_execute_path",
            "statement": "No proxy is used." })
    );

    // A newer document of the same id says otherwise, and is told with the finding.
    let made = admin.post(VEX, &openvex(&image, "under_investigation")).await?.ok()?;
    wait_for(&shop, true, counted).await?;
    let (_, told) = report(&shop, "").await?;
    let told = told.context("it counts")?;
    ensure!(told["vex"]["status"] == "under_investigation" && told.get("tags").is_none(), "{told}");
    admin.delete(&format!("{VEX}/{}", made["document"]["id"])).await?.ok()?;
    admin.delete(&format!("{VEX}/{}", made["document"]["id"])).await?.expect(404, 7)?;
    let (_, told) = report(&shop, "").await?;
    ensure!(told.is_some_and(|told| told.get("vex").is_none()), "nobody says anything");

    let repository = format!("{}/shop/orders", shop.registry.address());
    for document in [csaf(&repository), cyclonedx()] {
        let made = admin.post(VEX, &document).await?.ok()?["document"].clone();
        wait_for(&shop, false, counted).await.with_context(|| document.to_string())?;
        admin.delete(&format!("{VEX}/{}", made["id"])).await?.ok()?;
        wait_for(&shop, true, counted).await.with_context(|| document.to_string())?;
    }
    let url = shop.fleet.primary.database_url().context("no database")?;
    let records: Vec<(String, i64)> = sqlx::query_as(
        "SELECT action, count(*) FROM audit WHERE kind = 'vex_document' GROUP BY action
         ORDER BY action",
    )
    .fetch_all(&mut sqlx::PgConnection::connect(url).await?)
    .await?;
    let records: Vec<(&str, i64)> = records.iter().map(|(a, n)| (a.as_str(), *n)).collect();
    assert_eq!(records, [("create", 3), ("delete", 3), ("update", 2)]);
    Ok(())
}

#[tokio::test]
async fn what_is_no_document_is_refused() -> Result<()> {
    let primary = Primary::start().await?;
    let admin = primary.admin().await?;
    let mut wrong = openvex("shop/orders:v1", "perhaps");
    for body in ["", "{", "{}", "[]", "\"text\"", &wrong.to_string()] {
        let answer = admin.send(Method::POST, VEX, Some(body.to_owned())).await?;
        answer.expect(400, 6).with_context(|| body.to_owned())?;
    }
    wrong["@id"] = json!("a\u{0}b");
    wrong["statements"][0]["status"] = json!("fixed");
    admin.post(VEX, &wrong).await?.expect(400, 6)?;
    // Statements multiply: few bytes say very much.
    let many: Vec<Value> = (0..500).map(|n| json!({ "@id": format!("shop/{n}") })).collect();
    let statement = |n: usize| {
        json!({ "vulnerability": { "name": format!("CVE-1-{n}") }, "status": "fixed",
            "products": many })
    };
    wrong["@id"] = json!("urn:shop:many");
    wrong["statements"] = (0..401).map(statement).collect();
    let refused = admin.post(VEX, &wrong).await?;
    refused.expect(400, 6)?;
    ensure!(refused.text.contains("statements"), "{refused:?}");
    for id in ["7", "x", "99999999999999999999"] {
        let answer = admin.get(&format!("{VEX}/{id}")).await?;
        ensure!(matches!(answer.status.as_u16(), 400 | 404), "{answer:?}");
    }
    assert_eq!(admin.get(VEX).await?.ok()?, json!({ "documents": [] }));
    Ok(())
}

#[tokio::test]
async fn the_bill_of_materials_of_an_image_is_downloaded() -> Result<()> {
    let shop = Shop::open(Primary::builder()).await?;
    let admin = &shop.fleet.admin;
    admin.post(VEX, &openvex(&shop.pushed(), "not_affected")).await?.ok()?;
    let path = format!("/v1/scan/registry/fed.shop/image/{}/sbom", shop.id);
    let file = shop.pushed().replace(['/', ':'], "-");
    for (query, media_type, ending, place) in [
        ("", "application/vnd.cyclonedx+json", "cdx.json", "/specVersion"),
        ("?format=cyclonedx", "application/vnd.cyclonedx+json", "cdx.json", "/specVersion"),
        ("?format=spdx", "application/spdx+json", "spdx.json", "/spdxVersion"),
        ("?format=spdx3", "application/ld+json", "spdx3.json", "/@context"),
    ] {
        let answer = admin.get(&format!("{path}{query}")).await?;
        ensure!(answer.status == 200, "{query}: {answer:?}");
        assert_eq!(answer.headers["content-type"], media_type);
        assert_eq!(
            answer.headers["content-disposition"],
            format!("attachment; filename=\"{file}.{ending}\"")
        );
        let document = answer.ok()?;
        ensure!(document.pointer(place).is_some(), "{query}: {document}");
        ensure!(document.to_string().contains("libcurl4"), "{query}: {document}");
    }
    let document = admin.get(&path).await?.ok()?;
    let found = document["vulnerabilities"].as_array().context("no vulnerabilities")?;
    let harmless = found.iter().find(|one| one["id"] == CVE).context("it is told of")?;
    assert_eq!(harmless["analysis"]["state"], "not_affected", "{harmless}");
    admin.get(&format!("{path}?format=pdf")).await?.expect(400, 6)?;
    let unknown = format!("/v1/scan/registry/fed.shop/image/{}/sbom", "0".repeat(64));
    admin.get(&unknown).await?.expect(404, 7)
}
