//! The way to a provider.

use palisade_identity::api_key;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::attempt::{LIFE, Pending, Stage, check_redirect, hash};
use super::{SsoError, SsoKind};
use crate::identity::Identity;
use crate::identity::directory::{DirectoryError, DirectoryRow, Kind};

/// A login at a provider that shall begin.
#[derive(Debug)]
pub struct BeginSso {
    /// The provider.
    pub server: String,
    /// Where the provider sends the browser afterwards.
    pub redirect_endpoint: String,
    /// Whether the login is to be tied to this browser.
    pub for_browser: bool,
    /// Where the call comes from.
    pub address: String,
}

/// A login at a provider that began.
#[derive(Debug)]
pub struct SsoBegun {
    /// What the provider speaks.
    pub kind: SsoKind,
    /// Where the browser goes.
    pub url: Url,
    /// What the browser shall hold, if the login is tied to it.
    pub browser: Option<SecretString>,
}

/// What one kind of provider makes of a beginning login.
#[derive(Debug)]
pub(in crate::identity) struct Journey {
    /// Where the browser goes.
    pub(in crate::identity) url: Url,
    /// By what the login is known when it comes back.
    pub(in crate::identity) state: String,
    /// What is needed then.
    pub(in crate::identity) stage: Stage,
}

impl Identity {
    /// The providers of single sign-on that can be used, by name.
    pub async fn sso_servers(&self) -> Result<Vec<(String, SsoKind)>, SsoError> {
        let rows = self.directories().await?.into_iter().filter(|row| row.settings.enable);
        let usable = rows.filter_map(|row| {
            let kind = kind_of(&row)?;
            Some((row.name, kind))
        });
        Ok(usable.collect())
    }

    /// Begins a login at a provider.
    pub async fn begin_sso(&self, begin: BeginSso) -> Result<SsoBegun, SsoError> {
        let row = self.sso_server(&begin.server).await?;
        check_redirect(&begin.redirect_endpoint)?;
        let (kind, journey) = match &row.settings.kind {
            Kind::Oidc(settings) => {
                let journey = self.begin_oidc(&row, settings, &begin.redirect_endpoint).await?;
                (SsoKind::Oidc, journey)
            }
            Kind::Saml(settings) => {
                (SsoKind::Saml, self.begin_saml(&row, settings, &begin.redirect_endpoint)?)
            }
            Kind::Ldap(_) => return Err(SsoError::NoProvider),
        };
        let browser = begin.for_browser.then(api_key::generate).transpose()?;
        let browser_hash = browser.as_ref().map(|secret| hash(secret.expose_secret()));
        let redirect_endpoint = begin.redirect_endpoint;
        let began_at = self.clock.now();
        let pending = Pending { began_at, redirect_endpoint, stage: journey.stage };
        let who = (browser_hash, begin.address.as_str());
        self.keep_attempt(&row.name, &journey.state, &pending, who, LIFE).await?;
        Ok(SsoBegun { kind, url: journey.url, browser })
    }

    /// The provider `name`, if it can be used.
    pub(in crate::identity) async fn sso_server(
        &self,
        name: &str,
    ) -> Result<DirectoryRow, SsoError> {
        match self.directory(name).await {
            Ok(row) if row.settings.enable && kind_of(&row).is_some() => Ok(row),
            Ok(_) | Err(DirectoryError::Missing) => Err(SsoError::NoProvider),
            Err(error) => Err(error.into()),
        }
    }
}

fn kind_of(row: &DirectoryRow) -> Option<SsoKind> {
    match &row.settings.kind {
        Kind::Oidc(_) => Some(SsoKind::Oidc),
        Kind::Saml(_) => Some(SsoKind::Saml),
        Kind::Ldap(_) => None,
    }
}
