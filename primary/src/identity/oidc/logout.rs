//! Logging out at the provider (RP-initiated logout).

use palisade_identity::Caller;
use secrecy::ExposeSecret as _;
use url::Url;

use super::{OidcSettings, SsoError};
use crate::identity::Identity;
use crate::identity::directory::{DirectoryError, DirectoryRow};
use crate::store::session;

/// What the provider's words are sealed for.
pub(super) const PURPOSE: &str = "ID token";

impl Identity {
    /// Where the browser goes to log out, to be sent to `redirect_endpoint`.
    pub(in crate::identity) async fn logout_oidc(
        &self,
        caller: &Caller,
        row: &DirectoryRow,
        settings: &OidcSettings,
        redirect_endpoint: Option<&str>,
    ) -> Result<Url, SsoError> {
        let provider = self.provider(row, settings, false).await?;
        let mut url = provider
            .metadata
            .additional_metadata()
            .end_session_endpoint
            .clone()
            .ok_or(SsoError::NoLogout)?;
        url.query_pairs_mut().append_pair("client_id", &settings.client_id);
        if let Some(endpoint) = redirect_endpoint {
            url.query_pairs_mut().append_pair("post_logout_redirect_uri", endpoint);
        }
        if let Some(id) = caller.session() {
            let mut conn = self.database.acquire().await?;
            if let Some(sealed) = session::id_token(&mut conn, id).await? {
                let token = self.sealer.open(PURPOSE, &sealed).map_err(DirectoryError::from)?;
                let token = String::from_utf8_lossy(token.expose_secret()).into_owned();
                url.query_pairs_mut().append_pair("id_token_hint", &token);
            }
        }
        Ok(url)
    }
}
