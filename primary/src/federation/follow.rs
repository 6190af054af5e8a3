//! What changed about the members, their certificates and the primary's address, by
//! whichever replica: each takes it up, and lets its own members know.

use std::sync::Arc;
use std::time::Duration;

use palisade_api::federation::{PrimaryAddress, bye, down};
use palisade_api::rest::fed::RestInfo;

use super::address::federation_address;
use super::member_link::MemberLink;
use super::promotion;
use crate::App;
use crate::store::{self, StoreError};

/// How often the removed members are read even when nobody notified.
const RELOAD_PERIOD: Duration = Duration::from_secs(30);
/// The pause after the database failed.
const RETRY_PAUSE: Duration = Duration::from_secs(2);

/// Learns of members that other replicas removed, and of addresses that others were
/// given, until shutdown.
pub fn watch(app: &App) {
    let stop = app.shutdown.token().clone();
    let app = app.clone();
    app.shutdown.clone().spawn("members", async move {
        stop.run_until_cancelled(follow(&app)).await;
    });
}

async fn follow(app: &App) {
    let mut address = None;
    loop {
        if let Err(error) = follow_once(app, &mut address).await {
            tracing::warn!(%error, "cannot follow the members");
            tokio::time::sleep(RETRY_PAUSE).await;
        }
    }
}

async fn follow_once(app: &App, address: &mut Option<RestInfo>) -> Result<(), StoreError> {
    let mut listener = app.database.listen().await?;
    listener.listen(store::member::CHANNEL).await?;
    loop {
        // Read after listening began: what happens in between is notified.
        let mut conn = app.database.acquire().await?;
        let removed = store::member::removed(&mut conn, app.clock.now()).await?;
        let revoked = store::certificate::revoked(&mut conn, app.clock.now()).await?;
        let unapproved = store::member::unapproved(&mut conn).await?;
        let federation = store::federation::get(&mut conn).await?;
        drop(conn);
        let approved = |link: &MemberLink| link.pending && !unapproved.contains(&link.cluster);
        app.trust.removed.extend(&removed);
        app.trust.removed.revoke(&revoked);
        app.links.dismiss(&removed, bye::Reason::Removed);
        app.links.part_with_revoked(&revoked);
        tell_address(app, address, federation_address(&app.config, &federation)).await;
        for link in app.links.all().into_iter().filter(|link| approved(link)) {
            app.links.welcome_anew(link.cluster);
        }
        app.trust.unapproved.store(Arc::new(unapproved));
        if let Ok(received) = tokio::time::timeout(RELOAD_PERIOD, listener.recv()).await {
            received?;
        }
    }
}

/// Tells the members of this replica where the primary is reached from now on, if
/// that is not what they were told when they connected.
async fn tell_address(app: &App, told: &mut Option<RestInfo>, address: RestInfo) {
    let before = told.replace(address.clone());
    if before.is_none_or(|before| before == address) {
        return;
    }
    // The new name stands in the certificate before anybody dials it.
    promotion::renew_listeners(app).await;
    let RestInfo { server, port } = address;
    app.links.tell_all(&down::Body::Address(PrimaryAddress { server, port }));
}
