//! What the primary tells of itself, and where that is kept.

use palisade_api::federation::{PrimaryAddress as PrimaryAddressMessage, TrustBundle};
use palisade_transport::client::PrimaryAddress;
use palisade_transport::identity::Membership;
use rustls_pki_types::CertificateDer;
use tracing::{info, warn};

use super::Session;

impl Session<'_> {
    /// The authorities to trust from now on.
    pub(super) fn trust(&mut self, bundle: &TrustBundle) {
        let authorities: Vec<CertificateDer<'static>> =
            bundle.authorities.iter().map(|der| der.to_vec().into()).collect();
        // A bundle without the one of this connection would lock this cluster out.
        let verified = self.connection.authority();
        if !verified.is_some_and(|verified| authorities.contains(verified)) {
            warn!("the primary tells of authorities that this connection is not of; ignored");
            return;
        }
        self.learn(|present| Membership { authorities, ..present });
    }

    /// The primary wants to be reached elsewhere from now on.
    pub(super) fn moved(&mut self, address: &PrimaryAddressMessage) {
        let Ok(port) = u16::try_from(address.port) else { return };
        let address = PrimaryAddress { host: address.server.clone(), port }.to_string();
        if address.parse::<PrimaryAddress>().is_ok() {
            self.learn(|present| present.announced(&address));
        }
    }

    /// Stores what the primary tells of itself, where that is new. The connection
    /// stays; the next one uses it.
    fn learn(&mut self, change: impl FnOnce(Membership) -> Membership) {
        let Some(identity) = self.handle.identity() else { return };
        let present = identity.membership();
        let told = change(present.clone());
        if told == *present {
            return;
        }
        info!(
            address = told.primary_address,
            authorities = told.authorities.len(),
            "the primary told its address and authorities"
        );
        if let Err(error) = self.handle.replace_identity(identity.with_membership(told)) {
            warn!(%error, "what the primary told of itself could not be stored");
        }
    }
}
