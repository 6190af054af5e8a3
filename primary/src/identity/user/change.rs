//! Changing a user: oneself, or another.

use std::collections::BTreeMap;

use palisade_identity::roles::RolesError;
use palisade_identity::{Access, AccessScope, Caller, Permission, RoleName, Roles};
use secrecy::SecretString;

use super::{
    UserError, audited, check_manage, check_password, check_text, check_timeout, record, version,
};
use crate::identity::{Identity, bootstrap, standing, user_role};
use crate::store::user::{self, UserChange, UserRow};
use crate::store::{StoreError, password, session};
use crate::version::{Expected, Version};

/// What of a user is to be changed; absent keeps.
#[derive(Debug, Default)]
pub struct ChangeUser {
    /// The present password, needed to change one's own.
    pub password: Option<SecretString>,
    /// A new password for oneself.
    pub new_password: Option<SecretString>,
    /// Mail address.
    pub email: Option<String>,
    /// Global role.
    pub role: Option<String>,
    /// Roles in single namespaces.
    pub role_domains: Option<BTreeMap<String, Vec<String>>>,
    /// What the global role is limited to; none in it: nothing.
    pub scope: Option<Option<AccessScope>>,
    /// Idle time in seconds; 0: that of the password profile.
    pub timeout: Option<i32>,
    /// Language of the portal.
    pub locale: Option<String>,
}

impl Identity {
    /// Changes a user that is as expected; gives what is there then. A new password or role
    /// ends its sessions.
    pub async fn change_user(
        &self,
        caller: &Caller,
        fullname: &str,
        change: ChangeUser,
        expected: &Expected,
    ) -> Result<Version, UserError> {
        let own = caller.is_user(fullname);
        if !own && !caller.rights.may_somewhere(Permission::Authorization, Access::Write) {
            return Err(UserError::MoreThanCaller);
        }
        change.email.as_deref().map_or(Ok(()), check_text)?;
        change.locale.as_deref().map_or(Ok(()), check_text)?;
        let profile = self.password_profile().await?;
        let timeout = match change.timeout {
            Some(0) => Some(profile.session_timeout as i32),
            other => other,
        };
        timeout.map_or(Ok(()), check_timeout)?;
        let before = self.stored_user(fullname).await?;
        {
            let mut conn = self.database.acquire().await?;
            if !own {
                check_manage(&mut conn, caller, &before.roles).await?;
            }
        }
        let password_hash = match &change.new_password {
            Some(new) => {
                if !own {
                    return Err(UserError::NotOwnPassword);
                }
                self.check_own_password(caller, &before, change.password.clone()).await?;
                check_password(&profile, new)?;
                self.check_not_used_before(&profile, &before, new).await?;
                Some(self.passwords.hash(new.clone()).await?)
            }
            None => None,
        };

        let mut transaction = self.database.begin().await?;
        standing::hold::<UserError>(&mut transaction, caller).await?;
        let locked = user::lock(&mut transaction, fullname).await?.ok_or(UserError::Missing)?;
        if locked.roles != before.roles || locked.password_hash != before.password_hash {
            // What the caller was allowed to change is no longer what is there.
            return Err(expected.overtaken(UserError::ChangedMeanwhile));
        }
        if !own {
            // What the roles hold may be more than before.
            check_manage(&mut transaction, caller, &locked.roles).await?;
        }
        expected.check::<UserError>(&audited(&locked, false))?;
        let roles = new_roles(&locked, &change)?;
        if let Some(roles) = &roles {
            if fullname == bootstrap::ADMIN {
                return Err(UserError::FirstAdministrator);
            }
            if own {
                return Err(UserError::MoreThanCaller);
            }
            user_role::check_exist::<UserError>(&mut transaction, roles).await?;
            check_manage(&mut transaction, caller, roles).await?;
        }
        let row = UserChange {
            email: change.email.as_deref(),
            roles: roles.as_ref(),
            roles_chosen: roles.is_some().then_some(true),
            timeout,
            locale: change.locale.as_deref(),
        };
        user::update(&mut transaction, fullname, row).await?;
        if let Some(hash) = &password_hash {
            let (keep, now) = (profile.former_passwords(), self.clock.now());
            password::set(&mut transaction, fullname, hash, keep, false, now).await?;
        }
        let ends_sessions = password_hash.is_some() || roles.is_some();
        if ends_sessions {
            session::delete_of_user(&mut transaction, fullname).await?;
        }
        let after = user::get(&mut transaction, fullname).await?.ok_or(UserError::Missing)?;
        let (was, is) = (audited(&locked, false), audited(&after, password_hash.is_some()));
        record(&mut transaction, caller, "change", fullname, Some(&was), Some(&is)).await?;
        transaction.commit().await.map_err(StoreError::from)?;
        if ends_sessions {
            self.recent.forget_user(fullname);
        }
        Ok(version(&after)?)
    }

    /// Gives a user that is as expected `role` in these namespaces and no others; in none, it
    /// takes the role away. Ends its sessions.
    pub async fn change_user_domains(
        &self,
        caller: &Caller,
        fullname: &str,
        role: &str,
        namespaces: Vec<String>,
        expected: &Expected,
    ) -> Result<Version, UserError> {
        let before = self.stored_user(fullname).await?;
        expected.check::<UserError>(&audited(&before, false))?;
        let mut domains = before.roles.domains_as_text();
        domains.insert(role.to_owned(), namespaces);
        let change = ChangeUser { role_domains: Some(domains), ..ChangeUser::default() };
        // The other namespaces are as they were read.
        let as_read = Expected::from(version(&before)?);
        let changed = self.change_user(caller, fullname, change, &as_read).await;
        changed.map_err(|error| match error {
            UserError::ChangedSince(_) => expected.overtaken(UserError::ChangedMeanwhile),
            other => other,
        })
    }

    /// Verifies the present password of whoever changes it. To guess it here, with a
    /// session of somebody else, is as slow as at the login.
    async fn check_own_password(
        &self,
        caller: &Caller,
        user: &UserRow,
        present: Option<SecretString>,
    ) -> Result<(), UserError> {
        if !user.server.is_empty() {
            return Err(UserError::DirectoryPassword);
        }
        let present = present.ok_or(UserError::WrongPassword)?;
        let (name, address) = (user.fullname.as_str(), caller.address.as_str());
        let may = || !self.damper.blocks(name, address, self.clock.now());
        if !may() {
            return Err(UserError::Damped);
        }
        let right = self.passwords.verify_if(may, present, user.password_hash.clone()).await?;
        if right.ok_or(UserError::Damped)? {
            self.damper.succeeded(name, address);
            Ok(())
        } else {
            self.damper.failed(name, address, self.clock.now());
            tracing::warn!(user = name, address, "a wrong password was given to change it");
            Err(UserError::WrongPassword)
        }
    }
}

/// The roles after a change; none where they stay as they are.
fn new_roles(user: &UserRow, change: &ChangeUser) -> Result<Option<Roles>, UserError> {
    let ChangeUser { role, role_domains, scope, .. } = change;
    if role.is_none() && role_domains.is_none() && scope.is_none() {
        return Ok(None);
    }
    let present = user.roles.domains_as_text();
    let role = role.as_deref().unwrap_or(user.roles.global().as_str());
    let scope = scope.clone().unwrap_or_else(|| user.roles.scope().cloned());
    let roles = if let Some(domains) = role_domains.as_ref().filter(|given| **given != present) {
        Roles::parse(role, domains)?
    } else {
        // They stay as they are stored, however many.
        let role = role.parse::<RoleName>().map_err(RolesError::from)?;
        Roles::new(role, user.roles.domains().clone())?
    };
    let roles = roles.within(scope)?;
    Ok(Some(roles).filter(|roles| *roles != user.roles))
}
