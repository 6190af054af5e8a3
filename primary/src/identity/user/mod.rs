//! Users: who may see, create, change and remove whom.
//!
//! Nobody gives, changes or removes more than they have; who holds
//! `authorization` only in namespaces deals with those whose roles are within
//! these alone.

mod change;
mod create;
mod delete;
mod list;
mod password;
mod session;

use palisade_identity::password_profile::WeakPassword;
use palisade_identity::{
    Access, Caller, PasswordError, PasswordProfile, Permission, Rights, Roles,
};
use secrecy::SecretString;
use serde::Serialize;
use thiserror::Error;

use super::bootstrap;
use super::standing::CallerGone;
use super::user_role::UnknownRole;
use crate::store::audit::Actor;
use crate::store::user::UserRow;
use crate::store::{StoreError, user_role};
use crate::version::{ChangedSince, Version};

pub use change::ChangeUser;
pub use create::CreateUser;
pub use list::SeenUser;
pub use password::ResetPassword;

/// Language of users that chose none.
pub const DEFAULT_LOCALE: &str = "en";
/// Longest name of a user, in characters.
const MAX_NAME: usize = 64;
/// Local users at once: lists show all of them.
const MOST_LOCAL: i64 = 10_000;
/// Longest mail address and name of a language, in bytes.
const MAX_TEXT: usize = 254;

/// A user that was not created, changed or removed.
#[derive(Debug, Error)]
pub enum UserError {
    /// The name cannot be one.
    #[error(
        "a user name has 1 to {MAX_NAME} letters, digits, '.', '_', '-', '@' or blanks, begins \
         with a letter or digit, and ends with no blank"
    )]
    InvalidName,
    /// A mail address or language that cannot be one.
    #[error("a mail address or locale has at most {MAX_TEXT} bytes and no control characters")]
    InvalidText,
    /// The name is taken.
    #[error("a user of this name exists")]
    Duplicate,
    /// There are as many as there may be.
    #[error("there are {MOST_LOCAL} local users already; remove one first")]
    TooMany,
    /// No such user.
    #[error("there is no such user")]
    Missing,
    /// No such session of the user.
    #[error("the user has no such session")]
    MissingSession,
    /// The password does not meet the profile.
    #[error("{0}")]
    WeakPassword(WeakPassword, Box<PasswordProfile>),
    /// The present password is missing or wrong.
    #[error("the present password is missing or wrong")]
    WrongPassword,
    /// Too many wrong ones before this one, which was not looked at.
    #[error("too many wrong passwords; wait a minute and try again")]
    Damped,
    /// Others' passwords are reset, not changed.
    #[error(
        "the password of another user is not changed here: reset it by POST \
         /v1/user/{{fullname}}/password"
    )]
    NotOwnPassword,
    /// A directory keeps the password.
    #[error("the password of a directory's user is kept by the directory")]
    DirectoryPassword,
    /// The password need not be reset.
    #[error("the password is not expired; force_reset_password resets it all the same")]
    NotExpired,
    /// The idle time is out of range.
    #[error("the time-out is 30 to 3,600 seconds")]
    InvalidTimeout,
    /// A role that does not exist.
    #[error(transparent)]
    UnknownRole(#[from] UnknownRole),
    /// Roles that nobody can have.
    #[error(transparent)]
    Roles(#[from] palisade_identity::roles::RolesError),
    /// The caller has less than what it would give, change or remove.
    #[error("nobody gives, changes or removes more than they have")]
    MoreThanCaller,
    /// Another change came first.
    #[error("the user was changed meanwhile; look and try again")]
    ChangedMeanwhile,
    /// The change was meant for what was there before another one.
    #[error(transparent)]
    ChangedSince(#[from] ChangedSince),
    /// The first administrator stays, with its role.
    #[error("the user {} cannot be removed and keeps its role", bootstrap::ADMIN)]
    FirstAdministrator,
    /// The password could not be hashed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The caller was removed meanwhile.
    #[error(transparent)]
    CallerGone(#[from] CallerGone),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whether `caller` may look at or deal with somebody of these roles.
pub(super) fn may_manage(caller: &Caller, access: Access, roles: &Roles, rights: &Rights) -> bool {
    if caller.may(Permission::Authorization, access) {
        return access == Access::Read || caller.rights.covers(rights);
    }
    // Within namespaces alone: all that the other has must be there.
    let mut namespaces = roles.domains().values().flatten();
    rights.global().is_empty()
        && !roles.domains().is_empty()
        && namespaces.all(|one| caller.rights.may_in(one, Permission::Authorization, access))
        && (access == Access::Read || caller.rights.covers(rights))
}

/// Refuses unless `caller` may deal with somebody of these roles.
pub(super) async fn check_manage(
    conn: &mut sqlx::PgConnection,
    caller: &Caller,
    roles: &Roles,
) -> Result<(), UserError> {
    let rights = user_role::rights(conn, roles).await?;
    if may_manage(caller, Access::Write, roles, &rights) {
        Ok(())
    } else {
        Err(UserError::MoreThanCaller)
    }
}

/// What audit records show of a user.
#[derive(Serialize)]
struct Audited<'a> {
    fullname: &'a str,
    role: &'a str,
    role_domains: std::collections::BTreeMap<String, Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_scope: Option<&'a palisade_identity::AccessScope>,
    email: &'a str,
    timeout: i32,
    locale: &'a str,
    password_changed: bool,
}

fn audited(user: &UserRow, password_changed: bool) -> Audited<'_> {
    Audited {
        fullname: &user.fullname,
        role: user.roles.global().as_str(),
        role_domains: user.roles.domains_as_text(),
        access_scope: user.roles.scope(),
        email: &user.email,
        timeout: user.timeout,
        locale: &user.locale,
        password_changed,
    }
}

/// The version of a user. Logins make no other one.
fn version(user: &UserRow) -> Result<Version, StoreError> {
    Version::of(&audited(user, false))
}

async fn record(
    conn: &mut sqlx::PgConnection,
    caller: &Caller,
    action: &str,
    fullname: &str,
    before: Option<&Audited<'_>>,
    after: Option<&Audited<'_>>,
) -> Result<(), StoreError> {
    super::audit(conn, &actor(caller), (action, "user", fullname), before, after).await
}

/// Who acts, for audit records.
pub(super) fn actor(caller: &Caller) -> Actor {
    Actor::from(caller)
}

fn check_timeout(seconds: i32) -> Result<(), UserError> {
    let fits = u32::try_from(seconds)
        .is_ok_and(|seconds| palisade_identity::password_profile::IDLE_SECONDS.contains(&seconds));
    if fits { Ok(()) } else { Err(UserError::InvalidTimeout) }
}

pub(super) fn check_text(text: &str) -> Result<(), UserError> {
    let fits = text.len() <= MAX_TEXT && !text.chars().any(char::is_control);
    if fits { Ok(()) } else { Err(UserError::InvalidText) }
}

fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '@' | ' ');
    name.len() <= MAX_NAME
        && name.chars().next().is_some_and(|first| first.is_ascii_alphanumeric())
        && name.chars().all(fits)
        && !name.ends_with(' ')
}

/// Checks a password that somebody chose against the profile.
pub(super) fn check_password(
    profile: &PasswordProfile,
    password: &SecretString,
) -> Result<(), UserError> {
    use secrecy::ExposeSecret as _;
    profile
        .check(password.expose_secret())
        .map_err(|weak| UserError::WeakPassword(weak, Box::new(profile.clone())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for name in ["admin", "a", "mary.ann", "ci-1", "x@example.org", "Mary Ann"] {
            assert!(is_name(name), "{name}");
        }
        let long = "x".repeat(MAX_NAME + 1);
        for name in ["", "-a", "a:b", "a ", " a", "a\u{a0}b", "a/b", "é", "..", long.as_str()] {
            assert!(!is_name(name), "{name}");
        }
    }
}
