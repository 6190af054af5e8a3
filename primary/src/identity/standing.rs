//! That who changes what others may do is still who may: two who remove each other at once do not
//! both succeed.

use palisade_identity::{Caller, Proof};
use sqlx::PgConnection;
use thiserror::Error;

use crate::store::{StoreError, api_key, session, user, user_role};

/// What vouched for the caller ended while it called.
#[derive(Clone, Copy, Debug, Error)]
#[error("what vouched for the caller ended meanwhile")]
pub struct CallerGone;

/// Lets such changes go one after the other until the transaction ends, and refuses whose session
/// or key one before ended, as all do that take something from somebody: a key by itself, or by the
/// role that it has.
pub(super) async fn hold<E>(conn: &mut PgConnection, caller: &Caller) -> Result<(), E>
where
    E: From<CallerGone> + From<StoreError>,
{
    user::one_change_at_a_time(conn).await?;
    let stands = match caller.proof {
        Proof::Session(id) => session::get(conn, id).await?.is_some(),
        Proof::ApiKey => match api_key::get(conn, &caller.fullname).await? {
            Some(key) => user_role::readable_rights(conn, &key.roles).await?.covers(&caller.rights),
            None => false,
        },
        // Whoever forwarded the call knows.
        Proof::Forwarded => true,
    };
    if stands { Ok(()) } else { Err(CallerGone.into()) }
}
