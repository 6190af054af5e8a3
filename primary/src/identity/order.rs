//! In which order directories are asked for a password.

use palisade_identity::Caller;
use sqlx::PgConnection;
use thiserror::Error;

use super::Identity;
use super::directory::{DirectoryRow, Kind};
use super::login::LoginBy;
use super::standing::{self, CallerGone};
use super::user::actor;
use crate::store::{StoreError, auth_server, setting};
use crate::version::{ChangedSince, Expected, Version};

const SETTING: &str = "auth_order";
/// The primary itself, in the order.
const LOCAL: &str = "local";

/// An order that was not set.
#[derive(Debug, Error)]
pub enum OrderError {
    /// A name that no directory with passwords has.
    #[error("auth_order names local and LDAP directories, each once; {0:?} is none")]
    Unknown(String),
    /// The change was meant for what was there before another one.
    #[error(transparent)]
    ChangedSince(#[from] ChangedSince),
    /// The caller was removed meanwhile.
    #[error(transparent)]
    CallerGone(#[from] CallerGone),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whether a directory stands in the order that was set.
pub(super) async fn names(conn: &mut PgConnection, directory: &str) -> Result<bool, StoreError> {
    let order: Option<Vec<String>> = setting::get(conn, SETTING).await?;
    Ok(order.is_some_and(|order| order.iter().any(|name| name == directory)))
}

impl Identity {
    /// The order that was set; empty: the primary itself, then all directories.
    pub async fn auth_order(&self) -> Result<Vec<String>, StoreError> {
        let mut conn = self.database.acquire().await?;
        Ok(setting::get(&mut conn, SETTING).await?.unwrap_or_default())
    }

    /// Sets the order where it is as expected; gives what is there then. An empty one is the usual
    /// one.
    pub async fn set_auth_order(
        &self,
        caller: &Caller,
        order: Vec<String>,
        expected: &Expected,
    ) -> Result<Version, OrderError> {
        let mut transaction = self.database.begin().await?;
        // No directory that it names is removed meanwhile.
        standing::hold::<OrderError>(&mut transaction, caller).await?;
        let mut known = with_passwords(auth_server::list(&mut transaction).await?);
        known.push(LOCAL.to_owned());
        for (index, name) in order.iter().enumerate() {
            if !known.contains(name) || order[..index].contains(name) {
                return Err(OrderError::Unknown(name.chars().take(64).collect()));
            }
        }
        let before: Vec<String> = setting::lock(&mut transaction, SETTING, &Vec::new()).await?;
        expected.check::<OrderError>(&before)?;
        setting::put(&mut transaction, SETTING, &order).await?;
        let what = ("change", "system", SETTING);
        super::audit(&mut transaction, &actor(caller), what, Some(&before), Some(&order)).await?;
        transaction.commit().await.map_err(StoreError::from)?;
        Ok(Version::of(&order)?)
    }

    /// Refuses where the order is not as expected.
    pub async fn check_auth_order(&self, expected: &Expected) -> Result<(), OrderError> {
        expected.check(&self.auth_order().await?)
    }

    /// Whom to ask for a password, in order. Without an order set the primary
    /// comes first: a directory that does not answer keeps nobody waiting who
    /// is known here.
    pub(super) async fn login_order(&self) -> Result<Vec<LoginBy>, StoreError> {
        let order = self.auth_order().await?;
        if order.is_empty() {
            let directories = self.password_directories().await?;
            let directories = directories.into_iter().map(LoginBy::Directory);
            return Ok(std::iter::once(LoginBy::Local).chain(directories).collect());
        }
        let by =
            |name: String| if name == LOCAL { LoginBy::Local } else { LoginBy::Directory(name) };
        Ok(order.into_iter().map(by).collect())
    }

    async fn password_directories(&self) -> Result<Vec<String>, StoreError> {
        Ok(with_passwords(self.directories().await?))
    }
}

/// The names of the directories among `rows` that are asked for passwords.
fn with_passwords(rows: Vec<DirectoryRow>) -> Vec<String> {
    let ldap = rows.into_iter().filter(|row| matches!(row.settings.kind, Kind::Ldap(_)));
    ldap.map(|row| row.name).collect()
}
