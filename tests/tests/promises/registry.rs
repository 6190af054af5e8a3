//! A federated registry, scanned once by the primary; and registries that
//! mean ill.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use palisade_tests::hostile::{HostileRegistry, Sending};
use palisade_tests::image::{Image, ImageBuilder, debian_layer};
use palisade_tests::layer::{Compression, Layer, LayerBuilder, gzip};
use palisade_tests::port::FreeAddress;
use palisade_tests::{Fleet, Primary, Registry, Rest, vulndb, wait};
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};
use tar::EntryType;
use tempfile::TempDir;

/// A bomb may unpack to 2 GiB before it is taken for one.
const SCANNED_WITHIN: Duration = Duration::from_mins(2);

/// A federation whose primary knows the coffee shop's advisories.
async fn fleet(names: &[&str]) -> Result<(Fleet, TempDir)> {
    let dir = tempfile::tempdir()?;
    let database = dir.path().join("vulndb");
    vulndb::build(&database).await?;
    let primary = Primary::builder().arg("--vulndb").arg(&database).start().await?;
    Ok((Fleet::of(primary, names).await?, dir))
}

async fn add_registry(admin: &Rest, name: &str, url: &str) -> Result<()> {
    let config = json!({ "config": { "name": name, "registry_type": "Docker Registry",
        "registry": format!("{url}/"), "filters": ["*"], "cfg_type": "federal" } });
    admin.post("/v1/scan/registry", &config).await?.ok()?;
    admin.post(&format!("/v1/scan/registry/{name}/scan"), &Value::Null).await?.ok()?;
    Ok(())
}

/// The images of a registry once each is finished or failed.
async fn scanned(admin: &Rest, name: &str, count: usize) -> Result<Vec<Value>> {
    wait::until_within(&format!("{name} is scanned"), SCANNED_WITHIN, || async {
        let answer = admin.get(&format!("/v1/scan/registry/{name}/images")).await?.ok()?;
        let images = answer["images"].as_array().context("images is no list")?.clone();
        let done = images.len() == count
            && images
                .iter()
                .all(|image| image["status"] == "finished" || image["status"] == "failed");
        ensure!(done, "{answer}");
        Ok(Some(images))
    })
    .await
}

fn old_debian() -> Result<LayerBuilder> {
    debian_layer(&[
        ("libssl3", "3.0.9-1", "openssl"),
        ("libcurl4", "7.88.1-10", "curl"),
        ("libnghttp2-14", "1.52.0-1", "nghttp2"),
    ])
}

#[tokio::test]
async fn an_image_is_scanned_and_its_report_served() -> Result<()> {
    let registry = Registry::start().await?;
    let upper = LayerBuilder::new().whiteout("usr/bin/curl")?.layer_as(Compression::Zstd)?;
    let image = ImageBuilder::new()
        .layer(old_debian()?.layer()?)
        .layer(upper)
        .user("1000")
        .labels(&[("team", "orders")])
        .build()?;
    image.push(&registry.url(), "shop/orders", "v1").await?;
    image.push(&registry.url(), "shop/orders", "latest").await?;
    let (fleet, _dir) = fleet(&["staging"]).await?;
    add_registry(&fleet.admin, "fed.shop", &registry.url()).await?;
    let images = scanned(&fleet.admin, "fed.shop", 2).await?;
    for image in &images {
        assert_eq!(image["status"], "finished", "{image}");
        assert_eq!(image["base_os"], "debian:12");
        assert_eq!(image["run_as_root"], false);
    }
    let id = images[0]["image_id"].as_str().context("no image_id")?;
    let report = fleet.admin.get(&format!("/v1/scan/registry/fed.shop/image/{id}")).await?.ok()?;
    let found: Vec<&str> = report["report"]["vulnerabilities"]
        .as_array()
        .context("no vulnerabilities")?
        .iter()
        .filter_map(|vulnerability| vulnerability["name"].as_str())
        .collect();
    for cve in ["CVE-2023-5363", "CVE-2023-38545", "CVE-2023-44487"] {
        ensure!(found.contains(&cve), "{cve} is not among {found:?}");
    }
    let local = fleet.agent("staging")?.admin().await?;
    wait::until("the remote sees the registry", || async {
        let answer = local.get("/v1/scan/registry?scope=fed").await?.ok()?;
        let registries = answer["summarys"].as_array().context("no summarys")?;
        Ok(wait::when(registries.iter().any(|registry| registry["name"] == "fed.shop")))
    })
    .await
}

/// A listing that holds one name of an image goes on to the next: a scan of it holds none
/// that comes later meanwhile, or each would wait for the other.
#[tokio::test]
async fn a_scan_takes_the_names_of_an_image_in_their_order() -> Result<()> {
    let registry = Registry::start().await?;
    let image = ImageBuilder::new().layer(old_debian()?.layer()?).build()?;
    for tag in ["a", "b"] {
        image.push(&registry.url(), "shop/orders", tag).await?;
    }
    let (fleet, _dir) = fleet(&[]).await?;
    add_registry(&fleet.admin, "fed.shop", &registry.url()).await?;
    scanned(&fleet.admin, "fed.shop", 2).await?;
    let url = fleet.primary.database_url().context("no database")?;
    let (mut one, mut other) =
        (PgConnection::connect(url).await?, PgConnection::connect(url).await?);
    let mut jobs = one.begin().await?;
    sqlx::query("LOCK TABLE job IN SHARE MODE").execute(&mut *jobs).await?;
    // The image wants a scan, and its first name lies behind the second.
    sqlx::raw_sql(
        "UPDATE image SET status = 'scheduled' WHERE tag = 'b';
         UPDATE image SET digest = NULL WHERE tag = 'a';
         UPDATE image SET digest = b.digest FROM image AS b WHERE image.tag = 'a' AND b.tag = 'b'",
    )
    .execute(&mut other)
    .await?;
    let mut listing = other.begin().await?;
    sqlx::query("SELECT FROM image WHERE tag = 'a' FOR UPDATE").execute(&mut *listing).await?;
    jobs.rollback().await?;
    wait::until("the scan waits for the first name", || async {
        let waiting: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT FROM pg_stat_activity
                            WHERE datname = current_database() AND wait_event_type = 'Lock'
                                  AND query LIKE '%UPDATE image SET status%')",
        )
        .fetch_one(&mut PgConnection::connect(url).await?)
        .await?;
        Ok(wait::when(waiting))
    })
    .await?;
    sqlx::query("SELECT FROM image WHERE tag = 'b' FOR UPDATE NOWAIT")
        .execute(&mut *listing)
        .await
        .context("the scan holds the second name")?;
    listing.rollback().await?;
    scanned(&fleet.admin, "fed.shop", 2).await?;
    Ok(())
}

#[tokio::test]
async fn a_registry_that_is_down_says_so() -> Result<()> {
    let (fleet, _dir) = fleet(&[]).await?;
    let nobody = FreeAddress::take()?;
    add_registry(&fleet.admin, "fed.down", &format!("http://{}", nobody.get())).await?;
    wait_for_error(&fleet.admin, "fed.down", "Failed to connect to the registry").await
}

#[tokio::test]
async fn a_registry_that_wants_credentials_says_so() -> Result<()> {
    let (fleet, _dir) = fleet(&[]).await?;
    let registry = HostileRegistry::start().await?;
    registry.want_credentials();
    add_registry(&fleet.admin, "fed.locked", &registry.url()).await?;
    wait_for_error(&fleet.admin, "fed.locked", "Authentication error").await
}

#[tokio::test]
async fn a_scan_that_dies_with_its_primary_is_done_after_the_restart() -> Result<()> {
    let (mut fleet, _dir) = fleet(&[]).await?;
    let registry = HostileRegistry::start().await?;
    let image = ImageBuilder::new().layer(old_debian()?.layer()?).build()?;
    registry.put(&image, "slow/image", "v1", |_| Sending::Stalled)?;
    add_registry(&fleet.admin, "fed.slow", &registry.url()).await?;
    wait::until("the image is being read", || async {
        let answer = fleet.admin.get("/v1/scan/registry/fed.slow/images").await?.ok()?;
        Ok(wait::when(answer["images"][0]["status"] == "scanning"))
    })
    .await?;
    fleet.primary.kill().await?;
    registry.put(&image, "slow/image", "v1", |_| Sending::Honest)?;
    fleet.primary.restart().await?;
    let admin = fleet.primary.admin().await?;
    // The dead one's lease has to run out.
    let images = scanned(&admin, "fed.slow", 1).await?;
    assert_eq!(images[0]["status"], "finished", "{images:?}");
    Ok(())
}

#[tokio::test]
async fn credentials_are_in_no_log_and_in_no_answer() -> Result<()> {
    let primary = Primary::builder().arg("--log").arg("trace").start().await?;
    palisade_tests::fleet::promote(&primary).await?;
    let admin = primary.admin().await?;
    let registry = HostileRegistry::start().await?;
    registry.want_credentials();
    let (password, secret) = ("tea-with-milk-4711", "hook-of-the-shop-0815");
    let config = json!({ "config": { "name": "fed.locked", "registry_type": "Docker Registry",
        "registry": registry.url(), "filters": ["*"], "username": "shop", "password": password,
        "webhook_secret": secret } });
    admin.post("/v1/scan/registry", &config).await?.ok()?;
    admin.post("/v1/scan/registry/fed.locked/scan", &Value::Null).await?.ok()?;
    wait_for_error(&admin, "fed.locked", "Authentication error").await?;
    let hook = format!("/v1/scan/registry/fed.locked/webhook?secret={secret}");
    let event = json!({ "repository": "shop/orders", "updated_tags": ["v1"] });
    assert_eq!(admin.post(&hook, &event).await?.status, 202);
    let answer = admin.get("/v1/scan/registry").await?.ok()?.to_string();
    let log = primary.process().log();
    ensure!(log.contains("fed.locked"), "the log tells nothing");
    let encoded = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        format!("shop:{password}"),
    );
    for hidden in [password, secret, &encoded] {
        ensure!(!log.contains(hidden), "{hidden} is in the log");
        ensure!(!answer.contains(hidden), "{hidden} is in an answer");
    }
    Ok(())
}

async fn wait_for_error(admin: &Rest, name: &str, text: &str) -> Result<()> {
    wait::until(&format!("{name}: {text}"), || async {
        let answer = admin.get(&format!("/v1/scan/registry/{name}")).await?.ok()?;
        let summary = &answer["summary"];
        ensure!(summary["error_message"] == text, "{answer}");
        Ok(wait::when(summary["status"] == "idle"))
    })
    .await
}

/// One image that must fail, and how its layers are sent.
struct Attack {
    repository: &'static str,
    image: Image,
    sending: Sending,
}

fn attacks() -> Result<Vec<Attack>> {
    // Each has a layer of its own: a layer that is known is not fetched again.
    let honest = |name| ImageBuilder::new().layer(old_debian()?.file(name, name)?.layer()?).build();
    let mut attacks = Vec::new();

    let mut image = honest("digest")?;
    image.layers[0].bytes = LayerBuilder::new().file("etc/other", "x")?.layer()?.bytes;
    image.layers[0].size = image.layers[0].bytes.len() as u64;
    attacks.push(Attack { repository: "lies/digest", image, sending: Sending::Honest });

    let mut image = honest("size")?;
    image.layers[0].size = 10;
    attacks.push(Attack { repository: "lies/size", image, sending: Sending::Honest });

    let image = honest("cut")?;
    let half = image.layers[0].bytes.len() / 2;
    attacks.push(Attack { repository: "cut/off", image, sending: Sending::CutAfter(half) });

    // Gzip members may follow one another: a member of 16 MiB of zeros, 65,536
    // times, is a terabyte.
    let mut image = honest("bomb")?;
    let block = Bytes::from(gzip(&vec![0; 16 << 20])?);
    image.layers[0].size = block.len() as u64 * 65_536;
    image.layers[0].bytes = Bytes::from(gzip(&huge_entry()?)?);
    attacks.push(Attack {
        repository: "bomb/gzip",
        image,
        sending: Sending::Repeating { block, times: 65_536 },
    });
    Ok(attacks)
}

/// An image of more than a million files: many, and still no attack.
fn many_files() -> Result<Image> {
    let mut layer = LayerBuilder::new();
    for n in 0..1_100_000 {
        layer = layer.entry(EntryType::Regular, &format!("e/{n}"), "", &[])?;
    }
    ImageBuilder::new().layer(Layer::new(&layer.archive(), Compression::Zstd)?).build()
}

/// The header of a file of a terabyte.
fn huge_entry() -> Result<Vec<u8>> {
    let layer = LayerBuilder::new().entry_of_size(EntryType::Regular, "zeros", "", &[], 1 << 40)?;
    let mut archive = layer.archive();
    archive.truncate(512);
    Ok(archive)
}

#[tokio::test]
async fn hostile_images_fail_alone() -> Result<()> {
    // Before any connection is open: making the bombs takes its time.
    let attacks = attacks()?;
    let many = many_files()?;
    let (fleet, _dir) = fleet(&[]).await?;
    let registry = HostileRegistry::start().await?;
    for attack in &attacks {
        registry.put(&attack.image, attack.repository, "v1", |_| attack.sending.clone())?;
    }
    let good = ImageBuilder::new().layer(old_debian()?.layer()?).user("7").build()?;
    for (image, repository) in [(&good, "good/image"), (&many, "good/many-files")] {
        registry.put(image, repository, "v1", |_| Sending::Honest)?;
    }
    add_registry(&fleet.admin, "fed.hostile", &registry.url()).await?;
    let images = scanned(&fleet.admin, "fed.hostile", attacks.len() + 2).await?;
    for image in &images {
        if image["repository"].as_str().is_some_and(|name| name.starts_with("good/")) {
            assert_eq!(image["status"], "finished", "{image}");
            continue;
        }
        assert_eq!(image["status"], "failed", "{image}");
        ensure!(
            image["result"].as_str().is_some_and(|reason| !reason.is_empty()),
            "no reason: {image}"
        );
    }
    let resident = resident_mib(fleet.primary.process().pid().context("no primary")?)?;
    ensure!(resident < 400, "the primary holds {resident} MiB after the attacks");
    Ok(())
}

#[tokio::test]
async fn names_that_lead_outside_do_no_harm() -> Result<()> {
    let (fleet, _dir) = fleet(&[]).await?;
    let registry = HostileRegistry::start().await?;
    let layer = old_debian()?
        .file("../../../../tmp/palisade-escaped", "out")?
        .file("/etc/palisade-escaped", "out")?
        .hard_link("var/lib/dpkg/outside", "../../../../etc/passwd")?
        .symbolic_link("etc/loop", "loop")?
        .layer()?;
    registry
        .put(&ImageBuilder::new().layer(layer).build()?, "sly/names", "v1", |_| Sending::Honest)?;
    add_registry(&fleet.admin, "fed.sly", &registry.url()).await?;
    scanned(&fleet.admin, "fed.sly", 1).await?;
    for escaped in ["/tmp/palisade-escaped", "/etc/palisade-escaped"] {
        ensure!(!std::path::Path::new(escaped).exists(), "{escaped} was written");
    }
    Ok(())
}

/// What a process holds in memory now.
fn resident_mib(pid: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("no VmRSS")?;
    let kib: u64 = line.split_whitespace().nth(1).context("no size")?.parse()?;
    Ok(kib / 1024)
}
