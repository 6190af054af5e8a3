//! Callers that send name and password with every call: they get one session,
//! and the password is verified once and not for each call.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use palisade_api::Digest;
use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

use super::{Identity, Login, LoginError, LoginOutcome};

/// Sessions that are remembered.
const MOST: usize = 64;

/// The tokens of such sessions, by a digest of the credentials that nobody can
/// compute outside this process.
#[derive(Debug)]
pub(super) struct RepeatedLogins {
    salt: [Uuid; 2],
    tokens: Mutex<HashMap<Digest, SecretString>>,
}

impl Default for RepeatedLogins {
    fn default() -> Self {
        Self { salt: [Uuid::new_v4(), Uuid::new_v4()], tokens: Mutex::default() }
    }
}

impl RepeatedLogins {
    fn key(&self, login: &Login) -> Digest {
        let [first, second] = self.salt;
        let (name, password) = (&login.username, login.password.expose_secret());
        Digest::of(format!("{first}{second}{}:{name}{password}", name.len()).as_bytes())
    }

    fn tokens(&self) -> MutexGuard<'_, HashMap<Digest, SecretString>> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Identity {
    /// The token of a session that these credentials began before and that
    /// still lives, else of a new one, which is told beside it.
    pub async fn login_again(
        &self,
        login: Login,
    ) -> Result<(SecretString, Option<LoginOutcome>), LoginError> {
        let key = self.repeated.key(&login);
        let known = self.repeated.tokens().get(&key).cloned();
        if let Some(token) = known
            && self.authenticate(token.expose_secret(), &login.address).await.is_ok()
        {
            return Ok((token, None));
        }
        // Who must choose a password first logs in elsewhere.
        let outcome = self.login(login).await?;
        let LoginOutcome::LoggedIn(begun) = &outcome else { return Err(LoginError::Refused) };
        let token = begun.token.clone();
        let mut tokens = self.repeated.tokens();
        if tokens.len() >= MOST {
            tokens.clear();
        }
        tokens.insert(key, token.clone());
        drop(tokens);
        Ok((token, Some(outcome)))
    }
}
