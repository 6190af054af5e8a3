//! Session tokens: EdDSA JWTs that name a session. Whether the session still
//! lives, and with which role, is looked up with each call; the token alone
//! grants nothing.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use secrecy::{ExposeSecret as _, SecretSlice};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

/// How long a token can live at most, whatever its session does.
pub const MAX_LIFETIME: TimeDelta = TimeDelta::hours(6);
/// Tokens longer than this are not looked at.
const MAX_TOKEN_BYTES: usize = 4_096;

/// The id of a session.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(Uuid);

impl SessionId {
    /// A new random id.
    pub fn random() -> Self {
        Self(Uuid::new_v4())
    }

    /// Wraps a UUID read from a store.
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid)
    }

    /// The id as a store keeps it.
    pub const fn as_uuid(self) -> Uuid {
        self.0
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(f)
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionId({self})")
    }
}

impl FromStr for SessionId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        Uuid::try_parse(text).map(Self)
    }
}

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionClaims {
    /// The session.
    #[serde(rename = "jti")]
    pub session: SessionId,
    /// The user's full name.
    pub fullname: String,
    /// The installation that issued the token.
    pub sub: String,
    /// Issued at, in seconds since 1970.
    pub iat: i64,
    /// Ends at, in seconds since 1970.
    pub exp: i64,
}

/// Why a key could not be made or a token not be issued or accepted.
#[derive(Debug, Error)]
pub enum SessionKeyError {
    /// The operating system gave no randomness.
    #[error("no signing key could be made")]
    Generate,
    /// The stored key is not an Ed25519 key.
    #[error("the stored signing key is damaged")]
    DamagedKey,
    /// Signing failed.
    #[error("the session token could not be signed: {0}")]
    Sign(jsonwebtoken::errors::Error),
    /// Not a token of this key.
    #[error("not a session token of this installation")]
    Invalid,
    /// A token past its end.
    #[error("the session token is expired")]
    Expired,
}

/// The key that signs and verifies the session tokens of one installation.
#[derive(Clone)]
pub struct SessionKey {
    encoding: EncodingKey,
    decoding: DecodingKey,
    installation: String,
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionKey")
            .field("installation", &self.installation)
            .finish_non_exhaustive()
    }
}

impl SessionKey {
    /// A new private key as PKCS#8, to be stored sealed or in a 0600 file.
    pub fn generate() -> Result<SecretSlice<u8>, SessionKeyError> {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new())
            .map_err(|_| SessionKeyError::Generate)?;
        Ok(document.as_ref().to_vec().into())
    }

    /// Loads a private key made by [`SessionKey::generate`]. `installation`
    /// goes into each token and is demanded back.
    pub fn from_pkcs8(
        pkcs8: &SecretSlice<u8>,
        installation: impl Into<String>,
    ) -> Result<Self, SessionKeyError> {
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8.expose_secret())
            .map_err(|_| SessionKeyError::DamagedKey)?;
        Ok(Self {
            encoding: EncodingKey::from_ed_der(pkcs8.expose_secret()),
            decoding: DecodingKey::from_ed_der(pair.public_key().as_ref()),
            installation: installation.into(),
        })
    }

    /// Signs a token for `session`.
    pub fn issue(
        &self,
        session: SessionId,
        fullname: &str,
        now: DateTime<Utc>,
    ) -> Result<String, SessionKeyError> {
        let claims = SessionClaims {
            session,
            fullname: fullname.to_owned(),
            sub: self.installation.clone(),
            iat: now.timestamp(),
            exp: (now + MAX_LIFETIME).timestamp(),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::EdDSA), &claims, &self.encoding)
            .map_err(SessionKeyError::Sign)
    }

    /// Checks signature, algorithm, installation and end of life.
    pub fn verify(
        &self,
        token: &str,
        now: DateTime<Utc>,
    ) -> Result<SessionClaims, SessionKeyError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(SessionKeyError::Invalid);
        }
        let mut validation = Validation::new(Algorithm::EdDSA);
        // The end of life is checked below against the injected clock.
        validation.validate_exp = false;
        validation.required_spec_claims.clear();
        validation.sub = Some(self.installation.clone());
        let claims = jsonwebtoken::decode::<SessionClaims>(token, &self.decoding, &validation)
            .map_err(|_| SessionKeyError::Invalid)?
            .claims;
        if claims.exp <= now.timestamp() {
            return Err(SessionKeyError::Expired);
        }
        Ok(claims)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> SessionKey {
        SessionKey::from_pkcs8(&SessionKey::generate().unwrap(), "installation").unwrap()
    }

    fn noon() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    #[test]
    fn a_token_names_its_session() {
        let (key, session) = (key(), SessionId::random());
        let token = key.issue(session, "admin", noon()).unwrap();
        let claims = key.verify(&token, noon()).unwrap();
        assert_eq!((claims.session, claims.fullname.as_str()), (session, "admin"));
    }

    #[test]
    fn a_token_ends() {
        let key = key();
        let token = key.issue(SessionId::random(), "admin", noon()).unwrap();
        let last = noon() + MAX_LIFETIME - TimeDelta::seconds(1);
        assert!(key.verify(&token, last).is_ok());
        let end = noon() + MAX_LIFETIME;
        assert!(matches!(key.verify(&token, end), Err(SessionKeyError::Expired)));
    }

    #[test]
    fn another_key_another_installation_or_a_changed_token_is_refused() {
        let pkcs8 = SessionKey::generate().unwrap();
        let here = SessionKey::from_pkcs8(&pkcs8, "here").unwrap();
        let there = SessionKey::from_pkcs8(&pkcs8, "there").unwrap();
        let token = here.issue(SessionId::random(), "admin", noon()).unwrap();
        for (verifier, token) in [
            (&key(), token.clone()),
            (&there, token.clone()),
            (&here, token.replace('.', ".A")),
            (&here, String::new()),
            (&here, "x".repeat(MAX_TOKEN_BYTES + 1)),
        ] {
            assert!(matches!(verifier.verify(&token, noon()), Err(SessionKeyError::Invalid)));
        }
    }

    #[test]
    fn a_token_without_a_signature_or_with_a_shared_secret_is_refused() {
        let key = key();
        let token = key.issue(SessionId::random(), "admin", noon()).unwrap();
        let payload = token.split('.').nth(1).unwrap();
        // {"alg":"none"} and {"alg":"HS256"}
        for head in ["eyJhbGciOiJub25lIn0", "eyJhbGciOiJIUzI1NiJ9"] {
            let forged = format!("{head}.{payload}.");
            assert!(matches!(key.verify(&forged, noon()), Err(SessionKeyError::Invalid)));
        }
    }
}
