//! Custom roles.

use palisade_identity::permission_set::PermissionSetError;
use palisade_identity::role_name::RoleNameError;
use palisade_identity::{Caller, CustomRoleName, PermissionSet, RoleName, Roles};
use serde::Serialize;
use thiserror::Error;

use super::Identity;
use super::standing::{self, CallerGone};
use super::user::actor;
use crate::store::user_role::{self, DUPLICATE_USER_ROLE, UserRoleRow};
use crate::store::{StoreError, api_key, session, shadow_user, user};
use crate::version::{ChangedSince, Expected, Version};

/// Longest comment, in bytes.
const MAX_COMMENT: usize = 1_024;

/// Custom roles at once: lists show all of them.
const MOST: i64 = 500;

/// A role that does not exist.
#[derive(Debug, Error)]
#[error("no role is called {0:?}")]
pub struct UnknownRole(String);

/// A custom role that was not created, changed or removed.
#[derive(Debug, Error)]
pub enum UserRoleError {
    /// The name cannot be one.
    #[error(transparent)]
    Name(RoleNameError),
    /// A reserved role stays as it is.
    #[error("the role {0:?} is reserved")]
    Reserved(String),
    /// The permissions make no role.
    #[error(transparent)]
    Permissions(#[from] PermissionSetError),
    /// The comment is too long.
    #[error("a comment has at most {MAX_COMMENT} bytes")]
    Comment,
    /// The name is taken.
    #[error("a role of this name exists")]
    Duplicate,
    /// There are as many as there may be.
    #[error("there are {MOST} custom roles already; remove one first")]
    TooMany,
    /// No such role.
    #[error("there is no such role")]
    Missing,
    /// Somebody holds the role.
    #[error("the role is held by the {kind} {name:?}")]
    InUse {
        /// A user, a key or a directory.
        kind: &'static str,
        /// Which.
        name: String,
    },
    /// The change was meant for what was there before another one.
    #[error(transparent)]
    ChangedSince(#[from] ChangedSince),
    /// The caller has less than what the role would hold.
    #[error("nobody gives, changes or removes more than they have")]
    MoreThanCaller,
    /// The caller was removed meanwhile.
    #[error(transparent)]
    CallerGone(#[from] CallerGone),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<RoleNameError> for UserRoleError {
    fn from(error: RoleNameError) -> Self {
        match error {
            RoleNameError::Reserved(name) => Self::Reserved(name),
            RoleNameError::Invalid(_) => Self::Name(error),
        }
    }
}

#[derive(Serialize)]
struct Audited<'a> {
    comment: &'a str,
    permissions: Vec<String>,
}

fn audited(role: &UserRoleRow) -> Audited<'_> {
    let text = |one: palisade_identity::permission_set::Granted<_>| {
        format!(
            "{}:{}{}",
            one.permission,
            if one.read { "r" } else { "" },
            if one.write { "w" } else { "" }
        )
    };
    Audited {
        comment: &role.comment,
        permissions: role
            .permissions
            .listed()
            .filter(
                |one: &palisade_identity::permission_set::Granted<
                    palisade_identity::Permission,
                >| one.permission.grantable().is_some(),
            )
            .map(text)
            .collect(),
    }
}

/// Refuses roles that do not exist. Those that do stay until the transaction
/// ends.
pub(super) async fn check_exist<E>(conn: &mut sqlx::PgConnection, roles: &Roles) -> Result<(), E>
where
    E: From<UnknownRole> + From<StoreError>,
{
    let names: Vec<String> = roles
        .names()
        .filter(|name| matches!(name, RoleName::Custom(_)))
        .map(ToString::to_string)
        .collect();
    match user_role::missing(conn, &names).await?.into_iter().next() {
        Some(name) => Err(UnknownRole(name).into()),
        None => Ok(()),
    }
}

impl Identity {
    /// All custom roles.
    pub async fn user_roles(&self) -> Result<Vec<UserRoleRow>, StoreError> {
        user_role::list(&mut *self.database.acquire().await?).await
    }

    /// Creates a custom role; gives what is there then.
    pub async fn create_user_role(
        &self,
        caller: &Caller,
        role: UserRoleRow,
    ) -> Result<Version, UserRoleError> {
        check(caller, &role)?;
        let mut transaction = self.database.begin().await?;
        standing::hold::<UserRoleError>(&mut transaction, caller).await?;
        if user_role::count(&mut transaction).await? >= MOST {
            return Err(UserRoleError::TooMany);
        }
        user_role::create(&mut transaction, &role).await.map_err(|error| {
            if error.constraint() == Some(DUPLICATE_USER_ROLE) {
                UserRoleError::Duplicate
            } else {
                error.into()
            }
        })?;
        let what = ("create", "user_role", role.name.as_str());
        let after = audited(&role);
        super::audit(&mut transaction, &actor(caller), what, None, Some(&after)).await?;
        transaction.commit().await.map_err(StoreError::from)?;
        Ok(Version::of(&after)?)
    }

    /// Changes a custom role that is as expected, which ends the sessions of all who hold it;
    /// gives what is there then.
    pub async fn change_user_role(
        &self,
        caller: &Caller,
        role: UserRoleRow,
        expected: &Expected,
    ) -> Result<Version, UserRoleError> {
        check(caller, &role)?;
        let mut transaction = self.database.begin().await?;
        standing::hold::<UserRoleError>(&mut transaction, caller).await?;
        let before =
            user_role::lock(&mut transaction, &role.name).await?.ok_or(UserRoleError::Missing)?;
        if !caller.rights.global().covers(before.permissions) {
            return Err(UserRoleError::MoreThanCaller);
        }
        expected.check::<UserRoleError>(&audited(&before))?;
        user_role::update(&mut transaction, &role).await?;
        let ended = if before.permissions == role.permissions {
            Vec::new()
        } else {
            session::delete_of_role(&mut transaction, role.name.as_str()).await?
        };
        let what = ("change", "user_role", role.name.as_str());
        let (before, after) = (audited(&before), audited(&role));
        super::audit(&mut transaction, &actor(caller), what, Some(&before), Some(&after)).await?;
        transaction.commit().await.map_err(StoreError::from)?;
        for fullname in ended {
            self.recent.forget_user(&fullname);
        }
        Ok(Version::of(&after)?)
    }

    /// Removes a custom role that nobody holds and that is as expected.
    pub async fn delete_user_role(
        &self,
        caller: &Caller,
        name: &CustomRoleName,
        expected: &Expected,
    ) -> Result<(), UserRoleError> {
        let mut transaction = self.database.begin().await?;
        standing::hold::<UserRoleError>(&mut transaction, caller).await?;
        let before =
            user_role::lock(&mut transaction, name).await?.ok_or(UserRoleError::Missing)?;
        if !caller.rights.global().covers(before.permissions) {
            return Err(UserRoleError::MoreThanCaller);
        }
        expected.check::<UserRoleError>(&audited(&before))?;
        let in_use = |kind, name| Err(UserRoleError::InUse { kind, name });
        if let Some(name) = user::holder_of_role(&mut transaction, name.as_str()).await? {
            return in_use("user", name);
        }
        if let Some(name) = api_key::holder_of_role(&mut transaction, name.as_str()).await? {
            return in_use("API key", name);
        }
        if let Some(name) = shadow_user::mapper_of_role(&mut transaction, name.as_str()).await? {
            return in_use("directory", name);
        }
        user_role::delete(&mut transaction, name).await?;
        let what = ("delete", "user_role", name.as_str());
        let before = audited(&before);
        super::audit(&mut transaction, &actor(caller), what, Some(&before), None).await?;
        transaction.commit().await.map_err(StoreError::from)?;
        Ok(())
    }
}

fn check(caller: &Caller, role: &UserRoleRow) -> Result<(), UserRoleError> {
    if role.comment.len() > MAX_COMMENT {
        return Err(UserRoleError::Comment);
    }
    let permissions: PermissionSet = role.permissions;
    if caller.rights.global().covers(permissions) {
        Ok(())
    } else {
        Err(UserRoleError::MoreThanCaller)
    }
}
