//! Local users of the agent's own REST API and their sessions.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use palisade_api::Code;
use palisade_api::clock::SharedClock;
use palisade_identity::SessionKeyError;
use palisade_identity::{
    Caller, Damper, PasswordError, PasswordHash, Passwords, Proof, Role, SessionId, SessionKey,
};
use palisade_transport::seal::write_private;
use secrecy::{ExposeSecret as _, SecretSlice, SecretString};
use thiserror::Error;
use tracing::{info, warn};

use crate::store::{Store, StoreError, StoredSession, StoredUser};

/// The first user.
const FIRST_ADMIN: &str = "admin";
/// Holds that user's password where it was made up.
const PASSWORD_FILE: &str = "admin-password";
/// Holds the key that signs session tokens.
const KEY_FILE: &str = "session.key";
/// A session ends after so long without a call.
pub const IDLE_SECONDS: i64 = 300;
/// Sessions of one user at once.
const MOST_SESSIONS: u32 = 32;
/// A session's last use is written at most this often.
const TOUCH_EVERY_MS: i64 = 10_000;

/// The same failure is no news for so long: whoever tries again and again fills no log.
const SILENCE: TimeDelta = TimeDelta::minutes(10);
/// Failures that are news in that time at most.
const MOST_NEWS: usize = 1_000;

/// What local users cannot do.
#[derive(Debug, Error)]
pub enum LocalUserError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A password could not be worked on.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The session key failed.
    #[error(transparent)]
    Key(#[from] SessionKeyError),
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What failed.
        source: std::io::Error,
    },
    /// No randomness for a password.
    #[error("no password could be made up")]
    Random,
    /// No such user, or another password.
    #[error("wrong user name or password")]
    Failed,
    /// Refused, with the code to answer.
    #[error("{}", .0.text())]
    Refused(Code),
}

/// Local users and their sessions.
#[derive(Debug)]
pub struct LocalUsers {
    store: Store,
    passwords: Passwords,
    key: SessionKey,
    clock: SharedClock,
    damper: Damper,
    /// When failures were news last, by name and address.
    news: Mutex<HashMap<(String, String), DateTime<Utc>>>,
}

/// A login that succeeded.
#[derive(Debug)]
pub struct Login {
    /// The session's token.
    pub token: SecretString,
    /// Whose it is.
    pub user: StoredUser,
    /// The session.
    pub session: SessionId,
}

impl LocalUsers {
    /// Makes the first admin where there is no user yet, and the key for
    /// session tokens where there is none.
    pub async fn open(
        data_dir: &Path,
        store: Store,
        bootstrap_password: Option<SecretString>,
        clock: SharedClock,
    ) -> Result<Self, LocalUserError> {
        let key = SessionKey::from_pkcs8(&signing_key(&data_dir.join(KEY_FILE))?, "agent")?;
        let passwords = Passwords::new(2)?;
        let (damper, news) = (Damper::default(), Mutex::default());
        let users = Self { store, passwords, key, clock, damper, news };
        if users.store.user_count().await? == 0 {
            users.create_first(data_dir, bootstrap_password).await?;
        }
        Ok(users)
    }

    async fn create_first(
        &self,
        data_dir: &Path,
        given: Option<SecretString>,
    ) -> Result<(), LocalUserError> {
        let made_up = given.is_none();
        let password = match given {
            Some(password) => password,
            None => {
                palisade_identity::secret::random_password().map_err(|_| LocalUserError::Random)?
            }
        };
        if made_up {
            let path = data_dir.join(PASSWORD_FILE);
            let text = format!("{}\n", password.expose_secret());
            write_private(&path, text.as_bytes())
                .map_err(|source| LocalUserError::File { path: path.clone(), source })?;
            info!(file = %path.display(), "the password of the local user admin is in this file");
        }
        let hash = self.passwords.hash(password).await?;
        let user = StoredUser {
            name: FIRST_ADMIN.to_owned(),
            password_hash: hash.as_str().to_owned(),
            role: Role::Admin.as_str().to_owned(),
            default_password: made_up,
        };
        if !self.store.user_create(&user).await? {
            warn!("the first admin was made by someone else at the same time");
        }
        Ok(())
    }

    /// Opens a session for somebody who calls from `address`.
    pub async fn login(
        &self,
        name: &str,
        address: &str,
        password: SecretString,
        new_password: Option<SecretString>,
    ) -> Result<Login, LocalUserError> {
        let damped = || LocalUserError::Refused(Code::UserLoginBlocked);
        let may = || !self.damper.blocks(name, address, self.clock.now());
        if !may() {
            return Err(damped());
        }
        let user = self.store.user(name).await?;
        let hash = user.as_ref().map(|u| PasswordHash::from_stored(u.password_hash.clone()));
        let right = self.passwords.verify_if(may, password, hash).await?.ok_or_else(damped)?;
        let Some(mut user) = user.filter(|_| right) else {
            self.damper.failed(name, address, self.clock.now());
            warn!(address, "a login failed");
            return Err(LocalUserError::Failed);
        };
        self.damper.succeeded(name, address);
        if let Some(new) = new_password {
            if new.expose_secret().chars().count() < palisade_identity::password::MIN_PASSWORD_CHARS
            {
                return Err(LocalUserError::Refused(Code::WeakPassword));
            }
            let hash = self.passwords.hash(new).await?;
            self.store.user_set_password(name, hash.as_str()).await?;
            user.default_password = false;
        }
        let now = self.clock.now();
        let id = SessionId::random();
        let session = StoredSession {
            id: id.to_string(),
            user_name: user.name.clone(),
            created_ms: now.timestamp_millis(),
            last_seen_ms: now.timestamp_millis(),
        };
        let idle_before = now.timestamp_millis() - IDLE_SECONDS * 1000;
        if !self.store.session_create(&session, MOST_SESSIONS, idle_before).await? {
            return Err(LocalUserError::Refused(Code::Unauthorized));
        }
        Ok(Login { token: self.key.issue(id, &user.name, now)?.into(), user, session: id })
    }

    /// Whether it was not told lately that `name` did not log in from `address`.
    pub(crate) fn failure_is_news(&self, name: &str, address: &str) -> bool {
        let now = self.clock.now();
        // Each change of it is one call.
        let mut news = self.news.lock().unwrap_or_else(PoisonError::into_inner);
        news.retain(|_, told| (*told..*told + SILENCE).contains(&now));
        let key = (name.to_owned(), address.to_owned());
        if news.contains_key(&key) || news.len() >= MOST_NEWS {
            return false;
        }
        news.insert(key, now);
        true
    }

    /// Who holds `token`, if its session still lives.
    pub async fn caller(&self, token: &str) -> Result<Caller, LocalUserError> {
        let refused = || LocalUserError::Refused(Code::Unauthorized);
        let now = self.clock.now();
        let claims = self.key.verify(token, now).map_err(|_| refused())?;
        let session = self.store.session(&claims.session.to_string()).await?.ok_or_else(refused)?;
        let idle_ms = now.timestamp_millis() - session.last_seen_ms;
        if idle_ms > IDLE_SECONDS * 1000 {
            return Err(refused());
        }
        if idle_ms > TOUCH_EVERY_MS {
            self.store.session_touch(&session.id, now.timestamp_millis()).await?;
        }
        let user = self.store.user(&session.user_name).await?.ok_or_else(refused)?;
        let role: Role = user.role.parse().map_err(|_| refused())?;
        Ok(Caller {
            fullname: user.name.clone(),
            username: user.name,
            server: String::new(),
            role: role.into(),
            rights: role.into(),
            proof: Proof::Session(claims.session),
            address: String::new(),
        })
    }

    /// Ends the session.
    pub async fn logout(&self, session: SessionId) -> Result<(), LocalUserError> {
        if self.store.session_delete(&session.to_string()).await? {
            Ok(())
        } else {
            Err(LocalUserError::Refused(Code::Unauthorized))
        }
    }
}

/// Reads the key, or makes it.
fn signing_key(path: &Path) -> Result<SecretSlice<u8>, LocalUserError> {
    let failed = |source| LocalUserError::File { path: path.to_owned(), source };
    match std::fs::read(path) {
        Ok(key) => Ok(key.into()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let key = SessionKey::generate()?;
            write_private(path, key.expose_secret()).map_err(failed)?;
            Ok(key)
        }
        Err(error) => Err(failed(error)),
    }
}
