//! Logging in: the request by the browser's address, the response by its post.

use chrono::{DateTime, TimeDelta, Utc};
use palisade_identity::api_key;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use url::form_urlencoded;

use super::assertion::{Assertion, Expected, NameId};
use super::binding::Part;
use super::carrier::{Parcel, Service};
use super::logout::subject_hash;
use super::request::Head;
use super::response::{Reader, decode};
use super::trusted::Trusted;
use super::{KeyPair, SamlError, SamlSettings, Step, ns};
use crate::identity::Identity;
use crate::identity::directory::{DirectoryRow, GroupCase, Kind, ProviderLogin, Vouched};
use crate::identity::login::LoggedIn;
use crate::identity::sso::attempt::{Pending, Stage, Taken, hash};
use crate::identity::sso::begin::Journey;
use crate::identity::sso::{FinishSso, SsoError};
use crate::store::provider_message;

type Result<T, E = SsoError> = std::result::Result<T, E>;

/// Time for the page to fetch the session of a proof.
const PROOF_LIFE: TimeDelta = TimeDelta::minutes(2);

/// Who somebody is, as a provider proved it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(in crate::identity) struct Proof {
    username: String,
    subject: Option<String>,
    email: String,
    groups: Vec<String>,
    /// When the session at the provider ends, and with it that here.
    #[serde(default)]
    until: Option<DateTime<Utc>>,
    pub(super) session: ProviderSession,
}

/// The session at the provider, for logging out there.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct ProviderSession {
    pub(super) name_id: String,
    pub(super) format: String,
    pub(super) index: Option<String>,
    /// Who we were when it began.
    pub(super) endpoint: String,
}

impl Identity {
    /// Begins a login at a provider.
    pub(in crate::identity) fn begin_saml(
        &self,
        row: &DirectoryRow,
        settings: &SamlSettings,
        endpoint: &str,
    ) -> Result<Journey> {
        let id = message_id()?;
        let head = Head {
            id: &id,
            destination: &settings.sso_url,
            issuer: endpoint,
            at: self.clock.now(),
        };
        let key_pair =
            if settings.authn_signing_enabled { self.saml_key_pair(row, settings)? } else { None };
        let message = head.authn_request(endpoint);
        let parcel = Parcel {
            service: Service::Login,
            message: (Part::Request, &message),
            id: &id,
            relay_state: Some(&id),
            key_pair: key_pair.as_ref(),
        };
        let url = parcel.send(settings, &row.name, endpoint)?;
        Ok(Journey { url, state: id, stage: Stage::Saml })
    }

    /// Our own key pair for a provider, if there is one.
    pub(super) fn saml_key_pair(
        &self,
        row: &DirectoryRow,
        settings: &SamlSettings,
    ) -> Result<Option<KeyPair>> {
        let key = self.secret_of(row)?;
        if settings.signing_cert.is_empty() || key.expose_secret().is_empty() {
            return Ok(None);
        }
        Ok(Some(KeyPair::read(&settings.signing_cert, key.expose_secret())?))
    }

    /// Ends a login: with the response as it came to a client, or with the
    /// code for one that was posted to us.
    pub(in crate::identity) async fn finish_saml(
        &self,
        row: &DirectoryRow,
        settings: &SamlSettings,
        finish: FinishSso,
    ) -> Result<LoggedIn> {
        let (taken, proof) = if let Some(response) = posted(finish.code.expose_secret()) {
            self.proof(row, settings, &response, &finish.state).await?
        } else {
            self.posted_proof(&row.name, finish.code.expose_secret()).await?
        };
        taken.check(&finish.bringer())?;
        let login = ProviderLogin {
            began_at: taken.pending.began_at,
            until: proof.until,
            subject_hash: subject_hash(&row.name, &proof.session.name_id),
            session: self.kept(&row.name, &proof.session)?,
        };
        let vouched = Vouched {
            server: row.name.clone(),
            username: proof.username,
            subject: proof.subject,
            email: proof.email,
            groups: proof.groups,
            case: GroupCase::Matters,
            login: Some(login),
        };
        Ok(self.log_in_vouched(row, vouched, &finish.address).await?)
    }

    /// What a response proved that a browser posted to us.
    async fn posted_proof(&self, server: &str, code: &str) -> Result<(Taken, Proof)> {
        let mut taken = self.take_attempt(server, code).await?;
        match std::mem::replace(&mut taken.pending.stage, Stage::Saml) {
            Stage::Proven(proof) => Ok((taken, *proof)),
            Stage::Saml | Stage::Oidc { .. } => {
                Err(SsoError::Refused("the code is of another kind"))
            }
        }
    }

    /// Takes a response that a browser posted to us: the page
    /// that the browser goes to next fetches the session with the code, once
    /// and soon.
    pub async fn accept_saml(
        &self,
        server: &str,
        response: &str,
        address: &str,
    ) -> Result<SecretString> {
        let row = self.sso_server(server).await?;
        let Kind::Saml(settings) = &row.settings.kind else { return Err(SsoError::NoProvider) };
        let (taken, proof) = self.proof(&row, settings, response, "").await?;
        let code = api_key::generate()?;
        let pending = Pending {
            began_at: taken.pending.began_at,
            redirect_endpoint: taken.pending.redirect_endpoint,
            stage: Stage::Proven(Box::new(proof)),
        };
        let who = (taken.browser_hash, address);
        self.keep_attempt(server, code.expose_secret(), &pending, who, PROOF_LIFE).await?;
        Ok(code)
    }

    /// What a response proves, and the login that it answers.
    async fn proof(
        &self,
        row: &DirectoryRow,
        settings: &SamlSettings,
        response: &str,
        state: &str,
    ) -> Result<(Taken, Proof)> {
        let assertion = self.saml_assertion(row, settings, response).await?;
        let request = assertion.request()?;
        if !state.is_empty() && state != request {
            return Err(SsoError::Refused("the response answers another login"));
        }
        let taken = self.take_attempt(&row.name, request).await?;
        if !matches!(taken.pending.stage, Stage::Saml) {
            return Err(SsoError::Refused("the state is of another kind of provider"));
        }
        let endpoint = taken.pending.redirect_endpoint.as_str();
        let now = self.clock.now();
        let expected = Expected { issuer: &settings.issuer, endpoint, now };
        let until = assertion.check(&expected)?;
        let id = hash(&assertion.id);
        let mut conn = self.database.acquire().await?;
        if !provider_message::remember(&mut conn, &row.name, &id, until, now).await? {
            return Err(SamlError::at(Step::Replay, "it came before").into());
        }
        let proof = proven(&assertion, settings, endpoint)?;
        Ok((taken, proof))
    }

    async fn saml_assertion(
        &self,
        row: &DirectoryRow,
        settings: &SamlSettings,
        response: &str,
    ) -> Result<Assertion> {
        let trusted = Trusted::of(settings)?;
        let key_pair = self.saml_key_pair(row, settings)?;
        let response = response.to_owned();
        self.saml_readers
            .read(move || {
                let reader = Reader { trusted: &trusted, key_pair: key_pair.as_ref() };
                reader.read(&decode(&response)?)
            })
            .await
    }
}

/// What an assertion that counts says of somebody.
pub(super) fn proven(
    assertion: &Assertion,
    settings: &SamlSettings,
    endpoint: &str,
) -> Result<Proof, SamlError> {
    let NameId { value, format } = assertion.name_id.clone();
    Ok(Proof {
        username: assertion.username()?,
        subject: Some(value.clone()).filter(|id| !id.is_empty() && format != ns::TRANSIENT),
        email: assertion.email(),
        groups: assertion.groups(&settings.group_claim),
        until: assertion.session_end(),
        session: ProviderSession {
            name_id: value,
            format,
            index: assertion.sessions.iter().find_map(|session| session.index.clone()),
            endpoint: endpoint.to_owned(),
        },
    })
}

/// The response in what a client got posted, if that is what it sends.
fn posted(token: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(token.as_bytes());
    pairs.find(|(name, _)| name == Part::Response.name()).map(|(_, value)| value.into_owned())
}

/// By what a message of ours is known: nobody guesses it, and it is a name of
/// XML.
pub(super) fn message_id() -> Result<String> {
    Ok(format!("_{}", api_key::generate()?.expose_secret()))
}
