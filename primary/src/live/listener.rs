//! Hears what any replica committed.

use std::sync::Arc;
use std::time::Duration;

use super::{Live, Topic};
use crate::shutdown::Shutdown;
use crate::store::{Database, StoreError, change, live as store_live, member};

/// The pause before the listener connects again.
const RECONNECT: Duration = Duration::from_secs(1);

/// Listens until shutdown.
pub fn run(live: &Arc<Live>, database: &Database, shutdown: &Shutdown) {
    let (live, database, stop) = (Arc::clone(live), database.clone(), shutdown.token().clone());
    shutdown.spawn("live-listener", async move {
        stop.run_until_cancelled(listen(&live, &database)).await;
    });
}

async fn listen(live: &Live, database: &Database) {
    loop {
        if let Err(error) = listen_once(live, database).await {
            tracing::warn!(%error, "cannot listen for changes of lists; portals poll meanwhile");
        }
        tokio::time::sleep(RECONNECT).await;
    }
}

async fn listen_once(live: &Live, database: &Database) -> Result<(), StoreError> {
    let mut listener = database.listen().await?;
    listener.listen_all([store_live::CHANNEL, change::CHANNEL, member::CHANNEL]).await?;
    // What was committed meanwhile is not notified.
    live.all_changed();
    loop {
        let Some(notification) = listener.try_recv().await? else {
            // The connection broke, and is opened again by the next call.
            live.all_changed();
            continue;
        };
        let topic = match notification.channel() {
            change::CHANNEL => Some(Topic::Rules),
            member::CHANNEL => Some(Topic::Members),
            _ => Topic::parse(notification.payload()),
        };
        if let Some(topic) = topic {
            live.changed(topic);
        }
    }
}
