//! The vulnerability database of an agent that scans: the primary's, which is
//! fetched when the primary tells of another one, or a file of the operator's.
//!
//! What was opened stays in use until its successor is verified, and scans that
//! run end with the one they began with.

mod download;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};
use palisade_api::Digest;
use palisade_api::clock::SharedClock;
use palisade_api::federation::{VulndbHeld, VulndbOffer};
use palisade_api::rest::event::{Event, level, name};
use palisade_controller::Controller;
use palisade_scanner::VulnDb;
use palisade_scanner::vulndb::{FileError, OLD_AFTER, Offered, OpenError, PublicKey, VulndbFile};
use palisade_transport::backoff::Backoff;
use thiserror::Error;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::link::LinkHandle;
use download::{DownloadError, fetch, tidy};

/// The folder of the primary's database in the data folder, and its name there.
const FOLDER: &str = "vulndb";
const FILE: &str = "vulndb.plsd";
/// The ending of what is not whole.
const PARTIAL: &str = "partial";
/// How often the file is looked at.
const LOOK: Duration = Duration::from_secs(2);
/// A warning is not told again for so long.
const AGAIN: TimeDelta = TimeDelta::days(1);
/// Pauses between tries: all agents come for a new database at once, and few
/// find a place.
const LEAST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// The database, and where it comes from.
#[derive(Debug)]
pub struct Vulndb {
    file: VulndbFile,
    /// Where what comes is kept; none where the file is the operator's.
    folder: Option<PathBuf>,
}

/// An offer that did not become the database.
#[derive(Debug, Error)]
enum Failure {
    /// Try again.
    #[error(transparent)]
    Download(#[from] DownloadError),
    /// What was offered is no good.
    #[error(transparent)]
    Refused(FileError),
}

impl Vulndb {
    /// The operator's database at `own`, or the primary's in the data folder;
    /// `key` is the file of the public key that must have signed it.
    pub fn open(
        data_dir: &Path,
        own: Option<PathBuf>,
        key: Option<PathBuf>,
    ) -> anyhow::Result<Arc<Self>> {
        let (path, folder) = if let Some(path) = own {
            (path, None)
        } else {
            let folder = data_dir.join(FOLDER);
            std::fs::create_dir_all(&folder)
                .with_context(|| format!("cannot create {}", folder.display()))?;
            (folder.join(FILE), Some(folder))
        };
        Ok(Arc::new(Self { file: VulndbFile::at(path, key), folder }))
    }

    /// The database in use; none where there is none yet.
    pub fn present(&self) -> Option<Arc<VulnDb>> {
        self.file.present()
    }

    /// The database in use, as it is replaced.
    pub fn watch(&self) -> watch::Receiver<Option<Arc<VulnDb>>> {
        self.file.watch()
    }

    async fn take(&self, folder: &Path, link: &LinkHandle, offer: &Offer) -> Result<(), Failure> {
        let away = || DownloadError::Primary("it is out of reach".to_owned());
        let channel = link.channel().ok_or_else(away)?;
        let partial = folder.join(format!("{}.{PARTIAL}", offer.offered.digest));
        tidy(folder, Some(&partial)).map_err(DownloadError::from)?;
        let resumed = fetch(channel, &offer.wire, &partial).await?;
        let Err(error) = self.file.replace(&partial, offer.offered).await else { return Ok(()) };
        match error {
            FileError::Replace { .. } | FileError::Cancelled(_) => {
                Err(DownloadError::File(std::io::Error::other(error)).into())
            }
            error => {
                tidy(folder, None).map_err(DownloadError::from)?;
                // The part that was there may have been the damaged one.
                if resumed && matches!(error, FileError::Open(OpenError::Damaged { .. })) {
                    return Err(DownloadError::Primary(error.to_string()).into());
                }
                Err(Failure::Refused(error))
            }
        }
    }
}

/// What the primary has, in words that can be used.
#[derive(Clone, Debug)]
struct Offer {
    wire: VulndbOffer,
    offered: Offered,
}

impl Offer {
    fn read(wire: VulndbOffer) -> Option<Self> {
        let digest = Digest::try_from(&*wire.digest).ok()?;
        let key = PublicKey::from_bytes(wire.public_key.as_ref().try_into().ok()?);
        let offered = Offered { digest, key, allow_older: wire.allow_older };
        Some(Self { wire, offered })
    }
}

/// What an agent says of the database that it scans with.
pub(crate) fn held(database: &VulnDb) -> VulndbHeld {
    VulndbHeld {
        digest: bytes::Bytes::copy_from_slice(database.digest().as_bytes()),
        version: database.version().to_owned(),
        built_at: database.built_at().timestamp(),
    }
}

/// Keeps the database as new as the primary's, or as the operator's file,
/// until `stop`.
pub async fn run(
    vulndb: Arc<Vulndb>,
    link: Arc<LinkHandle>,
    controller: Controller,
    clock: SharedClock,
    stop: CancellationToken,
) {
    let keeper = Keeper { vulndb, link, controller, clock };
    stop.run_until_cancelled(async {
        tokio::join!(keeper.look(), keeper.follow());
    })
    .await;
}

struct Keeper {
    vulndb: Arc<Vulndb>,
    link: Arc<LinkHandle>,
    controller: Controller,
    clock: SharedClock,
}

impl Keeper {
    /// Looks at the file, and tells the operator how it is.
    async fn look(&self) {
        let mut told: Option<String> = None;
        let mut shown: Option<Arc<VulnDb>> = None;
        let mut warned: Option<DateTime<Utc>> = None;
        loop {
            // An error is in the refusal, or means that there is none yet.
            let present = self.vulndb.file.current().await.ok();
            let refusal = self.vulndb.file.refusal().await;
            if let Some(refusal) = &refusal
                && told.as_ref() != Some(refusal)
            {
                self.note(name::VULNDB_REFUSED, level::ERROR, refusal).await;
            }
            told = refusal;
            if let Some(present) = present {
                let now = self.clock.now();
                self.measure(&present, shown.as_deref(), now).await;
                if now - present.built_at() > OLD_AFTER
                    && warned.is_none_or(|at| now - at > AGAIN)
                    && self.is_alone_with(&present)
                {
                    let text = format!(
                        "The vulnerability database {} is older than {} days: its newest record \
                         is of {}.",
                        present.version(),
                        OLD_AFTER.num_days(),
                        present.create_time()
                    );
                    self.note(name::VULNDB_OUTDATED, level::WARNING, &text).await;
                    warned = Some(now);
                }
                shown = Some(present);
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Whether nobody else warns of it: the primary does of its own.
    fn is_alone_with(&self, present: &VulnDb) -> bool {
        let offers = self.link.vulndb_offers();
        let offer = offers.borrow();
        !self.link.standing().is_connected()
            || offer.as_ref().is_none_or(|offer| *offer.digest != *present.digest().as_bytes())
    }

    async fn measure(&self, present: &VulnDb, shown: Option<&VulnDb>, now: DateTime<Utc>) {
        let info = |version: &str| metrics::gauge!("palisade_agent_vulndb_info", "version" => version.to_owned());
        let age = (now - present.built_at()).num_seconds();
        metrics::gauge!("palisade_agent_vulndb_age_seconds").set(age as f64);
        if shown.is_some_and(|shown| shown.digest() == present.digest()) {
            return;
        }
        if let Some(shown) = shown {
            info(shown.version()).set(0.0);
        }
        info(present.version()).set(1.0);
        let text = format!(
            "Scans use the vulnerability database {} of {}.",
            present.version(),
            present.create_time()
        );
        self.note(name::SCANNER_UPDATE, level::INFO, &text).await;
    }

    /// Fetches what the primary has.
    async fn follow(&self) {
        let Some(folder) = &self.vulndb.folder else { return };
        // What was there at the start is known before anything is fetched.
        let _ = self.vulndb.file.current().await;
        let mut offers = self.link.vulndb_offers();
        offers.mark_changed();
        let mut backoff = Backoff::new(LEAST_PAUSE, LONGEST_PAUSE);
        let mut wanted: Option<Offer> = None;
        let mut refused: Option<Digest> = None;
        loop {
            let taking = async {
                match &wanted {
                    Some(offer) => (offer, self.vulndb.take(folder, &self.link, offer).await),
                    None => std::future::pending().await,
                }
            };
            let taken = tokio::select! {
                changed = offers.changed() => match changed {
                    Ok(()) => None,
                    // The link is gone for good.
                    Err(_) => return,
                },
                taken = taking => Some(taken),
            };
            let pause = match taken {
                None => {
                    let offer = offers.borrow_and_update().clone().and_then(Offer::read);
                    wanted = offer.filter(|offer| {
                        let digest = Some(offer.offered.digest);
                        // One that the operator insists on is tried again.
                        (refused != digest || offer.offered.allow_older)
                            && self.vulndb.present().map(|present| present.digest()) != digest
                    });
                    continue;
                }
                Some((_, Ok(()))) => {
                    wanted = None;
                    refused = None;
                    backoff.reset();
                    continue;
                }
                Some((offer, Err(Failure::Refused(error)))) => {
                    let text = format!("The database of the primary is refused: {error}.");
                    self.note(name::VULNDB_REFUSED, level::ERROR, &text).await;
                    refused = Some(offer.offered.digest);
                    wanted = None;
                    continue;
                }
                Some((_, Err(Failure::Download(error)))) => {
                    let pause = backoff.next(&mut rand::rng());
                    info!(%error, again_in_ms = pause.as_millis(), "the database is not here yet");
                    pause
                }
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                // The link is back, or there is another one.
                Ok(()) = offers.changed() => offers.mark_changed(),
            }
        }
    }

    async fn note(&self, name: &str, level: &str, message: &str) {
        if level != level::INFO {
            warn!(event = name, message);
        }
        let event = Event { message: message.to_owned(), ..self.controller.event(name, level) };
        if let Err(error) = self.controller.record_event(&event).await {
            error!(%error, name, "an event about the vulnerability database is lost");
        }
    }
}
