//! Logging out at the provider too.

use palisade_identity::Caller;
use url::Url;

use super::attempt::check_redirect;
use super::{SsoError, SsoKind};
use crate::identity::Identity;
use crate::identity::directory::Kind;

/// A logout at a provider.
#[derive(Debug)]
pub struct LogoutSso<'a> {
    /// The provider.
    pub server: &'a str,
    /// Where the provider sends the browser afterwards.
    pub redirect_endpoint: Option<&'a str>,
    /// Who asks, where a provider of SAML knows us by another name than
    /// `redirect_endpoint`.
    pub issuer: Option<&'a str>,
}

/// Where a logout goes on.
#[derive(Debug)]
pub struct SsoLogout {
    /// What the provider speaks.
    pub kind: SsoKind,
    /// Where the browser goes.
    pub url: Url,
}

impl Identity {
    /// Where the browser goes to log out at the provider, which sends it to
    /// `redirect_endpoint` afterwards.
    pub async fn sso_logout(
        &self,
        caller: &Caller,
        logout: LogoutSso<'_>,
    ) -> Result<SsoLogout, SsoError> {
        let row = self.sso_server(logout.server).await?;
        logout.redirect_endpoint.map_or(Ok(()), check_redirect)?;
        if caller.server != logout.server {
            return Err(SsoError::Refused("the session is not of this provider"));
        }
        let (kind, url) = match &row.settings.kind {
            Kind::Oidc(settings) => {
                let endpoint = logout.redirect_endpoint;
                (SsoKind::Oidc, self.logout_oidc(caller, &row, settings, endpoint).await?)
            }
            Kind::Saml(settings) => {
                (SsoKind::Saml, self.logout_saml(caller, &row, settings, &logout).await?)
            }
            Kind::Ldap(_) => return Err(SsoError::NoProvider),
        };
        Ok(SsoLogout { kind, url })
    }
}
