//! The downward half of a link: two lanes, merged when the connection has room
//! for a message. Control goes first; the state lane is no queue but a position
//! in the ring that all links share.

use std::sync::Arc;

use palisade_api::encoded::EncodedDown;
use palisade_api::federation::{Down, down};
use palisade_sync::Outlet;
use tokio::sync::mpsc;

use super::stream::Downstream;
use super::vulndb::Offers;
use crate::federation::fanout::DownEnvelope;
use crate::federation::link_registry::LinkRegistry;
use crate::federation::member_link::MemberLink;
use crate::federation::source::DatabaseSource;

/// One log on its way to one member.
pub(super) type FederationOutlet = Outlet<DatabaseSource, DownEnvelope>;

/// The downward half of a link. When it is dropped, the link has ended.
#[derive(Debug)]
pub(super) struct Downward {
    links: Arc<LinkRegistry>,
    link: Arc<MemberLink>,
    control: mpsc::Receiver<EncodedDown>,
    federation: Option<FederationOutlet>,
    verdicts: Option<FederationOutlet>,
    /// None where the member does not scan.
    vulndb: Option<Offers>,
    ended: bool,
}

impl Downward {
    pub(super) fn new(
        links: Arc<LinkRegistry>,
        link: Arc<MemberLink>,
        control: mpsc::Receiver<EncodedDown>,
        federation: Option<FederationOutlet>,
        verdicts: Option<FederationOutlet>,
        vulndb: Option<Offers>,
    ) -> Self {
        Self { links, link, control, federation, verdicts, vulndb, ended: false }
    }

    pub(super) fn into_messages(self) -> Downstream {
        Box::pin(futures_util::stream::unfold(self, |mut downward| async move {
            let message = downward.next().await?;
            Some((message, downward))
        }))
    }

    async fn next(&mut self) -> Option<EncodedDown> {
        if self.ended {
            return None;
        }
        tokio::select! {
            biased;
            () = self.link.stop.cancelled() => {
                self.ended = true;
                let bye = self.link.take_bye()?;
                Some(EncodedDown::from(&Down { body: Some(down::Body::Bye(bye)) }))
            }
            Some(message) = self.control.recv() => Some(message),
            message = next_of(&mut self.federation) => Some(message),
            message = next_of(&mut self.verdicts) => Some(message),
            message = offer_of(&mut self.vulndb) => Some(message),
        }
    }
}

async fn offer_of(offers: &mut Option<Offers>) -> EncodedDown {
    match offers {
        Some(offers) => {
            let body = down::Body::Vulndb(offers.next().await);
            EncodedDown::from(&Down { body: Some(body) })
        }
        None => std::future::pending().await,
    }
}

async fn next_of(outlet: &mut Option<FederationOutlet>) -> EncodedDown {
    match outlet {
        Some(outlet) => outlet.next().await,
        None => std::future::pending().await,
    }
}

impl Drop for Downward {
    fn drop(&mut self) {
        self.link.stop.cancel();
        self.links.leave(&self.link);
        tracing::info!(cluster = %self.link.cluster, "a member disconnected");
    }
}
