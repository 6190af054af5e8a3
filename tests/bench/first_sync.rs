//! The first sync of a member: 5,000 objects and 10,000 verdicts.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use palisade_api::Revision;
use palisade_api::kind::LogId;
use palisade_tests::hostile::{HostileRegistry, Sending};
use palisade_tests::image::{ImageBuilder, debian_layer};
use palisade_tests::{Primary, Rest, fleet, simulated, vulndb, wait};
use serde_json::{Value, json};

use crate::figures::Figures;

pub(crate) const OBJECTS: usize = 5_000;
pub(crate) const VERDICTS: usize = 10_000;
/// A registry keeps its newest 8,192 images: the verdicts come from two.
const REGISTRIES: usize = 2;
const WRITERS: usize = 8;
const SAMPLES: usize = 5;
const SCANNED_WITHIN: Duration = Duration::from_mins(10);

pub(crate) async fn measure(figures: &mut Figures) -> Result<()> {
    let dir = tempfile::tempdir()?;
    let database = dir.path().join("vulndb");
    vulndb::build(&database).await?;
    let primary = Primary::builder().arg("--vulndb").arg(&database).start().await?;
    fleet::promote(&primary).await?;
    let admin = primary.admin().await?;
    write_groups(&admin).await?;
    scan_images(&admin).await?;

    let token = primary.token(&["--uses", &(SAMPLES + 1).to_string()]).await?;
    // Verdicts follow their scans: the first member sees when all are there.
    let identity = simulated::join(&token, "first").await?;
    let first = simulated::open(&identity).await?;
    wait::until("all verdicts are published", || async {
        ensure!(first.objects() >= OBJECTS + VERDICTS, "only {} arrived", first.objects());
        Ok(Some(()))
    })
    .await?;
    let mut rates = Vec::new();
    for n in 0..SAMPLES {
        let identity = simulated::join(&token, &format!("new-{n}")).await?;
        let begin = Instant::now();
        let member = simulated::open(&identity).await?;
        let mut last = begin;
        for log in LogId::ALL {
            let mut log = member.acknowledged(log);
            last = last.max(log.wait_for(|seen| seen.revision > Revision::ZERO).await?.at);
        }
        ensure!(member.objects() >= OBJECTS + VERDICTS, "only {} arrived", member.objects());
        rates.push(member.objects() as f64 / (last - begin).as_secs_f64());
    }
    rates.sort_by(f64::total_cmp);
    figures.add("first_sync_objects_per_s", rates[SAMPLES / 2], "objects/s");
    Ok(())
}

async fn write_groups(admin: &Rest) -> Result<()> {
    let mut writers = Vec::new();
    for writer in 0..WRITERS {
        let admin = admin.clone();
        writers.push(tokio::spawn(async move {
            for n in (writer..OBJECTS).step_by(WRITERS) {
                let group = json!({ "config": { "name": format!("fed.g{n}"), "cfg_type": "federal",
                    "comment": "one of many", "criteria": [
                        { "key": "service", "op": "=", "value": format!("service-{n}") },
                        { "key": "domain", "op": "=", "value": format!("namespace-{}", n % 50) } ] } });
                admin.post("/v1/group", &group).await?.ok()?;
            }
            anyhow::Ok(())
        }));
    }
    for writer in writers {
        writer.await??;
    }
    Ok(())
}

/// Lets the primary scan ten thousand small images.
pub(crate) async fn scan_images(admin: &Rest) -> Result<()> {
    let layer = debian_layer(&[
        ("libssl3", "3.0.9-1", "openssl"),
        ("libcurl4", "7.88.1-10", "curl"),
        ("libnghttp2-14", "1.52.0-1", "nghttp2"),
    ])?
    .layer()?;
    let each = VERDICTS / REGISTRIES;
    let mut registries = Vec::new();
    for r in 0..REGISTRIES {
        let registry = Arc::new(HostileRegistry::start().await?);
        for n in 0..each {
            let number = (r * each + n).to_string();
            let image = ImageBuilder::new()
                .layer(layer.clone())
                .user("1000")
                .labels(&[("number", &number)])
                .build()?;
            registry.put(&image, "many/images", &format!("v{n}"), |_| Sending::Honest)?;
        }
        let name = format!("fed.many{r}");
        let config = json!({ "config": { "name": name, "registry_type": "Docker Registry",
            "registry": format!("{}/", registry.url()), "filters": ["*"], "cfg_type": "federal" } });
        admin.post("/v1/scan/registry", &config).await?.ok()?;
        admin.post(&format!("/v1/scan/registry/{name}/scan"), &Value::Null).await?.ok()?;
        registries.push((name, registry));
    }
    for (name, _) in &registries {
        wait::until_within("ten thousand images are scanned", SCANNED_WITHIN, || async {
            let answer = admin.get(&format!("/v1/scan/registry/{name}")).await?.ok()?;
            let scanned = answer["summary"]["scanned"].as_u64().context("no scanned")?;
            ensure!(scanned >= each as u64, "{answer}");
            Ok(Some(()))
        })
        .await?;
    }
    Ok(())
}
