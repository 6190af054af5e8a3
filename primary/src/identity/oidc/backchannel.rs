//! Being logged out by the provider (OpenID Connect Back-Channel Logout 1.0).

use thiserror::Error;

use super::logout_token::{Ended, LogoutToken, WrongToken};
use super::{OidcSettings, SsoError};
use crate::identity::Identity;
use crate::identity::directory::{DirectoryRow, Kind};
use crate::identity::sso::attempt::hash;
use crate::store::ended_session::{self, AtProvider};
use crate::store::provider_logout::{self, ProviderLogout};
use crate::store::{StoreError, provider_message};

/// A provider's word that ended nothing.
#[derive(Debug, Error)]
pub enum OidcLogoutError {
    /// It does not count.
    #[error(transparent)]
    Token(#[from] WrongToken),
    /// It does not count either, after too many from there that did not.
    #[error("too many logout tokens from there did not count; wait a minute and try again")]
    Damped,
    /// There is no such provider, or it cannot be asked for its keys.
    #[error(transparent)]
    Provider(#[from] SsoError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Identity {
    /// Ends the sessions that ended at the provider `server`, as a token says that came from
    /// `address`.
    pub async fn take_logout_token(
        &self,
        server: &str,
        token: &str,
        address: &str,
    ) -> Result<(), OidcLogoutError> {
        let row = self.sso_server(server).await?;
        let Kind::Oidc(settings) = &row.settings.kind else {
            return Err(SsoError::NoProvider.into());
        };
        let outcome = self.end_by_token(&row, settings, token, address).await;
        match outcome {
            Ok(()) => self.logout_damper.succeeded(server, address),
            Err(OidcLogoutError::Token(_)) if self.has_to_wait(server, address) => {
                return Err(OidcLogoutError::Damped);
            }
            Err(OidcLogoutError::Token(_)) => {
                self.logout_damper.failed(server, address, self.clock.now());
            }
            Err(_) => {}
        }
        outcome
    }

    /// Whether many tokens from there did not count. What a known key signed counts all the same:
    /// behind one proxy a stranger has the provider's address, and shall not keep its word out.
    fn has_to_wait(&self, server: &str, address: &str) -> bool {
        self.logout_damper.blocks(server, address, self.clock.now())
    }

    async fn end_by_token(
        &self,
        row: &DirectoryRow,
        settings: &OidcSettings,
        token: &str,
        address: &str,
    ) -> Result<(), OidcLogoutError> {
        let now = self.clock.now();
        let token = LogoutToken::read(token)?;
        // What costs nothing comes first: the provider's keys are asked for only by what could
        // be its word.
        let told = token.check(&settings.issuer, &settings.client_id, now)?;
        let known = self.provider(row, settings, false).await?;
        if !token.is_signed_by(known.metadata.jwks().keys()) {
            if self.has_to_wait(&row.name, address) {
                return Err(OidcLogoutError::Damped);
            }
            // The key may be a new one.
            let newer = self.provider(row, settings, true).await?;
            if !token.is_signed_by(newer.metadata.jwks().keys()) {
                return Err(WrongToken::UNSIGNED.into());
            }
        }
        let sids;
        let (whose, subject, session_hashes) = match told.ended {
            Ended::Subject(subject) => (AtProvider::Subject(subject), Some(subject), &[][..]),
            Ended::Session { sid, subject } => {
                sids = [hash(sid)];
                (AtProvider::Session { sid_hash: &sids[0], subject }, subject, &sids[..])
            }
        };
        let subject_hash = subject.map(hash);
        let over = ProviderLogout {
            server: &row.name,
            subject_hash: subject_hash.as_deref(),
            session_hashes,
        };
        let mut tx = self.database.begin().await?;
        // First: who removes the provider, and another who logs out there, wait for each other else.
        provider_logout::note(&mut tx, over, now).await?;
        if !provider_message::remember(&mut tx, &row.name, &hash(told.id), told.until, now).await? {
            return Err(WrongToken::KNOWN.into());
        }
        let ended = ended_session::delete_at_provider(&mut tx, &row.name, whose).await?;
        self.record_end_at_provider(&mut tx, (&row.name, address), &ended).await?;
        tx.commit().await.map_err(StoreError::from)?;
        self.forget_ended(&row.name, &ended);
        Ok(())
    }
}
