//! Creating, changing and removing local users.

use palisade_identity::password::{MAX_PASSWORD_BYTES, MIN_PASSWORD_CHARS};
use palisade_identity::{Caller, PasswordError, Role};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use serde_json::value::to_raw_value;
use thiserror::Error;

use super::{Identity, bootstrap};
use crate::store::audit::{self, Actor, NewAudit};
use crate::store::user::{self, DUPLICATE_USER, NewUser, UserChange, UserRow};
use crate::store::{StoreError, session};

/// Idle time in seconds of users that have none of their own.
pub const DEFAULT_TIMEOUT: i32 = 300;
/// Language of users that chose none.
pub const DEFAULT_LOCALE: &str = "en";
/// Longest name of a user, in characters.
const MAX_NAME: usize = 64;

/// A user to be created.
#[derive(Debug)]
pub struct CreateUser {
    /// The name.
    pub username: String,
    /// The first password.
    pub password: SecretString,
    /// Mail address, may be empty.
    pub email: String,
    /// Global role.
    pub role: Role,
    /// Idle time in seconds.
    pub timeout: i32,
    /// Language of the portal.
    pub locale: String,
}

/// What of a user is to be changed; absent keeps.
#[derive(Debug, Default)]
pub struct ChangeUser {
    /// The present password, needed to change one's own.
    pub password: Option<SecretString>,
    /// A new password.
    pub new_password: Option<SecretString>,
    /// Mail address.
    pub email: Option<String>,
    /// Global role.
    pub role: Option<Role>,
    /// Idle time in seconds.
    pub timeout: Option<i32>,
    /// Language of the portal.
    pub locale: Option<String>,
}

/// A user that was not created, changed or removed.
#[derive(Debug, Error)]
pub enum UserError {
    /// The name cannot be one.
    #[error(
        "a user name has 1 to {MAX_NAME} letters, digits, '.', '_', '-' or '@' and begins with a \
         letter or digit"
    )]
    InvalidName,
    /// The name is taken.
    #[error("a user of this name exists")]
    Duplicate,
    /// No such user.
    #[error("there is no such user")]
    Missing,
    /// The password does not meet the profile.
    #[error(
        "a password has {MIN_PASSWORD_CHARS} characters at least and {MAX_PASSWORD_BYTES} bytes at most"
    )]
    WeakPassword,
    /// The present password was wrong.
    #[error("the present password is wrong")]
    WrongPassword,
    /// The idle time is out of range.
    #[error("the time-out is 30 to 3,600 seconds")]
    InvalidTimeout,
    /// The caller has less than what it would give, change or remove.
    #[error("nobody gives, changes or removes more than they have")]
    MoreThanCaller,
    /// The first administrator stays, with its role.
    #[error("the user {} cannot be removed and keeps its role", bootstrap::ADMIN)]
    FirstAdministrator,
    /// The password could not be hashed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What audit records show of a user.
#[derive(Serialize)]
struct Audited<'a> {
    fullname: &'a str,
    role: Role,
    email: &'a str,
    timeout: i32,
    locale: &'a str,
    password_changed: bool,
}

impl Identity {
    /// All users.
    pub async fn users(&self) -> Result<Vec<UserRow>, StoreError> {
        user::list(&mut *self.database.acquire().await?).await
    }

    /// The user `fullname`.
    pub async fn user(&self, fullname: &str) -> Result<Option<UserRow>, StoreError> {
        user::get(&mut *self.database.acquire().await?, fullname).await
    }

    /// Creates a local user.
    pub async fn create_user(&self, caller: &Caller, new: CreateUser) -> Result<(), UserError> {
        if !is_name(&new.username) {
            return Err(UserError::InvalidName);
        }
        check_password(&new.password)?;
        check_timeout(new.timeout)?;
        if !caller.role.may_grant(new.role) {
            return Err(UserError::MoreThanCaller);
        }
        let password_hash = self.passwords.hash(new.password).await?;
        let row = NewUser {
            username: &new.username,
            password_hash: &password_hash,
            default_password: false,
            email: &new.email,
            role: new.role,
            timeout: new.timeout,
            locale: &new.locale,
        };
        let mut transaction = self.database.begin().await?;
        user::create(&mut transaction, &row).await.map_err(|error| {
            if error.constraint() == Some(DUPLICATE_USER) {
                UserError::Duplicate
            } else {
                error.into()
            }
        })?;
        let after = Audited {
            fullname: &new.username,
            role: new.role,
            email: &new.email,
            timeout: new.timeout,
            locale: &new.locale,
            password_changed: true,
        };
        record(&mut transaction, caller, "create", &new.username, None, Some(&after)).await?;
        transaction.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    /// Changes a user. A new password or role ends its sessions.
    pub async fn change_user(
        &self,
        caller: &Caller,
        fullname: &str,
        change: ChangeUser,
    ) -> Result<(), UserError> {
        change.timeout.map_or(Ok(()), check_timeout)?;
        let before = self.user(fullname).await?.ok_or(UserError::Missing)?;
        self.check_change(caller, &before, &change).await?;
        let password_hash = match change.new_password {
            Some(password) => {
                check_password(&password)?;
                Some(self.passwords.hash(password).await?)
            }
            None => None,
        };
        let row = UserChange {
            password_hash: password_hash.as_ref(),
            email: change.email.as_deref(),
            role: change.role,
            timeout: change.timeout,
            locale: change.locale.as_deref(),
        };
        let mut transaction = self.database.begin().await?;
        let locked = user::lock(&mut transaction, fullname).await?.ok_or(UserError::Missing)?;
        if locked.role != before.role || locked.password_hash != before.password_hash {
            // What the caller was allowed to change is no longer what is there.
            return Err(UserError::MoreThanCaller);
        }
        if !user::update(&mut transaction, fullname, row).await? {
            return Err(UserError::Missing);
        }
        let ends_sessions =
            password_hash.is_some() || change.role.is_some_and(|role| role != before.role);
        if ends_sessions {
            session::delete_of_user(&mut transaction, fullname).await?;
        }
        let after = user::lock(&mut transaction, fullname).await?.ok_or(UserError::Missing)?;
        record(
            &mut transaction,
            caller,
            "change",
            fullname,
            Some(&audited(&before, false)),
            Some(&audited(&after, password_hash.is_some())),
        )
        .await?;
        transaction.commit().await.map_err(StoreError::from)?;
        if ends_sessions {
            self.recent.forget_user(fullname);
        }
        Ok(())
    }

    async fn check_change(
        &self,
        caller: &Caller,
        user: &UserRow,
        change: &ChangeUser,
    ) -> Result<(), UserError> {
        let own = caller.fullname == user.fullname;
        if !own && !caller.role.may_grant(user.role) {
            return Err(UserError::MoreThanCaller);
        }
        if let Some(role) = change.role.filter(|role| *role != user.role) {
            if user.fullname == bootstrap::ADMIN {
                return Err(UserError::FirstAdministrator);
            }
            if own || !caller.role.may_grant(role) {
                return Err(UserError::MoreThanCaller);
            }
        }
        if own && change.new_password.is_some() {
            let present = change.password.clone().unwrap_or_default();
            if !self.passwords.verify(present, user.password_hash.clone()).await? {
                return Err(UserError::WrongPassword);
            }
        }
        Ok(())
    }

    /// Removes a user and ends its sessions.
    pub async fn delete_user(&self, caller: &Caller, fullname: &str) -> Result<(), UserError> {
        if fullname == bootstrap::ADMIN {
            return Err(UserError::FirstAdministrator);
        }
        let mut transaction = self.database.begin().await?;
        let before = user::lock(&mut transaction, fullname).await?.ok_or(UserError::Missing)?;
        if !caller.role.may_grant(before.role) {
            return Err(UserError::MoreThanCaller);
        }
        if !user::delete(&mut transaction, fullname).await? {
            return Err(UserError::Missing);
        }
        record(&mut transaction, caller, "delete", fullname, Some(&audited(&before, false)), None)
            .await?;
        transaction.commit().await.map_err(StoreError::from)?;
        self.recent.forget_user(fullname);
        Ok(())
    }
}

fn audited(user: &UserRow, password_changed: bool) -> Audited<'_> {
    Audited {
        fullname: &user.fullname,
        role: user.role,
        email: &user.email,
        timeout: user.timeout,
        locale: &user.locale,
        password_changed,
    }
}

async fn record(
    conn: &mut sqlx::PgConnection,
    caller: &Caller,
    action: &str,
    fullname: &str,
    before: Option<&Audited<'_>>,
    after: Option<&Audited<'_>>,
) -> Result<(), StoreError> {
    let json = |audited: &Audited<'_>| {
        to_raw_value(audited).map_err(|error| StoreError::inconsistent("audit", error))
    };
    let before = before.map(json).transpose()?;
    let after = after.map(json).transpose()?;
    let actor = Actor::new(caller.fullname.clone(), &caller.address);
    let new = NewAudit {
        action,
        kind: "user",
        name: fullname,
        before: before.as_deref(),
        after: after.as_deref(),
    };
    audit::record(conn, &actor, new).await
}

/// Whether the password meets the profile.
pub(super) fn check_password(password: &SecretString) -> Result<(), UserError> {
    let password = password.expose_secret();
    if password.chars().count() < MIN_PASSWORD_CHARS || password.len() > MAX_PASSWORD_BYTES {
        return Err(UserError::WeakPassword);
    }
    Ok(())
}

fn check_timeout(seconds: i32) -> Result<(), UserError> {
    if (30..=3_600).contains(&seconds) { Ok(()) } else { Err(UserError::InvalidTimeout) }
}

fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '@');
    name.len() <= MAX_NAME
        && name.chars().next().is_some_and(|first| first.is_ascii_alphanumeric())
        && name.chars().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for name in ["admin", "a", "mary.ann", "ci-1", "x@example.org"] {
            assert!(is_name(name), "{name}");
        }
        let long = "x".repeat(MAX_NAME + 1);
        for name in ["", "-a", "a:b", "a b", "a/b", "é", "..", long.as_str()] {
            assert!(!is_name(name), "{name}");
        }
    }

    #[test]
    fn passwords() {
        assert!(check_password(&"12345678".into()).is_ok());
        assert!(check_password(&"1234567".into()).is_err());
        assert!(check_password(&"x".repeat(MAX_PASSWORD_BYTES + 1).into()).is_err());
    }
}
