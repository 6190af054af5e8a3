//! Logging in with a password that the primary keeps itself.

use palisade_identity::password_profile::WeakPassword;
use palisade_identity::secret;
use secrecy::{ExposeSecret as _, SecretString};

use super::login::{Login, LoginError, LoginOutcome, lock_vouched};
use super::user::UserError;
use super::{Identity, user};
use crate::store::user::UserRow;
use crate::store::{StoreError, password, session, user as users};

/// What the primary says of a name and a password.
#[derive(Debug)]
pub(super) enum LocalVerdict {
    /// They belong together.
    Yes(LoginOutcome),
    /// There is no such user.
    Unknown,
    /// The user has another password.
    WrongPassword(Box<UserRow>),
    /// The user is blocked, whatever the password.
    Blocked,
    /// The password is right, but expired.
    Expired,
}

impl Identity {
    /// Verifies the password of a local user, and begins its session.
    pub(super) async fn login_local(&self, login: &Login) -> Result<LocalVerdict, LoginError> {
        let profile = self.password_profile().await?;
        let known = users::get(&mut *self.database.acquire().await?, &login.username).await?;
        let known = known.filter(|user| user.server.is_empty());
        let now = self.clock.now();
        let blocked_until = known
            .as_ref()
            .and_then(|user| user.blocked_at)
            .and_then(|blocked_at| profile.blocked_until(blocked_at));
        if blocked_until.is_some_and(|until| now < until) {
            return Ok(LocalVerdict::Blocked);
        }
        let hash = known.as_ref().and_then(|user| user.password_hash.clone());
        let still_may = || !self.damper.blocks(&login.username, &login.address, self.clock.now());
        let right = self.passwords.verify_if(still_may, login.password.clone(), hash).await?;
        let right = right.ok_or(LoginError::Damped)?;
        let user = match known {
            Some(user) if right => user,
            Some(user) => return Ok(LocalVerdict::WrongPassword(Box::new(user))),
            None => return Ok(LocalVerdict::Unknown),
        };
        if profile.expires_at(user.password_changed_at).is_some_and(|at| at <= now) {
            return Ok(LocalVerdict::Expired);
        }
        let user = match (&login.new_password, user.reset_password) {
            (_, false) => user,
            (None, true) => return Ok(LocalVerdict::Yes(LoginOutcome::MustResetPassword)),
            (Some(new), true) => self.choose_password(user, login, new).await?,
        };
        let logged_in = self.begin_session(&user, &login.address, None).await?;
        Ok(LocalVerdict::Yes(LoginOutcome::LoggedIn(Box::new(logged_in))))
    }

    /// Counts a failed login, and gives what to answer. Too many block the user. Its
    /// sessions go on: whoever guesses is a stranger, and ends nothing of somebody who
    /// knew the password.
    pub(super) async fn count_failure(&self, user: &UserRow) -> Result<LoginError, LoginError> {
        let profile = self.password_profile().await?;
        if !profile.enable_block_after_failed_login {
            return Ok(LoginError::Refused);
        }
        let fullname = user.fullname.as_str();
        let now = self.clock.now();
        let mut transaction = self.database.begin().await?;
        let locked = users::lock(&mut transaction, fullname).await?.ok_or(LoginError::Refused)?;
        // Of attempts that came at once, one before this brought the block about.
        let blocked_until = locked.blocked_at.and_then(|at| profile.blocked_until(at));
        if blocked_until.is_some_and(|until| now < until) {
            return Ok(LoginError::Blocked);
        }
        // A block that is over begins the count anew.
        let before = if locked.blocked_at.is_some() { 0 } else { locked.failed_logins };
        let failures = before.saturating_add(1);
        let blocked = profile.blocks_after(failures);
        let blocked_at = blocked.then_some(now);
        users::set_failed_logins(&mut transaction, fullname, failures, blocked_at).await?;
        transaction.commit().await.map_err(StoreError::from)?;
        if blocked {
            tracing::warn!(user = fullname, "blocked after too many failed logins");
            return Ok(LoginError::Blocked);
        }
        Ok(LoginError::Refused)
    }

    /// Sets the password that the user had to choose.
    async fn choose_password(
        &self,
        user: UserRow,
        login: &Login,
        new: &SecretString,
    ) -> Result<UserRow, LoginError> {
        let profile = self.password_profile().await?;
        if secret::equal(login.password.expose_secret().as_bytes(), new.expose_secret().as_bytes())
        {
            let weak = WeakPassword::UsedBefore;
            return Err(LoginError::WeakPassword(weak, Box::new(profile)));
        }
        user::check_password(&profile, new).map_err(unfit)?;
        self.check_not_used_before(&profile, &user, new).await.map_err(unfit)?;
        let hash = self.passwords.hash(new.clone()).await?;
        let fullname = user.fullname.as_str();
        let mut transaction = self.database.begin().await?;
        lock_vouched(&mut transaction, &user).await?;
        let (keep, now) = (profile.former_passwords(), self.clock.now());
        password::set(&mut transaction, fullname, &hash, keep, false, now).await?;
        session::delete_of_user(&mut transaction, fullname).await?;
        let chosen = users::get(&mut transaction, fullname).await?.ok_or(LoginError::Refused)?;
        transaction.commit().await.map_err(StoreError::from)?;
        self.recent.forget_user(fullname);
        Ok(chosen)
    }
}

fn unfit(error: UserError) -> LoginError {
    match error {
        UserError::WeakPassword(weak, profile) => LoginError::WeakPassword(weak, profile),
        UserError::Password(error) => error.into(),
        UserError::Store(error) => error.into(),
        other => StoreError::inconsistent("user", other).into(),
    }
}
