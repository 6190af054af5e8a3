//! Removing a user.

use palisade_identity::Caller;

use super::{UserError, audited, check_manage, record};
use crate::identity::{Identity, bootstrap, standing};
use crate::store::{StoreError, user};
use crate::version::Expected;

impl Identity {
    /// Removes a user and ends its sessions.
    pub async fn delete_user(
        &self,
        caller: &Caller,
        fullname: &str,
        expected: &Expected,
    ) -> Result<(), UserError> {
        let mut transaction = self.database.begin().await?;
        standing::hold::<UserError>(&mut transaction, caller).await?;
        let before = user::lock(&mut transaction, fullname).await?.ok_or(UserError::Missing)?;
        check_manage(&mut transaction, caller, &before.roles).await?;
        expected.check::<UserError>(&audited(&before, false))?;
        if fullname == bootstrap::ADMIN {
            return Err(UserError::FirstAdministrator);
        }
        if !user::delete(&mut transaction, fullname).await? {
            return Err(UserError::Missing);
        }
        record(&mut transaction, caller, "delete", fullname, Some(&audited(&before, false)), None)
            .await?;
        transaction.commit().await.map_err(StoreError::from)?;
        self.recent.forget_user(fullname);
        Ok(())
    }
}
