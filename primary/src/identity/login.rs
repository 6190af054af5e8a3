//! Logging in.

use palisade_identity::session_token::MAX_LIFETIME;
use palisade_identity::{PasswordError, SessionId, SessionKeyError};
use secrecy::{ExposeSecret as _, SecretString};
use thiserror::Error;

use super::Identity;
use crate::store::user::UserRow;
use crate::store::{StoreError, session, user};

/// Sessions that a user may have at once.
const MAX_SESSIONS: i64 = 32;

/// An attempt to log in.
#[derive(Debug)]
pub struct Login {
    /// The user's name.
    pub username: String,
    /// The user's password.
    pub password: SecretString,
    /// Where the attempt comes from.
    pub address: String,
}

/// A session that began.
#[derive(Debug)]
pub struct LoggedIn {
    /// The token of the session.
    pub token: SecretString,
    /// The user as of this login.
    pub user: UserRow,
}

/// A login that failed.
#[derive(Debug, Error)]
pub enum LoginError {
    /// No such user, or another password.
    #[error("wrong user name or password")]
    Refused,
    /// Too many failures before this attempt.
    #[error("too many failed logins; wait a minute and try again")]
    Blocked,
    /// The user has too many sessions.
    #[error("the user has {MAX_SESSIONS} sessions already; log out of one, or wait until one ends")]
    TooManySessions,
    /// The password could not be verified.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The token could not be signed.
    #[error(transparent)]
    Key(#[from] SessionKeyError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Identity {
    /// Verifies the password and begins a session.
    pub async fn login(&self, login: Login) -> Result<LoggedIn, LoginError> {
        let Login { username, password, address } = login;
        if self.damper.blocks(&username, &address, self.clock.now()) {
            return Err(LoginError::Blocked);
        }
        let known = user::get(&mut *self.database.acquire().await?, &username).await?;
        let hash = known.and_then(|user| user.password_hash);
        let empty = password.expose_secret().is_empty();
        if !self.passwords.verify(password, hash.clone()).await? || empty {
            self.damper.failed(&username, &address, self.clock.now());
            tracing::warn!(user = ?truncated(&username), address, "login failed");
            return Err(LoginError::Refused);
        }
        self.damper.succeeded(&username, &address);

        let now = self.clock.now();
        let id = SessionId::random();
        let mut transaction = self.database.begin().await?;
        // The password may have changed while the old one was verified.
        let user = user::lock(&mut transaction, &username)
            .await?
            .filter(|user| user.password_hash == hash)
            .ok_or(LoginError::Refused)?;
        if session::count_of_user(&mut transaction, &username, now).await? >= MAX_SESSIONS {
            return Err(LoginError::TooManySessions);
        }
        let ends_at = now + MAX_LIFETIME;
        session::create(&mut transaction, id, &username, &address, now, ends_at).await?;
        user::logged_in(&mut transaction, &username, now).await?;
        transaction.commit().await.map_err(StoreError::from)?;
        tracing::info!(user = username, address, session = %id, "logged in");

        let token = self.key.issue(id, &username, now)?.into();
        let user = UserRow { last_login_at: Some(now), login_count: user.login_count + 1, ..user };
        Ok(LoggedIn { token, user })
    }
}

/// A name from outside, for the log.
fn truncated(name: &str) -> String {
    name.chars().take(64).collect()
}
