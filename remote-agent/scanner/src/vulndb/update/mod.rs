//! Renewing the database: fetch what changed, build, verify, swap.
//!
//! A source that cannot be fetched, or whose new copy holds nothing valid,
//! keeps its last good copy, and the outcome says so. The file in use is
//! replaced by a rename, and only by one that was opened and verified.

mod cache;
mod fetch;
mod increment;
mod origin;
mod pages;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use thiserror::Error;
use tokio::task::{JoinError, spawn_blocking};
use tracing::{info, warn};

use super::build::{self, BuildError, BuildSummary, build};
use super::feed::{FeedKind, SourceSpec};
use super::open::{OpenError, Outdated, Trust, VulnDb};
use super::signing::{KeyError, SigningKey, key_path};
use crate::source::registry::Patience;
use cache::Cache;
pub use cache::CacheError;
pub use fetch::FetchError;
use fetch::{Answer, Client};
pub use origin::{NoOrigin, Origin, UpdateSource};
pub use pages::Paging;

/// How the database is renewed.
#[derive(Clone, Debug)]
pub struct UpdateSettings {
    /// The sources; their order does not matter for the result.
    pub sources: Vec<UpdateSource>,
    /// The folder of fetched copies, for one update at a time.
    pub cache: PathBuf,
    /// The database.
    pub out: PathBuf,
    /// The file of the key that signs it, made where there is none.
    pub key: PathBuf,
    /// Certificates (DER) that are trusted beside those of the system.
    pub extra_roots: Vec<rustls::pki_types::CertificateDer<'static>>,
    /// Whether a database is put in place though it is older than the one that
    /// is there.
    pub allow_older: bool,
    /// Bytes of one source at most.
    pub source_bytes: u64,
    /// How often and how long servers are asked.
    pub patience: Patience,
    /// How those are asked that answer in pages.
    pub paging: Paging,
}

impl UpdateSettings {
    /// Settings with the usual limits.
    pub fn new(sources: Vec<UpdateSource>, cache: PathBuf, out: PathBuf) -> Self {
        Self {
            key: key_path(&out),
            sources,
            cache,
            out,
            extra_roots: Vec::new(),
            allow_older: false,
            source_bytes: 8 << 30,
            patience: Patience::default(),
            paging: Paging::with_key(None),
        }
    }
}

/// What became of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceOutcome {
    /// A file or folder of this machine.
    Local,
    /// A new copy was fetched.
    Fetched {
        /// Its size.
        bytes: u64,
    },
    /// What changed since was put into the last copy.
    Renewed {
        /// How many records.
        records: u64,
    },
    /// The server says that the copy is the newest.
    Unchanged,
    /// The last copy is used, since there is no better one.
    Kept {
        /// When it was fetched.
        since: DateTime<Utc>,
        /// Why.
        reason: String,
    },
}

/// What an update did.
#[derive(Clone, Debug)]
pub struct UpdateSummary {
    /// What became of each source, in the order of the settings.
    pub sources: Vec<(String, SourceOutcome)>,
    /// The database that was built.
    pub build: BuildSummary,
    /// Whether it differs from the one before.
    pub changed: bool,
}

impl UpdateSummary {
    /// Whether a source is not as new as it should be.
    pub fn is_stale(&self) -> bool {
        self.sources.iter().any(|(_, outcome)| matches!(outcome, SourceOutcome::Kept { .. }))
    }
}

/// An update that left the database as it was.
#[derive(Debug, Error)]
pub enum UpdateError {
    /// A source was never fetched and cannot be now.
    #[error("source {name} has no copy yet and cannot be fetched: {source}")]
    NoCopy {
        /// The source.
        name: String,
        /// Why.
        source: FetchError,
    },
    /// A source was never fetched, and what came now is no feed.
    #[error("source {name} has no copy yet, and what was fetched is refused: {reason}")]
    Refused {
        /// The source.
        name: String,
        /// Why.
        reason: String,
    },
    /// The folder of copies fails.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// There is no key to sign with.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Nothing can be fetched at all.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The database could not be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// What was built cannot be opened.
    #[error("the new database is refused: {0}")]
    Verify(#[from] OpenError),
    /// What was built would be a step back.
    #[error("sources are missing or went back (--allow-older takes it all the same): {0}")]
    Outdated(#[from] Outdated),
    /// The new file cannot take the place of the old.
    #[error("cannot replace {}: {source}", path.display())]
    Swap {
        /// The database.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A part of the work was cancelled.
    #[error("the update was cancelled: {0}")]
    Cancelled(#[from] JoinError),
}

/// Renews the database. `now` is the time by the caller's clock. Sources are
/// fetched one after the other, so that a server with several of them is not
/// pressed.
pub async fn update(
    settings: &UpdateSettings,
    now: DateTime<Utc>,
) -> Result<UpdateSummary, UpdateError> {
    let cache = Cache::open(&settings.cache)?;
    let key = SigningKey::at(&settings.key)?;
    let client = Client::new(settings)?;
    let mut outcomes = Vec::new();
    let mut specs = Vec::new();
    for source in &settings.sources {
        let name = source.to_string();
        let (path, outcome) = match &source.origin {
            Origin::Path(path) => (path.clone(), SourceOutcome::Local),
            Origin::Url(_) => renew(source, &cache, &client, now).await?,
        };
        match &outcome {
            SourceOutcome::Kept { since, reason } => {
                warn!(source = name, %since, reason, "the last copy of a source is used");
            }
            outcome => info!(source = name, ?outcome, "source is ready"),
        }
        specs.push(SourceSpec { kind: source.kind, path });
        outcomes.push((name, outcome));
    }
    let out = settings.out.clone();
    let allow_older = settings.allow_older;
    let rebuilding = spawn_blocking(move || rebuild(&specs, &out, &key, allow_older));
    let (build, changed) = rebuilding.await??;
    Ok(UpdateSummary { sources: outcomes, build, changed })
}

/// The newest good copy of a source.
async fn renew(
    source: &UpdateSource,
    cache: &Cache,
    client: &Client,
    now: DateTime<Utc>,
) -> Result<(PathBuf, SourceOutcome), UpdateError> {
    let Origin::Url(url) = &source.origin else {
        return Err(CacheError::no_url(source).into());
    };
    let slot = cache.slot(source.kind, url)?;
    let name = source.to_string();
    let known = slot.clone();
    if spawn_blocking(move || known.forget_damaged()).await?? {
        warn!(source = name, "the last copy of a source is damaged: it is fetched anew");
    }
    let answer = match source.kind {
        FeedKind::Nvd => client.fetch_nvd(url, &slot, now).await,
        _ => client.fetch(url, &slot).await,
    };
    let (fetched, outcome) = match answer {
        Ok(Answer::Unchanged) => return Ok((slot.copy(), SourceOutcome::Unchanged)),
        Ok(Answer::New(fetched)) => {
            let bytes = fetched.bytes;
            (fetched, SourceOutcome::Fetched { bytes })
        }
        Ok(Answer::Renewed(fetched, records)) => (fetched, SourceOutcome::Renewed { records }),
        Err(error) => {
            return match slot.state() {
                Some(state) => {
                    let since = state.fetched_at;
                    let reason = error.to_string();
                    Ok((slot.copy(), SourceOutcome::Kept { since, reason }))
                }
                None => Err(UpdateError::NoCopy { name, source: error }),
            };
        }
    };
    let spec = SourceSpec { kind: source.kind, path: fetched.path.clone() };
    match spawn_blocking(move || build::probe(&spec)).await? {
        Ok(()) => {
            let copy = slot.copy();
            spawn_blocking(move || slot.accept(fetched, now)).await??;
            Ok((copy, outcome))
        }
        Err(error) => {
            slot.refuse(&fetched)?;
            let reason = format!("the new copy is refused: {error}");
            match slot.state() {
                Some(state) => {
                    let since = state.fetched_at;
                    Ok((slot.copy(), SourceOutcome::Kept { since, reason }))
                }
                None => Err(UpdateError::Refused { name, reason: error.to_string() }),
            }
        }
    }
}

/// Builds beside the database, opens what was built, and puts it in place.
fn rebuild(
    specs: &[SourceSpec],
    out: &Path,
    key: &SigningKey,
    allow_older: bool,
) -> Result<(BuildSummary, bool), UpdateError> {
    let mut name = out.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let fresh = out.with_file_name(name);
    let swap = |source| UpdateError::Swap { path: out.to_owned(), source };
    let summary = build(specs, &fresh, key)?;
    let trust = Trust::Key(key.public());
    let verified = || -> Result<bool, UpdateError> {
        let database = VulnDb::open(&fresh, trust)?;
        // One that is damaged or missing is replaced in any case.
        let Ok(current) = VulnDb::open(out, trust) else { return Ok(true) };
        if !allow_older {
            database.not_older_than(current.built_at())?;
        }
        Ok(current.digest() != database.digest())
    };
    let changed = match verified() {
        Ok(changed) => changed,
        Err(error) => {
            fs::remove_file(&fresh).map_err(swap)?;
            return Err(error);
        }
    };
    if changed {
        fs::rename(&fresh, out).map_err(swap)?;
    } else {
        fs::remove_file(&fresh).map_err(swap)?;
    }
    Ok((summary, changed))
}
