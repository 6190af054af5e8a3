//! Logging in with a password that a directory keeps, and trying a directory.

use palisade_identity::PasswordError;
use secrecy::SecretString;
use thiserror::Error;

use super::{LdapError, LdapSettings};
use crate::identity::Identity;
use crate::identity::directory::{DirectoryError, DirectoryRow, GroupCase, Kind, Vouched};
use crate::identity::login::{LoggedIn, Login, LoginError, truncated};

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
    /// Asks the directory `name`. None where it does not vouch, or does not
    /// answer: others may be asked.
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
        let secret = match self.secret_of(&row) {
            Ok(secret) => secret,
            Err(error) => {
                tracing::error!(server = name, %error, "a directory cannot be asked");
                return Ok(None);
            }
        };
        let by = (login.username.as_str(), &login.password);
        // Of many attempts that came at once, those behind the first failures wait.
        let still_may = || !self.damper.blocks(&login.username, &login.address, self.clock.now());
        let found = match self.ldap.authenticate(settings, &secret, by, still_may).await {
            Ok(found) => found,
            Err(LdapError::Damped) => return Err(LoginError::Damped),
            Err(LdapError::Busy) => return Err(PasswordError::Busy.into()),
            Err(error) => {
                let user = truncated(&login.username);
                if error.is_refusal() {
                    tracing::info!(server = name, user, %error, "a directory does not vouch");
                } else {
                    tracing::warn!(server = name, %error, "a directory does not answer");
                }
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
        };
        match self.log_in_vouched(&row.settings, vouched, &login.address).await {
            Ok(logged_in) => Ok(Some(logged_in)),
            Err(LoginError::Refused) => Ok(None),
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
