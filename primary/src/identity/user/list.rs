//! Looking at users.

use chrono::{DateTime, Utc};
use palisade_identity::{Access, Caller, PasswordProfile, Rights};

use super::{UserError, may_manage};
use crate::identity::Identity;
use crate::store::user::UserRow;
use crate::store::{StoreError, user, user_role};

/// A user as a caller may see it.
#[derive(Clone, Debug)]
pub struct SeenUser {
    /// The user.
    pub row: UserRow,
    /// What it may do.
    pub rights: Rights,
    /// Failed logins block it now.
    pub blocked_for_failed_login: bool,
    /// Its password is expired.
    pub blocked_for_password_expired: bool,
    /// Days and hours until the password expires, if it ever does.
    pub password_expires_in: Option<chrono::TimeDelta>,
}

impl Identity {
    /// The users that the caller may see: always itself.
    pub async fn users(&self, caller: &Caller) -> Result<Vec<SeenUser>, UserError> {
        let mut conn = self.database.acquire().await?;
        let rows = user::list(&mut conn).await?;
        // Asked once: a directory's users are many.
        let held = user_role::held(&mut conn).await?;
        drop(conn);
        let profile = self.password_profile().await?;
        let now = self.clock.now();
        let seen = rows.into_iter().map(|row| {
            let rights = Rights::of(&row.roles, &held);
            SeenUser::new(row, rights, &profile, now)
        });
        let visible = |user: &SeenUser| {
            caller.is_user(&user.row.fullname)
                || may_manage(caller, Access::Read, &user.row.roles, &user.rights)
        };
        Ok(seen.filter(visible).collect())
    }

    /// The user `fullname`, if the caller may see it.
    pub async fn user(&self, caller: &Caller, fullname: &str) -> Result<SeenUser, UserError> {
        use palisade_identity::Permission::Authorization;
        if caller.is_user(fullname) {
            return Ok(self.seen(self.stored_user(fullname).await?).await?);
        }
        if !caller.rights.may_somewhere(Authorization, Access::Read) {
            return Err(UserError::MoreThanCaller);
        }
        let user = self.seen(self.stored_user(fullname).await?).await?;
        if may_manage(caller, Access::Read, &user.row.roles, &user.rights) {
            Ok(user)
        } else {
            Err(UserError::MoreThanCaller)
        }
    }

    /// The user as it is in the database.
    pub(in crate::identity) async fn stored_user(
        &self,
        fullname: &str,
    ) -> Result<UserRow, UserError> {
        user::get(&mut *self.database.acquire().await?, fullname).await?.ok_or(UserError::Missing)
    }

    /// What is to be shown of a user.
    pub(in crate::identity) async fn seen(&self, row: UserRow) -> Result<SeenUser, StoreError> {
        let mut conn = self.database.acquire().await?;
        let rights = user_role::readable_rights(&mut conn, &row.roles).await?;
        drop(conn);
        let profile = self.password_profile().await?;
        Ok(SeenUser::new(row, rights, &profile, self.clock.now()))
    }
}

impl SeenUser {
    fn new(row: UserRow, rights: Rights, profile: &PasswordProfile, now: DateTime<Utc>) -> Self {
        let local = row.server.is_empty();
        let blocked_until = row.blocked_at.and_then(|at| profile.blocked_until(at));
        let expires_at = profile.expires_at(row.password_changed_at).filter(|_| local);
        Self {
            blocked_for_failed_login: local && blocked_until.is_some_and(|until| now < until),
            blocked_for_password_expired: expires_at.is_some_and(|at| at <= now),
            password_expires_in: expires_at.map(|at| at - now),
            rights,
            row,
        }
    }
}
