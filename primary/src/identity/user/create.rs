//! Creating a local user.

use palisade_identity::{Caller, Roles};
use secrecy::SecretString;

use super::{
    MOST_LOCAL, UserError, audited, check_manage, check_password, check_text, check_timeout,
    is_name, record, version,
};
use crate::identity::{Identity, standing, user_role};
use crate::store::StoreError;
use crate::store::user::{self, DUPLICATE_USER, NewUser};
use crate::version::Version;

/// A user to be created.
#[derive(Debug)]
pub struct CreateUser {
    /// The name.
    pub username: String,
    /// The first password.
    pub password: SecretString,
    /// Mail address, may be empty.
    pub email: String,
    /// Roles.
    pub roles: Roles,
    /// Idle time in seconds; absent: that of the password profile.
    pub timeout: Option<i32>,
    /// Language of the portal.
    pub locale: String,
}

impl Identity {
    /// Creates a local user; gives what is there then.
    pub async fn create_user(
        &self,
        caller: &Caller,
        new: CreateUser,
    ) -> Result<Version, UserError> {
        if !is_name(&new.username) {
            return Err(UserError::InvalidName);
        }
        check_text(&new.email)?;
        check_text(&new.locale)?;
        let profile = self.password_profile().await?;
        let timeout = new.timeout.unwrap_or(profile.session_timeout as i32);
        check_timeout(timeout)?;
        {
            // Hashing costs; it is not for those who may not create.
            let mut conn = self.database.acquire().await?;
            user_role::check_exist::<UserError>(&mut conn, &new.roles).await?;
            check_manage(&mut conn, caller, &new.roles).await?;
        }
        check_password(&profile, &new.password)?;
        let password_hash = self.passwords.hash(new.password).await?;
        let row = NewUser {
            fullname: &new.username,
            username: &new.username,
            server: "",
            password_hash: Some(&password_hash),
            default_password: false,
            email: &new.email,
            roles: &new.roles,
            timeout,
            locale: &new.locale,
            at: self.clock.now(),
        };
        let mut transaction = self.database.begin().await?;
        standing::hold::<UserError>(&mut transaction, caller).await?;
        user_role::check_exist::<UserError>(&mut transaction, &new.roles).await?;
        check_manage(&mut transaction, caller, &new.roles).await?;
        if user::count_local(&mut transaction).await? >= MOST_LOCAL {
            return Err(UserError::TooMany);
        }
        user::create(&mut transaction, &row).await.map_err(|error| {
            if error.constraint() == Some(DUPLICATE_USER) {
                UserError::Duplicate
            } else {
                error.into()
            }
        })?;
        let after = user::get(&mut transaction, &new.username).await?.ok_or(UserError::Missing)?;
        let version = version(&after)?;
        let after = audited(&after, true);
        record(&mut transaction, caller, "create", &new.username, None, Some(&after)).await?;
        transaction.commit().await.map_err(StoreError::from)?;
        Ok(version)
    }
}
