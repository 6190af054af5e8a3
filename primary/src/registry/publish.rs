//! Verdicts on their way into the log: up to a thousand in one change.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use palisade_api::kind::LogId;
use palisade_api::scan::{ImageName, Verdict};
use palisade_api::{Digest, ObjectKind};
use prost::Message as _;
use tracing::{debug, warn};

use super::Registries;
use crate::shutdown::Shutdown;
use crate::store::change::{self, NewItem};
use crate::store::image::NamedImage;
use crate::store::report::Unpublished;
use crate::store::{self, Actor, StoreError};

/// Reports in one change.
const BATCH: i64 = 1_000;
/// Bytes of one change: frames and the transaction stay small.
const BATCH_BYTES: usize = 4 << 20;
/// Bytes of one verdict; an object of the log may not have much more.
const VERDICT_BYTES: usize = 900 << 10;
/// How often reports of other replicas are looked for.
const POLL: Duration = Duration::from_secs(2);
/// Reports that come within this time go into one change.
const GATHER: Duration = Duration::from_millis(100);

pub(super) fn start(registries: &Arc<Registries>, shutdown: &Shutdown) {
    let registries = Arc::clone(registries);
    let stop = shutdown.token().clone();
    shutdown.spawn("verdict-publisher", async move {
        let publishing = async {
            loop {
                let woken = registries.reports.notified();
                tokio::pin!(woken);
                woken.as_mut().enable();
                match publish(&registries).await {
                    Ok(0) => {
                        tokio::select! {
                            () = woken => {}
                            () = tokio::time::sleep(POLL) => {}
                        }
                    }
                    Ok(_) => {}
                    Err(error) => {
                        if error.is_unavailable() {
                            debug!(%error, "verdicts wait for the database");
                        } else {
                            warn!(%error, "cannot publish verdicts");
                        }
                        tokio::time::sleep(POLL).await;
                    }
                }
                tokio::time::sleep(GATHER).await;
            }
        };
        stop.run_until_cancelled(Box::pin(publishing)).await;
    });
}

/// Publishes what waits, in one change. Says how many reports that were.
async fn publish(registries: &Registries) -> Result<usize, StoreError> {
    let mut tx = registries.database.begin().await?;
    let reports = store::report::lock_unpublished(&mut tx, BATCH).await?;
    if reports.is_empty() {
        return Ok(0);
    }
    let digests: Vec<Digest> = reports.iter().map(|report| report.digest).collect();
    let images = store::image::names(&mut tx, &digests).await?;
    let urls = urls(&mut tx).await?;
    let mut by_digest: BTreeMap<&[u8], Vec<&NamedImage>> = BTreeMap::new();
    for image in &images {
        by_digest.entry(&image.digest).or_default().push(image);
    }
    let mut items: BTreeMap<String, NewItem> = BTreeMap::new();
    let mut bytes = 0;
    let mut published = 0;
    for report in &reports {
        let images = by_digest.get(report.digest.as_bytes().as_slice()).map_or(&[][..], |n| n);
        let objects = objects(report, images, &urls)?;
        for old in &report.published {
            if !objects.contains_key(old)
                && store::object::get(&mut tx, ObjectKind::Verdict, old).await?.is_some()
            {
                items
                    .entry(old.clone())
                    .or_insert_with(|| NewItem::delete(ObjectKind::Verdict, old.as_str()));
            }
        }
        let written: Vec<String> = objects.keys().cloned().collect();
        for (name, payload) in objects {
            bytes += payload.len();
            items.insert(name.clone(), NewItem::put(ObjectKind::Verdict, name, payload));
        }
        store::report::published(&mut tx, report.digest, &written).await?;
        published += 1;
        if bytes > BATCH_BYTES {
            break;
        }
    }
    let items: Vec<NewItem> = items.into_values().collect();
    if !items.is_empty() {
        change::commit(&mut tx, LogId::Verdicts, &Actor::system(), &items).await?;
    }
    tx.commit().await?;
    debug!(published, "published verdicts");
    Ok(published)
}

/// The address of each registry.
async fn urls(conn: &mut sqlx::PgConnection) -> Result<BTreeMap<String, String>, StoreError> {
    let objects = store::object::list(conn, ObjectKind::Registry).await?;
    let mut urls = BTreeMap::new();
    for object in objects {
        let registry: palisade_api::rest::scan::Registry = serde_json::from_slice(&object.payload)
            .map_err(|error| StoreError::inconsistent("object", error))?;
        urls.insert(object.name, registry.registry);
    }
    Ok(urls)
}

/// The objects of a report: one named by the manifest, and one by each index
/// that leads to it, since a pod may name either. None without images.
fn objects(
    report: &Unpublished,
    images: &[&NamedImage],
    urls: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, Vec<u8>>, StoreError> {
    let mut verdict = Verdict::decode(report.verdict.as_slice())
        .map_err(|error| StoreError::inconsistent("report", error))?;
    verdict.names = images
        .iter()
        .map(|image| ImageName {
            registry_name: image.registry.clone(),
            registry: urls.get(&image.registry).cloned().unwrap_or_default(),
            repository: image.repository.clone(),
            tag: image.tag.clone(),
        })
        .collect();
    shorten(&mut verdict);
    let mut names: BTreeSet<Digest> = BTreeSet::new();
    if !images.is_empty() {
        names.insert(report.digest);
    }
    for index in images.iter().filter_map(|image| image.index_digest.as_deref()) {
        names.extend(Digest::try_from(index));
    }
    Ok(names
        .into_iter()
        .map(|digest| {
            verdict.image_digest = digest.to_oci();
            (digest.to_oci(), verdict.encode_to_vec())
        })
        .collect())
}

/// Brings a hostile image's verdict down to what the log takes: what an
/// admission decision needs least goes first.
fn shorten(verdict: &mut Verdict) {
    if verdict.encoded_len() <= VERDICT_BYTES {
        return;
    }
    verdict.envs.clear();
    verdict.labels.clear();
    verdict.names.truncate(1_000);
    while verdict.encoded_len() > VERDICT_BYTES && !verdict.cves.is_empty() {
        verdict.cves.sort_by_key(|cve| std::cmp::Reverse(cve.severity));
        verdict.cves.truncate(verdict.cves.len() * 3 / 4);
    }
}
