//! Telling who calls by the token of a session.

use chrono::TimeDelta;
use palisade_identity::{Caller, Proof, Rights, SessionId};
use thiserror::Error;

use super::Identity;
use crate::store::StoreError;
use crate::store::session::{self, SessionRow};
use crate::store::user_role;

/// A session's last call is written down at most this often.
const TOUCH: TimeDelta = TimeDelta::seconds(5);

/// A call whose caller is not known.
#[derive(Debug, Error)]
pub enum AuthenticateError {
    /// No valid token, or a session that ended.
    #[error("no valid session")]
    Unauthorized,
    /// The database failed, and does not remember the session either.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Identity {
    /// The caller behind `token`. Restarts the session's idle time.
    pub async fn authenticate(
        &self,
        token: &str,
        address: &str,
    ) -> Result<Caller, AuthenticateError> {
        let now = self.clock.now();
        let claims = self.key.verify(token, now).map_err(|_| AuthenticateError::Unauthorized)?;
        let (row, rights) = match self.look_up(claims.session).await {
            Ok(row) => row.ok_or(AuthenticateError::Unauthorized)?,
            Err(error) if error.is_unavailable() => {
                let known = self.recent.caller(claims.session, now);
                return known
                    .map(|caller| Caller { address: address.to_owned(), ..caller })
                    .ok_or(AuthenticateError::Store(error));
            }
            Err(error) => return Err(error.into()),
        };
        let idle_end = row.last_seen_at + row.timeout;
        if now >= idle_end || now >= row.ends_at {
            self.recent.forget(row.id);
            return Err(AuthenticateError::Unauthorized);
        }
        let caller = Caller {
            fullname: row.fullname,
            username: row.username,
            server: row.server,
            role: row.roles.global().clone(),
            rights,
            proof: Proof::Session(row.id),
            address: address.to_owned(),
        };
        self.recent.remember(row.id, &caller, now, row.ends_at.min(now + row.timeout));
        Ok(caller)
    }

    /// The session with its idle time restarted, and what its user may do now.
    async fn look_up(&self, id: SessionId) -> Result<Option<(SessionRow, Rights)>, StoreError> {
        let now = self.clock.now();
        let mut conn = self.database.acquire().await?;
        let Some(row) = session::get(&mut conn, id).await? else {
            self.recent.forget(id);
            return Ok(None);
        };
        let alive = now < row.last_seen_at + row.timeout && now < row.ends_at;
        if alive && now - row.last_seen_at >= TOUCH && !session::touch(&mut conn, id, now).await? {
            self.recent.forget(id);
            return Ok(None);
        }
        let rights = user_role::readable_rights(&mut conn, &row.roles).await?;
        Ok(Some((row, rights)))
    }

    /// Whether a session lives; its idle time goes on.
    pub async fn session_lives(&self, id: SessionId) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let found = session::get(&mut *self.database.acquire().await?, id).await?;
        Ok(found.is_some_and(|row| now < row.last_seen_at + row.timeout && now < row.ends_at))
    }

    /// Forgets the sessions of a user that were ended in the database.
    pub fn forget_sessions(&self, fullname: &str) {
        self.recent.forget_user(fullname);
    }

    /// Ends the caller's session.
    pub async fn logout(&self, caller: &Caller) -> Result<(), StoreError> {
        if let Some(id) = caller.session() {
            let mut conn = self.database.acquire().await?;
            // A session that ended meanwhile is as good as ended now.
            let _existed = session::delete(&mut conn, id).await?;
            self.recent.forget(id);
            tracing::info!(user = caller.fullname, session = %id, "logged out");
        }
        Ok(())
    }
}
