//! Logging out here and at the provider, whoever begins.

use chrono::{DateTime, TimeDelta, Utc};
use palisade_identity::Caller;
use secrecy::ExposeSecret as _;
use url::Url;

use super::assertion::{LEEWAY, NameId, moment};
use super::binding::{Part, Received, receive};
use super::carrier::{Parcel, Service};
use super::login::{ProviderSession, message_id};
use super::request::Head;
use super::response::decode;
use super::signature::signed;
use super::trusted::Trusted;
use super::xml::{attribute, child, children, is, parse, text};
use super::{SamlError, SamlSettings, Step, ns};
use crate::identity::Identity;
use crate::identity::directory::{DirectoryError, DirectoryRow, Kind};
use crate::identity::sso::attempt::hash;
use crate::identity::sso::{LogoutSso, SsoError};
use crate::store::provider_logout::{self, ProviderLogout};
use crate::store::{StoreError, ended_session, provider_message, session};

type Result<T, E = SsoError> = std::result::Result<T, E>;

/// What the sessions at providers are sealed for.
const PURPOSE: &str = "SAML session";
/// A request to log out counts for so long.
const REQUEST_LIFE: TimeDelta = TimeDelta::minutes(10);

/// A message about a logout, as it came.
#[derive(Clone, Debug)]
pub enum LogoutMessage {
    /// By an address: its query.
    Redirect(String),
    /// By a post: request or response, and what came beside it.
    Post {
        /// `SAMLRequest`.
        request: Option<String>,
        /// `SAMLResponse`.
        response: Option<String>,
        /// `RelayState`.
        relay_state: Option<String>,
    },
}

/// What becomes of the browser that brought it.
#[derive(Debug)]
pub enum LogoutAnswer {
    /// The provider asked: it gets its answer there.
    Provider(Url),
    /// The provider answered: the browser is home.
    Done,
}

/// A request of a provider, whose signature counts.
struct Ended {
    id: String,
    issuer: String,
    destination: Option<String>,
    name_id: NameId,
    indexes: Vec<String>,
    not_on_or_after: Option<DateTime<Utc>>,
    issued_at: Option<DateTime<Utc>>,
}

impl Identity {
    /// What is kept of what the provider calls a session.
    pub(super) fn kept(
        &self,
        server: &str,
        at_provider: &ProviderSession,
    ) -> Result<session::ProviderSession> {
        let text = serde_json::to_vec(at_provider)
            .map_err(|error| StoreError::inconsistent("session", error))?;
        Ok(session::ProviderSession {
            sealed: self.sealer.seal(PURPOSE, &text).map_err(DirectoryError::from)?,
            name_id_hash: Some(subject_hash(server, &at_provider.name_id)),
            session_hash: at_provider.index.as_deref().map(hash),
        })
    }

    /// Where the browser goes to log out at the provider.
    pub(in crate::identity) async fn logout_saml(
        &self,
        caller: &Caller,
        row: &DirectoryRow,
        settings: &SamlSettings,
        logout: &LogoutSso<'_>,
    ) -> Result<Url> {
        if !settings.slo_enabled {
            return Err(SsoError::NoLogout);
        }
        let id = caller.session().ok_or(SsoError::Refused("an API key has no session there"))?;
        let mut conn = self.database.acquire().await?;
        let sealed = session::id_token(&mut conn, id).await?.ok_or(SsoError::NoLogout)?;
        drop(conn);
        let opened = self.sealer.open(PURPOSE, &sealed).map_err(DirectoryError::from)?;
        let at_provider: ProviderSession = serde_json::from_slice(opened.expose_secret())
            .map_err(|error| StoreError::inconsistent("session", error))?;
        let key_pair = self.saml_key_pair(row, settings)?;
        let id = message_id()?;
        let issuer = logout
            .issuer
            .filter(|issuer| !issuer.is_empty())
            .or(logout.redirect_endpoint)
            .unwrap_or(&at_provider.endpoint);
        let head = Head { id: &id, destination: &settings.slo_url, issuer, at: self.clock.now() };
        let name_id = NameId { value: at_provider.name_id, format: at_provider.format };
        let message = head.logout_request(&name_id, at_provider.index.as_deref());
        let parcel = Parcel {
            service: Service::Logout,
            message: (Part::Request, &message),
            id: &id,
            relay_state: Some(&id),
            key_pair: key_pair.as_ref(),
        };
        let near = logout.redirect_endpoint.unwrap_or(&at_provider.endpoint);
        Ok(parcel.send(settings, &row.name, near)?)
    }

    /// Takes a message about a logout that a browser brought from `address`; there we are
    /// called `issuer`.
    pub async fn take_saml_logout(
        &self,
        server: &str,
        message: LogoutMessage,
        issuer: &str,
        address: &str,
    ) -> Result<LogoutAnswer> {
        let row = self.sso_server(server).await?;
        let Kind::Saml(settings) = &row.settings.kind else { return Err(SsoError::NoProvider) };
        if !settings.slo_enabled {
            return Err(SsoError::NoLogout);
        }
        let trusted = Trusted::of(settings)?;
        let (asked, relay_state) = self.saml_readers.read(move || message.read(&trusted)).await?;
        // An answer changes nothing here: our session ended before we asked.
        let Some(ended) = asked else { return Ok(LogoutAnswer::Done) };
        self.end_provider_sessions(&row, settings, &ended, address).await?;
        let id = message_id()?;
        let head = Head { id: &id, destination: &settings.slo_url, issuer, at: self.clock.now() };
        let message = head.logout_response(&ended.id);
        let key_pair = self.saml_key_pair(&row, settings)?;
        let parcel = Parcel {
            service: Service::Logout,
            message: (Part::Response, &message),
            id: &id,
            relay_state: relay_state.as_deref(),
            key_pair: key_pair.as_ref(),
        };
        Ok(LogoutAnswer::Provider(parcel.send(settings, &row.name, issuer)?))
    }

    /// Ends the sessions here that belong to one there, if the request counts.
    async fn end_provider_sessions(
        &self,
        row: &DirectoryRow,
        settings: &SamlSettings,
        ended: &Ended,
        address: &str,
    ) -> Result<()> {
        let now = self.clock.now();
        let until = ended.check(settings, &row.name, now)?;
        let name = subject_hash(&row.name, &ended.name_id.value);
        let indexes: Vec<Vec<u8>> = ended.indexes.iter().map(|index| hash(index)).collect();
        let mut tx = self.database.begin().await?;
        let over = ProviderLogout {
            server: &row.name,
            subject_hash: Some(&name),
            session_hashes: &indexes,
        };
        // First: who removes the provider, and another who logs out there, wait for each other else.
        provider_logout::note(&mut tx, over, now).await?;
        if !provider_message::remember(&mut tx, &row.name, &hash(&ended.id), until, now).await? {
            return Err(SamlError::at(Step::Replay, "the request came before").into());
        }
        let ended = ended_session::delete_of_name_id(&mut tx, &name, &indexes).await?;
        self.record_end_at_provider(&mut tx, (&row.name, address), &ended).await?;
        tx.commit().await.map_err(StoreError::from)?;
        self.forget_ended(&row.name, &ended);
        Ok(())
    }
}

impl LogoutMessage {
    /// What it asks for, if it asks, and what came beside it.
    fn read(self, trusted: &Trusted) -> Result<(Option<Ended>, Option<String>), SamlError> {
        match self {
            Self::Redirect(query) => {
                let received = receive(&query)?;
                Ok((by_address(&received, trusted)?, received.relay_state))
            }
            Self::Post { request, response, relay_state } => {
                Ok((by_post(request.as_deref(), response.as_deref(), trusted)?, relay_state))
            }
        }
    }
}

impl Ended {
    fn read(root: xml_sec::Node<'_, '_>) -> Result<Self, SamlError> {
        let missing =
            |name: &str| SamlError::at(Step::Shape, format_args!("the request has no {name}"));
        let issuer = child(root, ns::ASSERTION, "Issuer")?.ok_or_else(|| missing("Issuer"))?;
        let name_id = child(root, ns::ASSERTION, "NameID")?.ok_or_else(|| missing("NameID"))?;
        let id = attribute(root, "ID").ok_or_else(|| missing("ID"))?;
        Ok(Self {
            id: id.to_owned(),
            issuer: text(issuer)?,
            destination: attribute(root, "Destination").map(str::to_owned),
            name_id: NameId::read(name_id)?,
            indexes: children(root, ns::PROTOCOL, "SessionIndex")
                .map(text)
                .collect::<Result<_, _>>()?,
            not_on_or_after: moment(root, "NotOnOrAfter")?,
            issued_at: moment(root, "IssueInstant")?,
        })
    }

    /// Whether it counts now; if so, until when it must not come again.
    fn check(
        &self,
        settings: &SamlSettings,
        server: &str,
        now: DateTime<Utc>,
    ) -> Result<DateTime<Utc>, SamlError> {
        if self.issuer != settings.issuer {
            return Err(SamlError::at(Step::Issuer, "another provider made it"));
        }
        // By which host we are reached, only those before us know.
        let ours = format!("/v1/token_auth_server/{server}/sls");
        let elsewhere =
            |found: &str| !found.parse::<Url>().is_ok_and(|url| url.path().ends_with(&ours));
        if self.destination.as_deref().is_some_and(elsewhere) {
            return Err(SamlError::at(Step::Recipient, "the request went to another address"));
        }
        let issued = self
            .issued_at
            .ok_or_else(|| SamlError::at(Step::Time, "the request has no IssueInstant"))?;
        let until =
            self.not_on_or_after.unwrap_or(issued + REQUEST_LIFE).min(issued + REQUEST_LIFE);
        if issued > now + LEEWAY || now - LEEWAY >= until {
            return Err(SamlError::at(Step::Time, "the request counts no more or not yet"));
        }
        Ok(until + LEEWAY)
    }
}

/// What came by an address: a request, which must be signed; or an answer.
fn by_address(received: &Received, trusted: &Trusted) -> Result<Option<Ended>, SamlError> {
    if received.part == Part::Request || received.is_signed() {
        received.check_signature(trusted)?;
    }
    parse(&received.message)?.with_view(|view| {
        let root = view.document().root_element();
        match received.part {
            Part::Request if is(root, ns::PROTOCOL, "LogoutRequest") => Ended::read(root).map(Some),
            Part::Response if is(root, ns::PROTOCOL, "LogoutResponse") => Ok(None),
            _ => Err(SamlError::at(Step::Shape, "the message is not about a logout")),
        }
    })
}

/// What came by a post; see [`by_address`].
fn by_post(
    request: Option<&str>,
    response: Option<&str>,
    trusted: &Trusted,
) -> Result<Option<Ended>, SamlError> {
    let shape = |reason| SamlError::at(Step::Shape, reason);
    match (request, response) {
        (Some(request), None) => {
            let document = parse(&decode(request)?)?;
            let id = document.with_view(|view| {
                let root = view.document().root_element();
                if child(root, ns::SIGNATURE, "Signature")?.is_none() {
                    return Err(SamlError::at(Step::Signature, "the message is not signed"));
                }
                attribute(root, "ID")
                    .map(str::to_owned)
                    .ok_or_else(|| shape("the request has no ID"))
            })?;
            signed(&document, &id, trusted)?.with_view(|view| {
                let root = view.document().root_element();
                if is(root, ns::PROTOCOL, "LogoutRequest") {
                    Ended::read(root).map(Some)
                } else {
                    Err(shape("the message is not about a logout"))
                }
            })
        }
        (None, Some(response)) => parse(&decode(response)?)?.with_view(|view| {
            if is(view.document().root_element(), ns::PROTOCOL, "LogoutResponse") {
                Ok(None)
            } else {
                Err(shape("the message is not about a logout"))
            }
        }),
        _ => Err(shape("there must be one of SAMLRequest and SAMLResponse")),
    }
}

/// By what the sessions of a provider's user are found.
pub(super) fn subject_hash(server: &str, name_id: &str) -> Vec<u8> {
    hash(&format!("{server}\n{name_id}"))
}
