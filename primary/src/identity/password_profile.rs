//! The rules of passwords as they are set now.

use palisade_identity::password_profile::ProfileError;
use palisade_identity::{Caller, PasswordProfile};
use thiserror::Error;

use super::Identity;
use super::user::actor;
use crate::store::{StoreError, password, setting};
use crate::version::{ChangedSince, Expected, Version};

/// The only profile.
pub const DEFAULT_PROFILE: &str = "default";
const SETTING: &str = "password_profile";

/// A profile that was not changed.
#[derive(Debug, Error)]
pub enum PasswordProfileError {
    /// It makes no sense.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The change was meant for what was there before another one.
    #[error(transparent)]
    ChangedSince(#[from] ChangedSince),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Identity {
    /// The rules of passwords.
    pub async fn password_profile(&self) -> Result<PasswordProfile, StoreError> {
        let mut conn = self.database.acquire().await?;
        Ok(setting::get(&mut conn, SETTING).await?.unwrap_or_default())
    }

    /// Changes the rules of passwords where they are as expected; gives what is there then.
    /// Where passwords did not expire before, the age of all begins now.
    pub async fn change_password_profile(
        &self,
        caller: &Caller,
        expected: &Expected,
        change: impl FnOnce(&mut PasswordProfile) + Send,
    ) -> Result<Version, PasswordProfileError> {
        let mut transaction = self.database.begin().await?;
        let default = PasswordProfile::default();
        let before = setting::lock(&mut transaction, SETTING, &default).await?;
        expected.check::<PasswordProfileError>(&before)?;
        let mut after = before.clone();
        change(&mut after);
        let after = after.checked()?;
        setting::put(&mut transaction, SETTING, &after).await?;
        if after.enable_password_expiration && !before.enable_password_expiration {
            password::begin_ageing(&mut transaction, self.clock.now()).await?;
        }
        let what = ("change", "password_profile", DEFAULT_PROFILE);
        super::audit(&mut transaction, &actor(caller), what, Some(&before), Some(&after)).await?;
        transaction.commit().await.map_err(StoreError::from)?;
        Ok(Version::of(&after)?)
    }
}
