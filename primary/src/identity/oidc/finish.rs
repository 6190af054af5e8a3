//! What the browser brings back from the provider.

use openidconnect::core::{CoreGenderClaim, CoreJwsSigningAlgorithm};
use openidconnect::{
    AuthorizationCode, ClaimsVerificationError, IdToken, IdTokenClaims, Nonce,
    OAuth2TokenResponse as _, PkceCodeVerifier, TokenResponse as _, UserInfoClaims,
};
use palisade_identity::secret;
use secrecy::{ExposeSecret as _, SecretString};

use super::begin::{PURPOSE, Pending, hash, oidc_of};
use super::claims::Claims;
use super::provider::{ALGORITHMS, Provider, chain};
use super::{OidcClient, OidcSettings, SsoError};
use crate::identity::Identity;
use crate::identity::directory::{DirectoryError, DirectoryRow, GroupCase, Vouched};
use crate::identity::login::LoggedIn;
use crate::store::{session, sso_attempt};

/// Longest code and state that are looked at, in bytes.
const MAX_TEXT: usize = 4_096;

type Token = IdToken<
    Claims,
    CoreGenderClaim,
    openidconnect::core::CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;

/// What the browser brings back.
#[derive(Debug)]
pub struct FinishSso {
    /// The provider.
    pub server: String,
    /// The code.
    pub code: SecretString,
    /// The state.
    pub state: String,
    /// The issuer that the provider named beside them (RFC 9207), if it did.
    pub issuer: Option<String>,
    /// Where the provider sent the browser.
    pub redirect_endpoint: String,
    /// What the browser holds, if anything.
    pub browser: Option<SecretString>,
    /// Whether the session becomes a cookie of this browser.
    pub for_browser: bool,
    /// Where the call comes from.
    pub address: String,
}

impl Identity {
    /// Ends a login at a provider: exchanges the code, verifies who it is, and
    /// begins a session.
    pub async fn finish_sso(&self, finish: FinishSso) -> Result<LoggedIn, SsoError> {
        let row = self.sso_server(&finish.server).await?;
        let pending = self.pending(&finish).await?;
        let provider = self.provider(&row, false).await?;
        check_issuer(&provider, &finish)?;
        let client = provider.client(&pending.redirect_endpoint)?;
        let unproven = |error: &dyn std::error::Error| SsoError::Unproven(chain(error));
        let answer = client
            .exchange_code(AuthorizationCode::new(finish.code.expose_secret().to_owned()))
            .map_err(|error| unproven(&error))?
            .set_pkce_verifier(PkceCodeVerifier::new(pending.pkce_verifier))
            .request_async(&provider.http)
            .await
            .map_err(|error| unproven(&error))?;
        let token = answer
            .id_token()
            .ok_or_else(|| SsoError::Unproven("there is no ID token in it".to_owned()))?;
        let claims = self.verified(&row, &provider, token, &Nonce::new(pending.nonce)).await?;
        let info = match client
            .user_info(answer.access_token().clone(), Some(claims.subject().clone()))
        {
            // Not every provider has one.
            Err(_) => None,
            Ok(request) => Some(
                request.request_async(&provider.http).await.map_err(|error| unproven(&error))?,
            ),
        };
        let settings = oidc_of(&row).ok_or(SsoError::NoProvider)?;
        let vouched = vouched(&row.name, settings, &claims, info.as_ref())?;
        let logged_in = self.log_in_vouched(&row.settings, vouched, &finish.address).await?;
        self.keep_id_token(&logged_in, token).await?;
        Ok(logged_in)
    }

    /// The attempt that the state belongs to. It is taken whatever follows:
    /// nobody tries twice with one.
    async fn pending(&self, finish: &FinishSso) -> Result<Pending, SsoError> {
        if finish.state.len() > MAX_TEXT || finish.code.expose_secret().len() > MAX_TEXT {
            return Err(SsoError::Refused("the code or the state is too long"));
        }
        let mut conn = self.database.acquire().await?;
        let attempt = sso_attempt::take(&mut conn, &hash(&finish.state), self.clock.now())
            .await?
            .ok_or(SsoError::Refused("the state is unknown, used or too old"))?;
        drop(conn);
        if attempt.server != finish.server {
            return Err(SsoError::Refused("the state belongs to another provider"));
        }
        let held = finish.browser.as_ref().map(|secret| hash(secret.expose_secret()));
        let same_browser = match (&attempt.browser_hash, &held) {
            (Some(wanted), Some(held)) => secret::equal(wanted, held),
            (Some(_), None) => false,
            // Nothing ties it to a browser, so no browser takes it for its own.
            (None, _) => !finish.for_browser,
        };
        if !same_browser {
            return Err(SsoError::Refused("the login began in another browser"));
        }
        let opened = self.sealer.open(PURPOSE, &attempt.sealed).map_err(DirectoryError::from)?;
        let pending: Pending = serde_json::from_slice(opened.expose_secret())
            .map_err(|error| crate::store::StoreError::inconsistent("sso_attempt", error))?;
        if pending.redirect_endpoint != finish.redirect_endpoint {
            return Err(SsoError::Refused("redirect_endpoint is not the one it began with"));
        }
        Ok(pending)
    }

    /// The claims of a token that the provider signed for us, now, for this
    /// login. A key that is not known may be a new one: it is looked for once.
    async fn verified(
        &self,
        row: &DirectoryRow,
        provider: &Provider,
        token: &Token,
        nonce: &Nonce,
    ) -> Result<IdTokenClaims<Claims, CoreGenderClaim>, SsoError> {
        match self.verify(provider, token, nonce) {
            Err(ClaimsVerificationError::SignatureVerification(_)) => {
                let newer = self.provider(row, true).await?;
                self.verify(&newer, token, nonce)
            }
            other => other,
        }
        .map_err(|error| SsoError::Unproven(chain(&error)))
    }

    fn verify(
        &self,
        provider: &Provider,
        token: &Token,
        nonce: &Nonce,
    ) -> Result<IdTokenClaims<Claims, CoreGenderClaim>, ClaimsVerificationError> {
        let client: OidcClient = provider
            .client("https://localhost/")
            .map_err(|error| ClaimsVerificationError::Other(error.to_string()))?;
        let clock = std::sync::Arc::clone(&self.clock);
        let verifier = client
            .id_token_verifier()
            .set_allowed_algs(ALGORITHMS)
            .set_time_fn(move || clock.now());
        token.claims(&verifier, nonce).cloned()
    }

    /// Keeps the provider's word beside the session, sealed, for logging out
    /// there.
    async fn keep_id_token(&self, logged_in: &LoggedIn, token: &Token) -> Result<(), SsoError> {
        let sealed = self
            .sealer
            .seal(super::logout::PURPOSE, token.to_string().as_bytes())
            .map_err(DirectoryError::from)?;
        let mut conn = self.database.acquire().await?;
        session::set_id_token(&mut conn, logged_in.session, &sealed).await?;
        Ok(())
    }
}

/// Against one provider's answer taken for another's: where the provider names
/// itself beside the code, the name must be its own; and it must be there where
/// the provider promises it and the client is our own page.
fn check_issuer(provider: &Provider, finish: &FinishSso) -> Result<(), SsoError> {
    let own = provider.metadata.issuer().as_str();
    let promised =
        provider.metadata.additional_metadata().authorization_response_iss_parameter_supported;
    match finish.issuer.as_deref().filter(|issuer| !issuer.is_empty()) {
        Some(issuer) if issuer == own => Ok(()),
        Some(_) => Err(SsoError::Refused("the answer is another provider's")),
        None if promised && finish.for_browser => {
            Err(SsoError::Refused("the answer does not say which provider it is from"))
        }
        None => Ok(()),
    }
}

fn vouched(
    server: &str,
    settings: &OidcSettings,
    claims: &IdTokenClaims<Claims, CoreGenderClaim>,
    info: Option<&UserInfoClaims<Claims, CoreGenderClaim>>,
) -> Result<Vouched, SsoError> {
    let name = |preferred: Option<&openidconnect::EndUserUsername>,
                name: Option<&openidconnect::LocalizedClaim<openidconnect::EndUserName>>,
                email: Option<&openidconnect::EndUserEmail>| {
        preferred
            .map(|name| name.as_str().to_owned())
            .or_else(|| Some(name?.get(None)?.as_str().to_owned()))
            .or_else(|| Some(email?.as_str().to_owned()))
    };
    let username = name(claims.preferred_username(), claims.name(), claims.email())
        .or_else(|| info.and_then(|i| name(i.preferred_username(), i.name(), i.email())))
        .ok_or_else(|| SsoError::Unproven("no claim names the user".to_owned()))?;
    let email = claims.email().or_else(|| info?.email());
    let group_claim = settings.group_claim.as_str();
    let groups = claims
        .additional_claims()
        .groups(group_claim)
        .or_else(|| info?.additional_claims().groups(group_claim));
    Ok(Vouched {
        server: server.to_owned(),
        username,
        subject: Some(claims.subject().as_str().to_owned()),
        email: email.map(|email| email.as_str().to_owned()).unwrap_or_default(),
        groups: groups.unwrap_or_default(),
        case: GroupCase::Matters,
    })
}
