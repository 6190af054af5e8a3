//! Creating, changing and removing directories.

use palisade_identity::{Caller, Roles};
use secrecy::{ExposeSecret as _, SecretString};

use super::settings::check_name;
use super::{DirectoryError, DirectoryRow, DirectorySettings, MOST, PURPOSE};
use crate::identity::user::actor;
use crate::identity::user_role::check_exist;
use crate::identity::{Identity, order, standing};
use crate::store::auth_server::{self, DUPLICATE_AUTH_SERVER};
use crate::store::{StoreError, user_role};
use crate::version::{Expected, Version};

/// What becomes of the secret.
#[derive(Debug, Default)]
pub enum Secret {
    /// It stays.
    #[default]
    Keep,
    /// It is replaced; an empty one is none.
    Set(SecretString),
}

/// The settings that shall be, and the secret.
#[derive(Debug)]
pub struct DirectoryChange {
    /// The settings.
    pub settings: DirectorySettings,
    /// The secret.
    pub secret: Secret,
}

/// What another change makes another of: a new secret too, whatever the settings are.
fn state(row: &DirectoryRow) -> (i64, &DirectorySettings) {
    (row.revision, &row.settings)
}

/// The version of a directory as this transaction wrote it.
async fn written(conn: &mut sqlx::PgConnection, name: &str) -> Result<Version, DirectoryError> {
    let row = auth_server::get(conn, name).await?.ok_or(DirectoryError::Missing)?;
    Ok(Version::of(&state(&row))?)
}

impl Identity {
    /// Creates a directory; gives what is there then.
    pub async fn create_directory(
        &self,
        caller: &Caller,
        name: &str,
        new: DirectoryChange,
    ) -> Result<Version, DirectoryError> {
        check_name(name)?;
        new.settings.check()?;
        let new = DirectoryChange { settings: new.settings.arranged(), ..new };
        match &new.secret {
            Secret::Keep => new.settings.check_secret("")?,
            Secret::Set(secret) => new.settings.check_secret(secret.expose_secret())?,
        }
        let secret = self.sealed(new.secret, None)?;
        let mut transaction = self.database.begin().await?;
        standing::hold::<DirectoryError>(&mut transaction, caller).await?;
        self.check_given(&mut transaction, caller, &new.settings).await?;
        if auth_server::count(&mut transaction).await? >= MOST {
            return Err(DirectoryError::TooMany);
        }
        auth_server::create(&mut transaction, name, &new.settings, secret.as_deref())
            .await
            .map_err(|error| {
                if error.constraint() == Some(DUPLICATE_AUTH_SERVER) {
                    DirectoryError::Duplicate
                } else {
                    error.into()
                }
            })?;
        let what = ("create", "server", name);
        let after = Some(&new.settings);
        crate::identity::audit(&mut transaction, &actor(caller), what, None, after).await?;
        let version = written(&mut transaction, name).await?;
        transaction.commit().await.map_err(StoreError::from)?;
        Ok(version)
    }

    /// Changes a directory that is as expected; gives what is there then. `change` gets the
    /// settings as they are.
    pub async fn change_directory(
        &self,
        caller: &Caller,
        name: &str,
        expected: &Expected,
        change: impl FnOnce(DirectorySettings) -> Result<DirectoryChange, DirectoryError> + Send,
    ) -> Result<Version, DirectoryError> {
        let before = self.directory(name).await?;
        expected.check::<DirectoryError>(&state(&before))?;
        let DirectoryChange { settings, secret } = change(before.settings.clone())?;
        settings.check()?;
        let settings = settings.arranged();
        let kept = matches!(secret, Secret::Keep) && before.secret.is_some();
        if kept && !settings.kind.asks_same_server(&before.settings.kind) {
            return Err(DirectoryError::SecretForAnother);
        }
        match &secret {
            Secret::Keep => settings.check_secret(self.secret_of(&before)?.expose_secret())?,
            Secret::Set(secret) => settings.check_secret(secret.expose_secret())?,
        }
        let mut transaction = self.database.begin().await?;
        standing::hold::<DirectoryError>(&mut transaction, caller).await?;
        self.check_given(&mut transaction, caller, &before.settings).await?;
        self.check_given(&mut transaction, caller, &settings).await?;
        let row = DirectoryRow {
            name: before.name,
            settings,
            secret: self.sealed(secret, before.secret)?,
            revision: before.revision,
        };
        if !auth_server::update(&mut transaction, &row).await? {
            return Err(expected.overtaken(DirectoryError::ChangedMeanwhile));
        }
        let (what, actor) = (("change", "server", name), actor(caller));
        let (before, after) = (Some(&before.settings), Some(&row.settings));
        crate::identity::audit(&mut transaction, &actor, what, before, after).await?;
        let version = written(&mut transaction, name).await?;
        transaction.commit().await.map_err(StoreError::from)?;
        Ok(version)
    }

    /// Removes a directory, its users and their sessions. One that stands in the order
    /// stays: another of its name would come into it unnoticed.
    pub async fn delete_directory(
        &self,
        caller: &Caller,
        name: &str,
        expected: &Expected,
    ) -> Result<(), DirectoryError> {
        let before = self.directory(name).await?;
        expected.check::<DirectoryError>(&state(&before))?;
        let mut transaction = self.database.begin().await?;
        standing::hold::<DirectoryError>(&mut transaction, caller).await?;
        self.check_given(&mut transaction, caller, &before.settings).await?;
        if order::names(&mut transaction, name).await? {
            return Err(DirectoryError::InOrder);
        }
        let users = auth_server::delete(&mut transaction, name, before.revision)
            .await?
            .ok_or_else(|| expected.overtaken(DirectoryError::ChangedMeanwhile))?;
        let (what, actor) = (("delete", "server", name), actor(caller));
        let before = Some(&before.settings);
        crate::identity::audit(&mut transaction, &actor, what, before, None).await?;
        transaction.commit().await.map_err(StoreError::from)?;
        for fullname in users {
            self.recent.forget_user(&fullname);
        }
        Ok(())
    }

    /// Refuses roles that do not exist, or are more than the caller's.
    async fn check_given(
        &self,
        conn: &mut sqlx::PgConnection,
        caller: &Caller,
        settings: &DirectorySettings,
    ) -> Result<(), DirectoryError> {
        let given: Vec<Roles> = settings.mapping.given().collect();
        for roles in given {
            check_exist::<DirectoryError>(conn, &roles).await?;
            if !caller.rights.covers(&user_role::rights(conn, &roles).await?) {
                return Err(DirectoryError::MoreThanCaller);
            }
        }
        Ok(())
    }

    fn sealed(
        &self,
        secret: Secret,
        before: Option<Vec<u8>>,
    ) -> Result<Option<Vec<u8>>, DirectoryError> {
        let Secret::Set(secret) = secret else { return Ok(before) };
        let text = secret.expose_secret();
        if text.is_empty() {
            return Ok(None);
        }
        Ok(Some(self.sealer.seal(PURPOSE, text.as_bytes())?))
    }
}
