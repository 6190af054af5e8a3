//! Directories and providers that vouch for users: what is configured of them,
//! and the users that they vouched for.
//!
//! Open [`settings`] first; [`shadow`] is where a user of a directory gets its
//! roles and its session.

mod change;
mod mapping;
mod settings;
mod shadow;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use secrecy::SecretString;
use thiserror::Error;

use super::standing::CallerGone;
use super::user_role::UnknownRole;
use crate::store::StoreError;
use crate::store::auth_server::AuthServerRow;
use crate::version::ChangedSince;
use palisade_transport::seal::SealError;

pub use change::{DirectoryChange, Secret};
pub use mapping::{GroupCase, GroupRoles, Mapping};
pub use settings::{DirectorySettings, Kind, SettingsError};
pub(super) use settings::{check_certificates, check_optional_text, check_text};
pub(super) use shadow::{MAX_USERNAME, ProviderLogin, Vouched};

/// A directory as it is stored.
pub type DirectoryRow = AuthServerRow<DirectorySettings>;

/// What the secrets of directories are sealed for.
const PURPOSE: &str = "directory secret";

/// Directories at once: a login may ask all of them.
const MOST: i64 = 100;

/// A directory that was not created, changed, removed or used.
#[derive(Debug, Error)]
pub enum DirectoryError {
    /// The settings make no directory.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A role that does not exist.
    #[error(transparent)]
    UnknownRole(#[from] UnknownRole),
    /// The name is taken.
    #[error("a directory of this name exists")]
    Duplicate,
    /// There are as many as there may be.
    #[error("there are {MOST} directories already; remove one first")]
    TooMany,
    /// Logins ask it by the order that was set.
    #[error("the directory stands in auth_order: take it out of there first")]
    InOrder,
    /// No such directory.
    #[error("there is no such directory")]
    Missing,
    /// Another kind of directory.
    #[error("the directory is of another kind")]
    OtherKind,
    /// A secret would go to a server that it was not given for.
    #[error("the secret was given for another server: give it anew")]
    SecretForAnother,
    /// Another change came first.
    #[error("the directory was changed meanwhile; look and try again")]
    ChangedMeanwhile,
    /// The change was meant for what was there before another one.
    #[error(transparent)]
    ChangedSince(#[from] ChangedSince),
    /// The caller has less than what the directory would give.
    #[error("nobody gives, changes or removes more than they have")]
    MoreThanCaller,
    /// The secret cannot be sealed or opened.
    #[error("the secret of the directory: {0}")]
    Seal(#[from] SealError),
    /// The stored secret is no text.
    #[error("the stored secret of the directory is damaged")]
    DamagedSecret,
    /// The caller was removed meanwhile.
    #[error(transparent)]
    CallerGone(#[from] CallerGone),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl super::Identity {
    /// All directories.
    pub async fn directories(&self) -> Result<Vec<DirectoryRow>, StoreError> {
        crate::store::auth_server::list(&mut *self.database.acquire().await?).await
    }

    /// The directory `name`.
    pub async fn directory(&self, name: &str) -> Result<DirectoryRow, DirectoryError> {
        crate::store::auth_server::get(&mut *self.database.acquire().await?, name)
            .await?
            .ok_or(DirectoryError::Missing)
    }

    /// What the directory `name` is, and its secret.
    pub async fn directory_with_secret(
        &self,
        name: &str,
    ) -> Result<(Kind, SecretString), DirectoryError> {
        let row = self.directory(name).await?;
        let secret = self.secret_of(&row)?;
        Ok((row.settings.kind, secret))
    }

    /// The secret of a directory; empty where there is none.
    pub(super) fn secret_of(&self, row: &DirectoryRow) -> Result<SecretString, DirectoryError> {
        use secrecy::ExposeSecret as _;
        let Some(sealed) = &row.secret else { return Ok(SecretString::default()) };
        let opened = self.sealer.open(PURPOSE, sealed)?;
        let text = std::str::from_utf8(opened.expose_secret())
            .map_err(|_| DirectoryError::DamagedSecret)?;
        Ok(text.into())
    }
}

/// The certificates of a text in PEM.
pub(super) fn certificates(
    pem: &str,
) -> Result<Vec<CertificateDer<'static>>, rustls_pki_types::pem::Error> {
    CertificateDer::pem_slice_iter(pem.as_bytes()).collect()
}
