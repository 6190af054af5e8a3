//! Stored inventories held against a new database: nothing is pulled.
//!
//! Each replica takes batches of reports of another database, in one
//! transaction each, and passes over those that somebody else has. A crash
//! leaves a batch as it was.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use palisade_api::Digest;
use palisade_api::scan::Verdict;
use palisade_scanner::report::Matching;
use palisade_scanner::vulndb::AHEAD;
use palisade_scanner::{Inventory, ScanError, VulnDb};
use prost::Message as _;
use tokio::time::Instant;
use tracing::{debug, info, warn};

use super::finding::{News, Rows};
use super::report::{Matched, compress, unpack};
use super::{Registries, RegistryFailure};
use crate::shutdown::Shutdown;
use crate::store::report::{OlderReport, Rematched};
use crate::store::{self, StoreError};

/// Images in one transaction. Their inventories are in memory together.
const BATCH: i64 = 100;
/// How often the file of the database is looked at.
const POLL: Duration = Duration::from_secs(2);
/// How often the reports are looked at though the database is the same.
const LOOK: Duration = Duration::from_secs(30);
/// After a failure.
const PAUSE: Duration = Duration::from_secs(5);
/// Batches at a time.
const MOST_AT_ONCE: usize = 4;

pub(super) fn start(registries: &Arc<Registries>, shutdown: &Shutdown) {
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    for _ in 0..processors.min(MOST_AT_ONCE) {
        let registries = Arc::clone(registries);
        let stop = shutdown.token().clone();
        shutdown.spawn("rematch", async move {
            stop.run_until_cancelled(Box::pin(run(&registries))).await;
        });
    }
}

async fn run(registries: &Arc<Registries>) {
    // The database that no report is older than, and since when.
    let mut settled: Option<(Digest, Instant)> = None;
    loop {
        let woken = registries.rematches.notified();
        tokio::pin!(woken);
        woken.as_mut().enable();
        let pause = match registries.vulndb.current().await {
            // Nothing to match with, which is told where the file is looked after.
            Err(_) => POLL,
            Ok(database) => {
                let digest = database.digest();
                if settled.is_some_and(|(of, at)| of == digest && at.elapsed() < LOOK) {
                    POLL
                } else {
                    match registries.rematch(database).await {
                        Ok(0) => {
                            settled = Some((digest, Instant::now()));
                            POLL
                        }
                        Ok(_) => continue,
                        Err(RegistryFailure::Store(error)) if error.is_unavailable() => {
                            debug!(%error, "new matches wait for the database");
                            PAUSE
                        }
                        Err(error) => {
                            warn!(%error, "cannot hold inventories against the new database");
                            PAUSE
                        }
                    }
                }
            }
        };
        tokio::select! {
            () = woken => settled = None,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// What a batch leads to.
struct Batch {
    /// By id: the new report.
    matched: Vec<Of>,
    /// Inventories that cannot be read.
    unreadable: Vec<Digest>,
    news: News,
}

/// One report of a batch.
struct Of {
    id: i32,
    matched: Matched,
    body: Option<Vec<u8>>,
    verdict: Option<Vec<u8>>,
    /// Whether the rows of its findings are others.
    rows_changed: bool,
}

impl Registries {
    /// Holds a batch of stored inventories against `database`, those whose
    /// reports are of another one. Says how many those were.
    pub async fn rematch(
        self: &Arc<Self>,
        database: Arc<VulnDb>,
    ) -> Result<usize, RegistryFailure> {
        let (built_at, latest) = (database.built_at(), self.clock.now() + AHEAD);
        // One from the future is no reason to do again what another replica has done: that one
        // may have another of the future, and would do it again.
        if built_at > latest {
            return Ok(0);
        }
        let mut tx = self.database.begin().await?;
        let wanting = self.wanting_rematch(&mut tx).await?;
        let digest = database.digest();
        let older =
            store::report::lock_older(&mut tx, digest, built_at, latest, &wanting, BATCH).await?;
        if older.is_empty() {
            return Ok(0);
        }
        let count = older.len();
        let (registries, at) = (Arc::clone(self), self.clock.now());
        let against = Arc::clone(&database);
        let batch = tokio::task::spawn_blocking(move || registries.held(&older, &against, at));
        let batch = batch.await.map_err(|_| RegistryFailure::Cancelled)??;
        let create_time = database.create_time();
        let new: Vec<Rematched<'_>> = batch
            .matched
            .iter()
            .map(|of| Rematched {
                id: of.id,
                result: of.matched.result(
                    &database,
                    &create_time,
                    of.body.as_deref(),
                    of.verdict.as_deref(),
                ),
            })
            .collect();
        store::report::rematched(&mut tx, &new).await?;
        for digest in &batch.unreadable {
            store::inventory::delete(&mut tx, *digest).await?;
        }
        let changed = batch.matched.iter().filter(|of| of.rows_changed);
        let changed: Vec<(i32, &Rows)> = changed.map(|of| (of.id, &of.matched.rows)).collect();
        let (changed_count, publish) =
            (changed.len(), batch.matched.iter().any(|of| of.verdict.is_some()));
        batch.news.write(&mut tx, digest, changed.into_iter()).await?;
        tx.commit().await.map_err(StoreError::from)?;
        self.told.told(digest, &batch.news);
        if publish {
            self.reports.notify_waiters();
        }
        metrics::counter!("palisade_rematched_images_total").increment(count as u64);
        info!(
            images = count,
            changed = changed_count,
            version = database.version(),
            "held stored inventories against a new database"
        );
        Ok(count)
    }

    /// Blocks.
    fn held(
        &self,
        older: &[OlderReport],
        database: &VulnDb,
        at: DateTime<Utc>,
    ) -> Result<Batch, RegistryFailure> {
        let mut matching = Matching::new(database);
        let mut batch = Batch {
            matched: Vec::with_capacity(older.len()),
            unreadable: Vec::new(),
            news: News::default(),
        };
        for old in older {
            let inventory: Inventory = match unpack(&old.inventory) {
                Ok(inventory) => inventory,
                Err(error) => {
                    warn!(digest = %old.digest, %error, "an image is to be read again");
                    batch.unreadable.push(old.digest);
                    continue;
                }
            };
            let mut report = match matching.report(&inventory, at) {
                Ok(report) => report,
                // The next scan of it fails by the same, and says so where people look.
                Err(error @ ScanError::TooManyFindings(_)) => {
                    warn!(digest = %old.digest, %error, "an image is to be read again");
                    batch.unreadable.push(old.digest);
                    continue;
                }
                Err(error) => return Err(RegistryFailure::Matching(error)),
            };
            report.signatures = old.signatures.as_deref().map(serde_json::from_str).transpose()?;
            let matched = Matched::of(report).map_err(RegistryFailure::Matching)?;
            let body = (old.body_digest != matched.body_digest.as_bytes())
                .then(|| compress(&matched.body))
                .transpose()
                .map_err(RegistryFailure::Matching)?;
            batch.matched.push(Of {
                id: old.id,
                verdict: changed_verdict(old, &matched),
                rows_changed: old.findings_digest != matched.findings_digest.as_bytes(),
                matched: matched.without_body(),
                body,
            });
        }
        batch.news =
            self.told.news(database.digest(), batch.matched.iter().map(|of| &of.matched.rows));
        batch.news.describe(database).map_err(RegistryFailure::Matching)?;
        Ok(batch)
    }

    /// The registries whose images follow each new database by themselves.
    async fn wanting_rematch(
        &self,
        conn: &mut sqlx::PgConnection,
    ) -> Result<Vec<String>, RegistryFailure> {
        let objects = store::object::list(conn, palisade_api::ObjectKind::Registry).await?;
        let mut names = Vec::new();
        for object in objects {
            let registry: palisade_api::rest::scan::Registry =
                serde_json::from_slice(&object.payload)?;
            if registry.rescan_after_db_update {
                names.push(object.name);
            }
        }
        Ok(names)
    }
}

/// The verdict where it says something else than the one that clusters have.
/// When it was decided and by which database is no reason to send it to all of
/// them again.
fn changed_verdict(old: &OlderReport, matched: &Matched) -> Option<Vec<u8>> {
    let verdict = matched.report.verdict(old.digest, &[]);
    let known = Verdict::decode(old.verdict.as_slice()).ok().map(|known| Verdict {
        scanned_at: verdict.scanned_at,
        cvedb_version: verdict.cvedb_version.clone(),
        ..known
    });
    (known.as_ref() != Some(&verdict)).then(|| verdict.encode_to_vec())
}
