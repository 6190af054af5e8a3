//! From the commit of a change to every stream: reads the logs when something
//! was committed, encodes it once, and wakes the streams of this replica.

use std::sync::Arc;
use std::time::Duration;

use palisade_api::encoded::EncodedDown;
use palisade_api::federation::{Down, down};
use palisade_api::kind::LogId;
use palisade_api::sync::Frame;
use palisade_sync::Feed;
use palisade_sync::feed::FeedConfig;
use palisade_sync::frame::Envelope;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::source::DatabaseSource;
use crate::shutdown::Shutdown;
use crate::store::{Database, StoreError, change};

/// How often the logs are read although nobody said that there is anything: a
/// notification may be lost.
const POLL: Duration = Duration::from_secs(2);

/// The pause before the listener connects again.
const RECONNECT: Duration = Duration::from_secs(1);

/// A frame of the delta stream in the message of the link.
#[derive(Debug)]
pub struct DownEnvelope;

impl Envelope for DownEnvelope {
    type Message = EncodedDown;

    fn wrap(frame: Frame) -> EncodedDown {
        EncodedDown::from(&Down { body: Some(down::Body::Sync(frame)) })
    }

    fn size(message: &EncodedDown) -> usize {
        message.len()
    }
}

/// The logs of the federation, ready to be sent to any number of members.
pub type FederationFeed = Feed<DatabaseSource, DownEnvelope>;

/// The feed over the logs of `database`. It knows nothing before [`run`] has
/// read them.
pub fn feed(database: &Database, config: FeedConfig) -> Arc<FederationFeed> {
    Feed::new(DatabaseSource::new(database.clone()), &LogId::ALL, config)
}

/// Keeps the feed up to date until shutdown.
pub fn run(feed: &Arc<FederationFeed>, database: &Database, shutdown: &Shutdown) {
    let nudge = Arc::new(Notify::new());
    let (database, nudged, stop) = (database.clone(), nudge.clone(), shutdown.token().clone());
    shutdown.spawn("change-listener", async move {
        stop.run_until_cancelled(listen(&database, &nudged)).await;
    });
    let (feed, stop) = (feed.clone(), shutdown.token().clone());
    shutdown.spawn("fanout", async move {
        stop.run_until_cancelled(read(&feed, &nudge)).await;
    });
}

/// Nudges at each notification, and whenever some may have been missed.
async fn listen(database: &Database, nudge: &Notify) {
    loop {
        if let Err(error) = listen_once(database, nudge).await {
            tracing::warn!(%error, "cannot listen for changes; reading the logs every {POLL:?}");
        }
        tokio::time::sleep(RECONNECT).await;
    }
}

async fn listen_once(database: &Database, nudge: &Notify) -> Result<(), StoreError> {
    let mut listener = database.listen().await?;
    listener.listen(change::CHANNEL).await?;
    loop {
        // Once before the first: what was committed meanwhile is not notified.
        nudge.notify_one();
        if listener.try_recv().await?.is_none() {
            // The connection broke, and is opened again by the next call.
            tracing::info!("the listener for changes was disconnected");
        }
    }
}

async fn read(feed: &FederationFeed, nudge: &Notify) {
    let mut failing = false;
    loop {
        // The time-out is the poll that heals a lost notification.
        drop(timeout(POLL, nudge.notified()).await);
        let outcome = refresh(feed).await;
        match &outcome {
            Err(error) if !failing => tracing::warn!(%error, "cannot read the logs; will retry"),
            Ok(()) if failing => tracing::info!("the logs can be read again"),
            _ => {}
        }
        failing = outcome.is_err();
        if failing {
            tokio::time::sleep(RECONNECT).await;
        }
    }
}

async fn refresh(feed: &FederationFeed) -> Result<(), StoreError> {
    for log in feed.logs() {
        feed.refresh(log).await?;
        let revision = feed.ring(log).and_then(palisade_sync::ring::Ring::head);
        if let Some(head) = revision {
            metrics::gauge!("palisade_log_revision", "log" => log_name(log))
                .set(head.revision.0 as f64);
        }
    }
    Ok(())
}

/// The name of a log in metrics.
pub const fn log_name(log: LogId) -> &'static str {
    match log {
        LogId::Federation => "federation",
        LogId::Verdicts => "verdicts",
    }
}
