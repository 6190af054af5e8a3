//! Sessions of a user, as administrators see and end them.

use palisade_identity::{Caller, SessionId};

use super::{UserError, check_manage, record};
use crate::identity::Identity;
use crate::store::StoreError;
use crate::store::session::{self, ListedSession};

impl Identity {
    /// The live sessions of a user.
    pub async fn sessions(
        &self,
        caller: &Caller,
        fullname: &str,
    ) -> Result<Vec<ListedSession>, UserError> {
        let user = self.user(caller, fullname).await?;
        let mut conn = self.database.acquire().await?;
        Ok(session::list_of_user(&mut conn, &user.row.fullname, self.clock.now()).await?)
    }

    /// Ends one session of a user, or all of them. Everybody may end their own.
    pub async fn end_sessions(
        &self,
        caller: &Caller,
        fullname: &str,
        one: Option<SessionId>,
    ) -> Result<(), UserError> {
        let user = self.stored_user(fullname).await?;
        let mut transaction = self.database.begin().await?;
        if !caller.is_user(fullname) {
            check_manage(&mut transaction, caller, &user.roles).await?;
        }
        match one {
            Some(id) => {
                if !session::delete_one_of_user(&mut transaction, fullname, id).await? {
                    return Err(UserError::MissingSession);
                }
            }
            None => {
                session::delete_of_user(&mut transaction, fullname).await?;
            }
        }
        record(&mut transaction, caller, "end sessions", fullname, None, None).await?;
        transaction.commit().await.map_err(StoreError::from)?;
        self.recent.forget_user(fullname);
        Ok(())
    }
}
