//! How our messages get to a provider: by the browser's address, or by a form
//! that a page of ours has the browser post.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::Url;

use super::binding::{Part, address};
use super::envelope::signed;
use super::settings::Binding;
use super::{KeyPair, Result, SamlError, SamlSettings, Step};
use crate::identity::Identity;
use crate::identity::directory::Kind;
use crate::identity::sso::SsoError;

/// What a provider is asked for, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Logging in.
    Login,
    /// Logging out.
    Logout,
}

impl Service {
    /// Its name in addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Logout => "logout",
        }
    }

    /// The service of a name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Login, Self::Logout].into_iter().find(|service| service.as_str() == text)
    }

    const fn of(self, settings: &SamlSettings) -> (Binding, &String) {
        match self {
            Self::Login => (settings.sso_binding, &settings.sso_url),
            Self::Logout => (settings.slo_binding, &settings.slo_url),
        }
    }
}

/// A message on its way.
pub(super) struct Parcel<'a> {
    /// Where it goes.
    pub(super) service: Service,
    /// What it is, and its XML.
    pub(super) message: (Part, &'a str),
    /// By what it is known.
    pub(super) id: &'a str,
    /// What comes back beside the answer.
    pub(super) relay_state: Option<&'a str>,
    /// What signs it, if anything.
    pub(super) key_pair: Option<&'a KeyPair>,
}

impl Parcel<'_> {
    /// Where the browser goes to bring it to the provider `server`. By which
    /// host browsers reach us, an address of ours tells, `near`.
    pub(super) fn send(&self, settings: &SamlSettings, server: &str, near: &str) -> Result<Url> {
        let (binding, to) = self.service.of(settings);
        match binding {
            Binding::Redirect => address(to, self.message, self.relay_state, self.key_pair),
            Binding::Post => self.page(server, near),
        }
    }

    /// The address of our page that has the browser post it. All is in there:
    /// nothing has to be kept, and who makes one up gains nothing by our page.
    fn page(&self, server: &str, near: &str) -> Result<Url> {
        let failed = |reason: &dyn std::fmt::Display| SamlError::at(Step::Recipient, reason);
        let near: Url = near.parse().map_err(|error| failed(&error))?;
        let path = format!("/v1/token_auth_server/{server}/post");
        let mut page = near.join(&path).map_err(|error| failed(&error))?;
        let (part, message) = self.message;
        let message = match self.key_pair {
            Some(key_pair) => signed(message, self.id, key_pair)?,
            None => message.to_owned(),
        };
        let mut query = page.query_pairs_mut();
        query.append_pair("service", self.service.as_str());
        query.append_pair(part.name(), &STANDARD.encode(message));
        if let Some(state) = self.relay_state {
            query.append_pair("RelayState", state);
        }
        drop(query);
        Ok(page)
    }
}

impl Identity {
    /// Where messages for a service of the provider `server` are posted to.
    pub async fn saml_post_address(
        &self,
        server: &str,
        service: Service,
    ) -> std::result::Result<String, SsoError> {
        let row = self.sso_server(server).await?;
        let Kind::Saml(settings) = &row.settings.kind else { return Err(SsoError::NoProvider) };
        match service.of(settings) {
            (Binding::Post, to) if !to.is_empty() => Ok(to.clone()),
            _ => Err(SsoError::NoProvider),
        }
    }
}
