//! What the browser brings back from the provider.

use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::core::CoreGenderClaim;
use openidconnect::{
    AuthorizationCode, ClaimsVerificationError, IdTokenClaims, Nonce, OAuth2TokenResponse as _,
    PkceCodeVerifier, RequestTokenError, TokenResponse as _, UserInfoClaims, UserInfoError,
};
use secrecy::ExposeSecret as _;

use super::claims::Claims;
use super::provider::{ALGORITHMS, Provider, chain};
use super::tokens::Token;
use super::{OidcClient, OidcSettings, SsoError};
use crate::identity::Identity;
use crate::identity::directory::{DirectoryError, DirectoryRow, GroupCase, ProviderLogin, Vouched};
use crate::identity::login::{LoggedIn, LoginError, truncated};
use crate::identity::sso::FinishSso;
use crate::identity::sso::attempt::{Stage, hash};
use crate::store::session::ProviderSession;

/// Longest code that is looked at, in bytes.
const MAX_CODE: usize = 4_096;
/// So much longer does a token count: the provider's clock may be behind ours.
pub(super) const CLOCKS: TimeDelta = TimeDelta::minutes(1);

impl Identity {
    /// Ends a login at a provider: exchanges the code, verifies who it is, and
    /// begins a session.
    pub(in crate::identity) async fn finish_oidc(
        &self,
        row: &DirectoryRow,
        settings: &OidcSettings,
        finish: FinishSso,
    ) -> Result<LoggedIn, SsoError> {
        if finish.code.expose_secret().len() > MAX_CODE {
            return Err(SsoError::Refused("the code is too long"));
        }
        let attempt = self.take_attempt(&row.name, &finish.state).await?;
        attempt.check(&finish.bringer())?;
        let began_at = attempt.pending.began_at;
        let Stage::Oidc { nonce, pkce_verifier } = attempt.pending.stage else {
            return Err(SsoError::Refused("the state is of another kind of provider"));
        };
        let provider = self.provider(row, settings, false).await?;
        check_issuer(&provider, &finish)?;
        let client = provider.client(&attempt.pending.redirect_endpoint)?;
        let unproven = |error: &dyn std::error::Error| SsoError::Unproven(chain(error));
        let answer = client
            .exchange_code(AuthorizationCode::new(finish.code.expose_secret().to_owned()))
            .map_err(|error| unproven(&error))?
            .set_pkce_verifier(PkceCodeVerifier::new(pkce_verifier))
            .request_async(&provider.http)
            .await
            .map_err(|error| match error {
                RequestTokenError::Request(_) => SsoError::Provider(chain(&error)),
                _ => unproven(&error),
            })?;
        let token = answer
            .id_token()
            .ok_or_else(|| SsoError::Unproven("there is no ID token in it".to_owned()))?;
        let claims = self.verified((row, settings), &provider, token, &Nonce::new(nonce)).await?;
        let info =
            match client.user_info(answer.access_token().clone(), Some(claims.subject().clone())) {
                // Not every provider has one.
                Err(_) => None,
                Ok(request) => match request.request_async(&provider.http).await {
                    Ok(info) => Some(info),
                    Err(
                        error @ UserInfoError::ClaimsVerification(
                            ClaimsVerificationError::InvalidSubject(_),
                        ),
                    ) => return Err(unproven(&error)),
                    // Nor does every one give everybody what the ID token has said already, or
                    // sign it so that we can verify it.
                    Err(error) if says_all(settings, &claims) => {
                        let error = chain(&error);
                        tracing::info!(server = row.name, %error, "a provider gives no user info");
                        None
                    }
                    Err(error @ UserInfoError::Request(_)) => {
                        return Err(SsoError::Provider(chain(&error)));
                    }
                    Err(error) => return Err(unproven(&error)),
                },
            };
        let groups = groups(settings, &claims, info.as_ref());
        let withheld = groups.is_none()
            && claims.additional_claims().groups_are_elsewhere(&settings.group_claim);
        let groups = groups.unwrap_or_default();
        let login = Some(self.login_of(began_at, token, &claims)?);
        let vouched = Vouched { groups, login, ..vouched(&row.name, &claims, info.as_ref())? };
        if withheld {
            let user = truncated(&vouched.username);
            tracing::warn!(server = row.name, user, "a provider withholds the groups of a user");
        }
        let logged_in = self.log_in_vouched(row, vouched, &finish.address).await;
        let mut logged_in = logged_in.map_err(|error| match error {
            LoginError::NoRole if withheld => SsoError::GroupsWithheld,
            error => error.into(),
        })?;
        logged_in.groups_withheld = withheld;
        Ok(logged_in)
    }

    /// The claims of a token that the provider signed for us, now, for this
    /// login. A key that is not known may be a new one: it is looked for once.
    async fn verified(
        &self,
        (row, settings): (&DirectoryRow, &OidcSettings),
        provider: &Provider,
        token: &Token,
        nonce: &Nonce,
    ) -> Result<IdTokenClaims<Claims, CoreGenderClaim>, SsoError> {
        match self.verify(provider, token, nonce) {
            Err(ClaimsVerificationError::SignatureVerification(_)) => {
                let newer = self.provider(row, settings, true).await?;
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
            // Who else may see the token is the provider's affair, see below.
            .set_other_audience_verifier_fn(|_| true)
            .set_time_fn(move || clock.now() - CLOCKS);
        let claims = token.claims(&verifier, nonce)?;
        check_party(claims, provider.client_id())?;
        Ok(claims.clone())
    }

    /// The login as the provider knows it: its word, sealed, for logging out there; and hashed
    /// what the session is called there, for being logged out.
    fn login_of(
        &self,
        began_at: DateTime<Utc>,
        token: &Token,
        claims: &IdTokenClaims<Claims, CoreGenderClaim>,
    ) -> Result<ProviderLogin, SsoError> {
        let sealed = self
            .sealer
            .seal(super::logout::PURPOSE, token.to_string().as_bytes())
            .map_err(DirectoryError::from)?;
        let session_hash = claims.additional_claims().session().map(hash);
        let session = ProviderSession { sealed, name_id_hash: None, session_hash };
        let subject_hash = hash(claims.subject().as_str());
        Ok(ProviderLogin { began_at, until: None, subject_hash, session })
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

/// Providers such as Zitadel and Keycloak name others beside us whom a token is for. It
/// is ours all the same where it was issued to us, and where it says so of another it
/// is not.
fn check_party(
    claims: &IdTokenClaims<Claims, CoreGenderClaim>,
    client_id: &str,
) -> Result<(), ClaimsVerificationError> {
    let refused = |text: &str| Err(ClaimsVerificationError::InvalidAudience(text.to_owned()));
    match claims.authorized_party().map(|party| party.as_str()) {
        Some(party) if party == client_id => Ok(()),
        Some(_) => refused("azp is another client"),
        None if claims.audiences().len() > 1 => refused("of several, azp must name the client"),
        None => Ok(()),
    }
}

/// Whether the ID token alone tells who it is, and in which groups.
fn says_all(settings: &OidcSettings, claims: &IdTokenClaims<Claims, CoreGenderClaim>) -> bool {
    let named = claims.preferred_username().is_some();
    named && claims.additional_claims().groups(&settings.group_claim).is_some()
}

/// The groups, where any claim has them.
fn groups(
    settings: &OidcSettings,
    claims: &IdTokenClaims<Claims, CoreGenderClaim>,
    info: Option<&UserInfoClaims<Claims, CoreGenderClaim>>,
) -> Option<Vec<String>> {
    let of = |claims: &Claims| claims.groups(&settings.group_claim);
    of(claims.additional_claims()).or_else(|| of(info?.additional_claims()))
}

/// Who somebody is, but for the groups.
fn vouched(
    server: &str,
    claims: &IdTokenClaims<Claims, CoreGenderClaim>,
    info: Option<&UserInfoClaims<Claims, CoreGenderClaim>>,
) -> Result<Vouched, SsoError> {
    // Some send claims that they have nothing for.
    let given = |text: &&str| !text.trim().is_empty();
    let email = claims.email().map(|email| email.as_str()).filter(given);
    let email = email.or_else(|| Some(info?.email()?.as_str()).filter(given));
    // Who registers there may give any address as theirs where nobody looks at it. The token may
    // have the address, and the user info alone what it is worth.
    let verified = [claims.email_verified(), info.and_then(UserInfoClaims::email_verified)];
    let email_as_name = email.filter(|_| !verified.contains(&Some(false)));
    let username = claims
        .preferred_username()
        .map(|name| name.as_str())
        .filter(given)
        .or_else(|| Some(info?.preferred_username()?.as_str()).filter(given))
        .or_else(|| Some(claims.name()?.get(None)?.as_str()).filter(given))
        .or_else(|| Some(info?.name()?.get(None)?.as_str()).filter(given))
        .or(email_as_name)
        .ok_or_else(|| SsoError::Unproven("no claim names the user".to_owned()))?
        .to_owned();
    let subject = claims.subject().as_str();
    if subject.is_empty() {
        return Err(SsoError::Unproven("the subject is nobody".to_owned()));
    }
    Ok(Vouched {
        server: server.to_owned(),
        username,
        subject: Some(subject.to_owned()),
        email: email.unwrap_or_default().to_owned(),
        groups: Vec::new(),
        case: GroupCase::Matters,
        login: None,
    })
}
