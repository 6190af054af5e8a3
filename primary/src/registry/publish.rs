//! Verdicts on their way into the log: up to a thousand in one change.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use palisade_api::kind::LogId;
use palisade_api::scan::{ImageName, Verdict, VerdictCve};
use palisade_api::{Digest, ObjectKind};
use palisade_scanner::report::Counts;
use prost::Message as _;
use tracing::{debug, warn};

use super::vulnerability_profile::Judge;
use super::{Registries, count, vex};
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
/// Bytes of one text in a verdict that is too large.
const TEXT_BYTES: usize = 1_024;
/// How often reports of other replicas are looked for.
const POLL: Duration = Duration::from_secs(2);
/// Reports that come within this time go into one change.
const GATHER: Duration = Duration::from_millis(100);
/// How often verdicts are judged again where the profile depends on time.
const JUDGE_AGAIN: TimeDelta = TimeDelta::hours(1);

pub(super) fn start(registries: &Arc<Registries>, shutdown: &Shutdown) {
    let registries = Arc::clone(registries);
    let stop = shutdown.token().clone();
    shutdown.spawn("verdict-publisher", async move {
        let publishing = async {
            let mut judged_at = registries.clock.now();
            loop {
                let woken = registries.reports.notified();
                tokio::pin!(woken);
                woken.as_mut().enable();
                let published = async {
                    registries.end_acceptances().await?;
                    judge_again(&registries, &mut judged_at).await?;
                    publish(&registries).await
                };
                match published.await {
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

/// Has all verdicts judged again now and then, where what is accepted changes
/// as time goes by.
async fn judge_again(
    registries: &Registries,
    judged_at: &mut DateTime<Utc>,
) -> Result<(), StoreError> {
    let now = registries.clock.now();
    if now - *judged_at < JUDGE_AGAIN {
        return Ok(());
    }
    let mut conn = registries.database.acquire().await?;
    if Judge::load(registries, &mut conn).await?.depends_on_time() {
        store::report::republish_all(&mut conn).await?;
    }
    *judged_at = now;
    Ok(())
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
    let judge = Judge::load(registries, &mut tx).await?;
    let mut spoken = vex::publish::hold(&mut tx, &reports, &images, &judge).await?;
    let left = count::left(&mut tx, &reports, &spoken, &images, &judge).await?;
    let mut by_digest: BTreeMap<&[u8], Vec<&NamedImage>> = BTreeMap::new();
    for image in &images {
        by_digest.entry(&image.digest).or_default().push(image);
    }
    let judged = reports.iter().map(|report| {
        let digest = report.digest.as_bytes();
        let images = by_digest.get(digest).map_or(&[][..], |n| n);
        let spoken = spoken.remove(digest).map(|left| left.cves);
        let left = left.get(digest).copied();
        Ok((report, objects(report, images, spoken, left, &judge)?))
    });
    let judged: Vec<(&Unpublished, BTreeMap<String, Verdict>)> =
        judged.collect::<Result<_, StoreError>>()?;
    let names: Vec<String> =
        judged.iter().flat_map(|(_, verdicts)| verdicts.keys().cloned()).collect();
    let present = store::object::named(&mut tx, ObjectKind::Verdict, &names).await?;
    let present: BTreeMap<&str, &Bytes> =
        present.iter().map(|object| (object.name.as_str(), &object.payload)).collect();
    let mut items: BTreeMap<String, NewItem> = BTreeMap::new();
    // Names whose verdicts stand as they are.
    let mut kept: BTreeSet<String> = BTreeSet::new();
    let mut bytes = 0;
    let mut published = 0;
    for (report, verdicts) in judged {
        for old in &report.published {
            if !verdicts.contains_key(old)
                && !kept.contains(old)
                && store::object::get(&mut tx, ObjectKind::Verdict, old).await?.is_some()
            {
                items
                    .entry(old.clone())
                    .or_insert_with(|| NewItem::delete(ObjectKind::Verdict, old.as_str()));
            }
        }
        let written: Vec<String> = verdicts.keys().cloned().collect();
        for (name, verdict) in verdicts {
            let old = present.get(name.as_str()).map(|&payload| Verdict::decode(payload.clone()));
            if matches!(&old, Some(Ok(old)) if *old == verdict) {
                // It is not sent again.
                items.remove(&name);
                kept.insert(name);
            } else {
                let payload = verdict.encode_to_vec();
                bytes += payload.len();
                items.insert(name.clone(), NewItem::put(ObjectKind::Verdict, name, payload));
            }
        }
        let left = left.get(report.digest.as_bytes()).copied().map(super::report::columns);
        store::report::published(&mut tx, report.digest, &written, left).await?;
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
    registries.running.nudge();
    debug!(published, "published verdicts");
    Ok(published)
}

/// The objects of a report: one named by the manifest, and one by each index
/// that leads to it, since a pod may name either. None without images. `spoken`
/// is what VEX documents leave of the vulnerabilities, where they speak of any;
/// `left` is how many findings count, where that is not all of them.
fn objects(
    report: &Unpublished,
    images: &[&NamedImage],
    spoken: Option<Vec<VerdictCve>>,
    left: Option<Counts>,
    judge: &Judge,
) -> Result<BTreeMap<String, Verdict>, StoreError> {
    let mut verdict = Verdict::decode(report.verdict.as_slice())
        .map_err(|error| StoreError::inconsistent("report", error))?;
    verdict.names = images
        .iter()
        .map(|image| ImageName {
            registry_name: image.registry.clone(),
            registry: judge.url(image).to_owned(),
            repository: image.repository.clone(),
            tag: image.tag.clone(),
        })
        .collect();
    if let Some(cves) = spoken {
        verdict.cves = cves;
    }
    if let Some(left) = left {
        verdict.findings = Some(left.proto());
    }
    judge.verdict(&mut verdict, images);
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
            (digest.to_oci(), verdict.clone())
        })
        .collect())
}

/// Brings a hostile image's verdict down to what the log takes: what an
/// admission decision needs least goes first. One that stays too large would keep back
/// those of all other images.
fn shorten(verdict: &mut Verdict) {
    if verdict.encoded_len() <= VERDICT_BYTES {
        return;
    }
    verdict.envs.clear();
    verdict.labels.clear();
    verdict.names.truncate(1_000);
    verdict.verifiers.retain(|verifier| verifier.len() <= TEXT_BYTES);
    verdict.verifiers.truncate(100);
    for text in [&mut verdict.base_os, &mut verdict.cvedb_version] {
        text.truncate(text.floor_char_boundary(TEXT_BYTES));
    }
    while verdict.encoded_len() > VERDICT_BYTES && !verdict.cves.is_empty() {
        verdict.cves.sort_by_key(|cve| std::cmp::Reverse(cve.severity));
        verdict.cves.truncate(verdict.cves.len() * 3 / 4);
    }
    while verdict.encoded_len() > VERDICT_BYTES && !verdict.names.is_empty() {
        verdict.names.truncate(verdict.names.len() * 3 / 4);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Bloat = fn(&mut Verdict, &str);

    #[test]
    fn no_verdict_keeps_others_back() {
        let long = "é".repeat(VERDICT_BYTES);
        let cve = |name: &str, severity| VerdictCve {
            name: name.to_owned(),
            severity,
            ..VerdictCve::default()
        };
        let name = ImageName { repository: "x".repeat(4_000), ..ImageName::default() };
        let bloat: [(&str, Bloat); 6] = [
            ("base_os", |verdict, long| verdict.base_os = long.to_owned()),
            ("cvedb_version", |verdict, long| verdict.cvedb_version = long.to_owned()),
            ("envs", |verdict, long| verdict.envs.push(long.to_owned())),
            ("labels", |verdict, long| {
                verdict.labels.insert("x".to_owned(), long.to_owned());
            }),
            ("verifiers", |verdict, long| verdict.verifiers.push(long.to_owned())),
            ("cves", |verdict, long| {
                verdict.cves.push(VerdictCve { name: long.to_owned(), ..VerdictCve::default() });
            }),
        ];
        for (what, bloat) in bloat {
            let mut verdict = Verdict {
                cves: vec![cve("CVE-1", 4), cve("CVE-2", 3)],
                verifiers: vec!["shop/release".to_owned()],
                names: vec![name.clone()],
                ..Verdict::default()
            };
            bloat(&mut verdict, &long);
            shorten(&mut verdict);
            assert!(verdict.encoded_len() <= VERDICT_BYTES, "{what}");
            assert_eq!(verdict.verifiers, ["shop/release"], "{what}");
            assert_eq!(verdict.names.len(), 1, "{what}");
            assert_eq!(verdict.cves.first().map(|cve| &*cve.name), Some("CVE-1"), "{what}");
        }
        let mut verdict = Verdict { names: vec![name; 2_000], ..Verdict::default() };
        shorten(&mut verdict);
        assert!(verdict.encoded_len() <= VERDICT_BYTES && verdict.names.len() > 100);
    }
}
