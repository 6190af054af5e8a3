//! Resetting and unlocking a user, and the memory of former passwords.

use palisade_identity::password_profile::WeakPassword;
use palisade_identity::{Caller, PasswordHash, PasswordProfile};
use secrecy::SecretString;

use super::{UserError, audited, check_manage, check_password, record};
use crate::identity::{Identity, standing};
use crate::store::user::{self, UserRow};
use crate::store::{StoreError, password, session};

/// What an administrator does to a user's password.
#[derive(Debug, Default)]
pub struct ResetPassword {
    /// Forget failed logins.
    pub clear_failed_login: bool,
    /// The new password.
    pub new_password: Option<SecretString>,
    /// Also where the present one is not expired.
    pub force: bool,
    /// The next login must bring yet another one.
    pub again_at_next_login: bool,
}

impl Identity {
    /// Unlocks a user, or resets its password, which ends its sessions.
    pub async fn reset_password(
        &self,
        caller: &Caller,
        fullname: &str,
        reset: ResetPassword,
    ) -> Result<(), UserError> {
        let before = self.stored_user(fullname).await?;
        check_manage(&mut *self.database.acquire().await?, caller, &before.roles).await?;
        let profile = self.password_profile().await?;
        let now = self.clock.now();
        let hash = match reset.new_password {
            Some(_) if !before.server.is_empty() => return Err(UserError::DirectoryPassword),
            Some(new) => {
                let expires_at = profile.expires_at(before.password_changed_at);
                if !reset.force && expires_at.is_some_and(|at| now < at) {
                    return Err(UserError::NotExpired);
                }
                check_password(&profile, &new)?;
                self.check_not_used_before(&profile, &before, &new).await?;
                Some(self.passwords.hash(new).await?)
            }
            None => None,
        };
        let mut transaction = self.database.begin().await?;
        standing::hold::<UserError>(&mut transaction, caller).await?;
        let locked = user::lock(&mut transaction, fullname).await?.ok_or(UserError::Missing)?;
        if locked.roles != before.roles || locked.password_hash != before.password_hash {
            return Err(UserError::ChangedMeanwhile);
        }
        // What the roles hold may be more than before.
        check_manage(&mut transaction, caller, &locked.roles).await?;
        if reset.clear_failed_login {
            user::set_failed_logins(&mut transaction, fullname, 0, None).await?;
            record(&mut transaction, caller, "unlock", fullname, None, None).await?;
        }
        if let Some(hash) = &hash {
            let again = reset.force && reset.again_at_next_login;
            let keep = profile.former_passwords();
            password::set(&mut transaction, fullname, hash, keep, again, now).await?;
            session::delete_of_user(&mut transaction, fullname).await?;
            let (before, after) = (audited(&before, false), audited(&locked, true));
            record(&mut transaction, caller, "reset", fullname, Some(&before), Some(&after))
                .await?;
        }
        transaction.commit().await.map_err(StoreError::from)?;
        if hash.is_some() {
            self.recent.forget_user(fullname);
        }
        self.damper.forget_user(fullname);
        Ok(())
    }

    /// Refuses the present password, and former ones where the profile says
    /// so.
    pub(in crate::identity) async fn check_not_used_before(
        &self,
        profile: &PasswordProfile,
        user: &UserRow,
        new: &SecretString,
    ) -> Result<(), UserError> {
        let former = self.former_passwords(profile, user).await?;
        for hash in former {
            if self.passwords.verify(new.clone(), Some(hash)).await? {
                let weak = WeakPassword::UsedBefore;
                return Err(UserError::WeakPassword(weak, Box::new(profile.clone())));
            }
        }
        Ok(())
    }

    /// Passwords that a user may not take again, the present one first.
    async fn former_passwords(
        &self,
        profile: &PasswordProfile,
        user: &UserRow,
    ) -> Result<Vec<PasswordHash>, StoreError> {
        if !profile.enable_password_history {
            return Ok(Vec::new());
        }
        let mut conn = self.database.acquire().await?;
        let keep = profile.former_passwords();
        let older = password::history(&mut conn, &user.fullname, keep).await?;
        Ok(user.password_hash.iter().cloned().chain(older).collect())
    }
}
