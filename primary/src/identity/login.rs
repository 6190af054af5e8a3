//! Logging in: who vouches for a password, and the session that begins.

use palisade_identity::password_profile::WeakPassword;
use palisade_identity::session_token::MAX_LIFETIME;
use palisade_identity::{PasswordError, PasswordProfile, SessionId, SessionKeyError};
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::PgConnection;
use thiserror::Error;

use super::directory::ProviderLogin;
use super::local::LocalVerdict;
use super::user::SeenUser;
use super::{Identity, bootstrap};
use crate::store::provider_logout::{self, EndingLogin};
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
    /// The password that shall follow, where one must be chosen.
    pub new_password: Option<SecretString>,
    /// Where the attempt comes from.
    pub address: String,
    /// Who is to vouch.
    pub by: LoginBy,
}

/// Who vouches for a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginBy {
    /// The first in order that does.
    Any,
    /// The primary itself.
    Local,
    /// One directory.
    Directory(String),
}

/// A login whose password was right.
#[derive(Debug)]
pub enum LoginOutcome {
    /// The session began.
    LoggedIn(Box<LoggedIn>),
    /// A new password must be chosen first.
    MustResetPassword,
}

/// A session that began.
#[derive(Debug)]
pub struct LoggedIn {
    /// The session.
    pub session: SessionId,
    /// The token of the session.
    pub token: SecretString,
    /// The user as of this login.
    pub user: SeenUser,
    /// Whether the provider kept the user's groups to itself, so that none counted.
    pub groups_withheld: bool,
}

/// Directories that could not be asked for a password, though it was their turn.
#[derive(Debug, Default)]
pub struct Outage {
    /// Each with what failed, of a few texts.
    pub directories: Vec<(String, String)>,
    /// Whether the primary itself knows a user of that name, with another
    /// password: that is a failure all the same. Nobody is told.
    pub refused_here: bool,
}

impl Outage {
    /// That of one directory.
    pub(super) fn new(directory: &str, what_failed: impl Into<String>) -> Self {
        Self { directories: vec![(directory.to_owned(), what_failed.into())], refused_here: false }
    }
}

impl From<Outage> for LoginError {
    fn from(outage: Outage) -> Self {
        Self::Outage(Box::new(outage))
    }
}

/// A login that failed.
#[derive(Debug, Error)]
pub enum LoginError {
    /// No such user, or another password.
    #[error("wrong user name or password")]
    Refused,
    /// It is proven who logs in, and nothing gives them a role.
    #[error("nothing gives you a role here: neither your groups nor a default")]
    NoRole,
    /// Too many failures from there before this attempt, which was not looked at.
    #[error("too many failed logins; wait a minute and try again")]
    Damped,
    /// Nobody vouched, and somebody who might have could not be asked.
    #[error(
        "nobody vouches for this login, but not every directory could be asked; try again in a \
         moment"
    )]
    Outage(Box<Outage>),
    /// The user is blocked after too many failures.
    #[error("the user is blocked after too many failed logins")]
    Blocked,
    /// The password is expired.
    #[error("the password is expired; an administrator can reset it")]
    PasswordExpired,
    /// The new password does not meet the profile.
    #[error("{0}")]
    WeakPassword(WeakPassword, Box<PasswordProfile>),
    /// The user has too many sessions.
    #[error("the user has {MAX_SESSIONS} sessions already; log out of one, or wait until one ends")]
    TooManySessions,
    /// No such directory.
    #[error("there is no such directory")]
    NoDirectory,
    /// The session that the login comes from ended.
    #[error("the session at the provider ended meanwhile; log in again")]
    EndedAtProvider,
    /// The directory is no more what it was when it was asked.
    #[error("the directory was changed meanwhile; try again")]
    DirectoryChanged,
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

impl LoginError {
    /// Whether it counts as a failure of whoever tried to log in.
    fn is_failure(&self) -> bool {
        match self {
            Self::Refused => true,
            Self::Outage(outage) => outage.refused_here,
            _ => false,
        }
    }
}

impl Identity {
    /// Verifies the password and begins a session.
    pub async fn login(&self, login: Login) -> Result<LoginOutcome, LoginError> {
        if self.damper.blocks(&login.username, &login.address, self.clock.now()) {
            return Err(LoginError::Damped);
        }
        // An empty password is no proof: directories take it for an anonymous
        // bind, and say yes.
        let outcome = if login.password.expose_secret().is_empty() {
            Err(LoginError::Refused)
        } else {
            self.ask(&login).await
        };
        match &outcome {
            Ok(_) => self.damper.succeeded(&login.username, &login.address),
            Err(error) if error.is_failure() => {
                self.damper.failed(&login.username, &login.address, self.clock.now());
                let user = truncated(&login.username);
                tracing::warn!(user, address = login.address, "login failed");
            }
            Err(LoginError::Blocked | LoginError::PasswordExpired) => {
                let user = truncated(&login.username);
                tracing::warn!(user, address = login.address, "login of a blocked user");
            }
            Err(_) => {}
        }
        outcome
    }

    /// Asks all who may vouch, in order; the first yes counts, and who cannot be
    /// asked keeps nobody else from being. A failure with the primary itself is
    /// counted only when nobody else vouched.
    async fn ask(&self, login: &Login) -> Result<LoginOutcome, LoginError> {
        let order = match &login.by {
            LoginBy::Any => self.login_order().await?,
            one => vec![one.clone()],
        };
        let local_asked = order.contains(&LoginBy::Local);
        let mut local = None;
        let mut no_turn = None;
        let mut outage = None::<Box<Outage>>;
        for one in order {
            match one {
                LoginBy::Directory(name) => {
                    let must_exist = login.by != LoginBy::Any;
                    match self.login_ldap(&name, login, must_exist).await {
                        Ok(None) => {}
                        Ok(Some(logged_in)) => {
                            return Ok(LoginOutcome::LoggedIn(Box::new(logged_in)));
                        }
                        // Others may vouch meanwhile.
                        Err(busy @ LoginError::Password(PasswordError::Busy)) => {
                            no_turn = Some(busy);
                        }
                        Err(LoginError::Outage(one)) => {
                            outage.get_or_insert_default().directories.extend(one.directories);
                        }
                        Err(error) => return Err(error),
                    }
                }
                LoginBy::Local | LoginBy::Any => match self.login_local(login).await? {
                    LocalVerdict::Yes(outcome) => return Ok(outcome),
                    no => local = Some(no),
                },
            }
        }
        // A directory that is set up wrongly must not lock everybody out.
        if !local_asked && login.by == LoginBy::Any && login.username == bootstrap::ADMIN {
            match self.login_local(login).await? {
                LocalVerdict::Yes(outcome) => return Ok(outcome),
                no => local = Some(no),
            }
        }
        match local {
            Some(LocalVerdict::Blocked) => Err(LoginError::Blocked),
            Some(LocalVerdict::Expired) => Err(LoginError::PasswordExpired),
            Some(LocalVerdict::WrongPassword(user)) => {
                let error = self.count_failure(&user).await?;
                Err(match (error, outage) {
                    // The same answer as for users who are not known here.
                    (LoginError::Refused, Some(outage)) => {
                        Outage { refused_here: true, ..*outage }.into()
                    }
                    (error, _) => error,
                })
            }
            Some(LocalVerdict::Yes(_) | LocalVerdict::Unknown) | None => {
                // Who was not looked at has not failed.
                let outage = outage.map(LoginError::Outage);
                Err(outage.or(no_turn).unwrap_or(LoginError::Refused))
            }
        }
    }

    /// Begins a session of a user for whom something vouched, [as it was then](lock_vouched). By a
    /// login at a provider it ends no later than there, and does not begin where it ended meanwhile.
    pub(super) async fn begin_session(
        &self,
        vouched: &UserRow,
        address: &str,
        login: Option<&ProviderLogin>,
    ) -> Result<LoggedIn, LoginError> {
        let now = self.clock.now();
        let id = SessionId::random();
        let fullname = vouched.fullname.as_str();
        let mut transaction = self.database.begin().await?;
        if let Some(login) = login {
            let ending = EndingLogin {
                server: &vouched.server,
                began_at: login.began_at,
                subject_hash: &login.subject_hash,
                session_hash: login.session.session_hash.as_deref(),
            };
            if provider_logout::ended_since(&mut transaction, ending).await? {
                let server = &vouched.server;
                tracing::info!(user = fullname, server, "the session at the provider ended");
                return Err(LoginError::EndedAtProvider);
            }
        }
        let user = lock_vouched(&mut transaction, vouched).await?;
        if session::count_of_user(&mut transaction, fullname, now).await? >= MAX_SESSIONS {
            return Err(LoginError::TooManySessions);
        }
        let latest = now + MAX_LIFETIME;
        let until = login.and_then(|login| login.until);
        let ends_at = until.map_or(latest, |until| until.min(latest));
        session::create(&mut transaction, id, fullname, address, now, ends_at).await?;
        if let Some(login) = login {
            session::set_provider_session(&mut transaction, id, &login.session).await?;
        }
        user::logged_in(&mut transaction, fullname, now).await?;
        transaction.commit().await.map_err(StoreError::from)?;
        tracing::info!(user = fullname, address, session = %id, "logged in");

        let token = self.key.issue(id, fullname, now)?.into();
        let user = UserRow {
            last_login_at: Some(now),
            login_count: user.login_count + 1,
            failed_logins: 0,
            blocked_at: None,
            ..user
        };
        let user = self.seen(user).await?;
        Ok(LoggedIn { session: id, token, user, groups_withheld: false })
    }
}

/// A user for whom something vouched, locked. `vouched` is the user as it was then: a password that
/// changed meanwhile counts no more, and none does where others guessed meanwhile too often.
pub(super) async fn lock_vouched(
    conn: &mut PgConnection,
    vouched: &UserRow,
) -> Result<UserRow, LoginError> {
    let user = user::lock(conn, &vouched.fullname)
        .await?
        .filter(|user| user.password_hash == vouched.password_hash)
        .ok_or(LoginError::Refused)?;
    if user.blocked_at > vouched.blocked_at {
        return Err(LoginError::Blocked);
    }
    Ok(user)
}

/// A name from outside, for the log.
pub(super) fn truncated(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(64).collect()
}
