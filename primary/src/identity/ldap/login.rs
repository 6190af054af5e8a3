//! Logging in with a password that a directory keeps, and trying a directory.

use palisade_identity::PasswordError;
use palisade_identity::password::MAX_PASSWORD_BYTES;
use secrecy::{ExposeSecret as _, SecretString};
use thiserror::Error;

use super::{LdapError, LdapSettings};
use crate::identity::Identity;
use crate::identity::directory::{
    DirectoryError, DirectoryRow, GroupCase, Kind, MAX_USERNAME, Vouched,
};
use crate::identity::login::{LoggedIn, Login, LoginError, Outage, truncated};

/// A trial of a directory that failed.
#[derive(Debug, Error)]
pub enum TrialError {
    /// The directory cannot be tried.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// A step failed.
    #[error(transparent)]
    Ldap(#[from] LdapError),
}

/// A directory to be tried with a user's name and password.
#[derive(Debug)]
pub struct Trial {
    /// The settings.
    pub settings: LdapSettings,
    /// The password of the bind name.
    pub bind_password: SecretString,
    /// The user's name.
    pub username: String,
    /// The user's password.
    pub password: SecretString,
}

impl Identity {
    /// Asks the directory `name`. None where it does not vouch; an outage where
    /// it cannot be asked: others may be.
    pub(in crate::identity) async fn login_ldap(
        &self,
        name: &str,
        login: &Login,
        must_exist: bool,
    ) -> Result<Option<LoggedIn>, LoginError> {
        let row = match self.directory(name).await {
            Ok(row) => row,
            Err(DirectoryError::Store(error)) => return Err(error.into()),
            Err(_) if must_exist => return Err(LoginError::NoDirectory),
            Err(_) => return Ok(None),
        };
        let Some(settings) = ldap_of(&row).filter(|_| row.settings.enable) else {
            return Ok(None);
        };
        // Nobody has such a name or password. Directories hang up on the longest,
        // which must not look like an outage.
        if login.username.len() > MAX_USERNAME
            || login.password.expose_secret().len() > MAX_PASSWORD_BYTES
        {
            return Ok(None);
        }
        let secret = match self.secret_of(&row) {
            Ok(secret) => secret,
            Err(error) => {
                tracing::error!(server = name, %error, "a directory cannot be asked");
                return Err(Outage::new(name, "opening its stored password failed").into());
            }
        };
        let by = (login.username.as_str(), &login.password);
        // Of many attempts that came at once, those behind the first failures wait.
        let still_may = || !self.damper.blocks(&login.username, &login.address, self.clock.now());
        let found = match self.ldap.authenticate(settings, &secret, by, still_may).await {
            Ok(found) => found,
            Err(LdapError::Damped) => return Err(LoginError::Damped),
            Err(LdapError::Busy) => return Err(PasswordError::Busy.into()),
            Err(LdapError::Failed { step, reason }) => {
                tracing::warn!(server = name, %step, reason, "a directory cannot be asked");
                // Of a few texts: what exactly failed may differ each time.
                return Err(Outage::new(name, format!("{step} failed")).into());
            }
            Err(error @ (LdapError::NotOne(_) | LdapError::Refused(_))) => {
                let user = truncated(&login.username);
                tracing::info!(server = name, user, %error, "a directory does not vouch");
                return Ok(None);
            }
        };
        let vouched = Vouched {
            server: row.name.clone(),
            username: found.username,
            // Letter case does not matter to directories, nor to us.
            subject: Some(found.dn.to_lowercase()),
            email: found.email,
            groups: found.groups,
            case: GroupCase::Ignored,
            login: None,
        };
        match self.log_in_vouched(&row, vouched, &login.address).await {
            Ok(logged_in) => Ok(Some(logged_in)),
            Err(LoginError::Refused | LoginError::NoRole) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Tries a directory: the groups of the user, or which step failed.
    pub async fn try_ldap(&self, trial: Trial) -> Result<Vec<String>, TrialError> {
        let Trial { settings, bind_password, username, password } = trial;
        settings.check().map_err(DirectoryError::from)?;
        let by = (username.as_str(), &password);
        let found = self.ldap.authenticate(&settings, &bind_password, by, || true).await?;
        Ok(found.groups)
    }
}

fn ldap_of(row: &DirectoryRow) -> Option<&LdapSettings> {
    match &row.settings.kind {
        Kind::Ldap(settings) => Some(settings),
        Kind::Oidc(_) | Kind::Saml(_) => None,
    }
}
