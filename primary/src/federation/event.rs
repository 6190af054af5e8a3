//! What happened to the federation, as events of the primary itself.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use palisade_api::ClusterId;
use palisade_api::rest::event::{Event, category};
use sqlx::PgConnection;

use super::Result;
use crate::store::{self, event::OwnEvent};

/// A word about the federation.
#[derive(Clone, Copy, Debug)]
pub struct Word<'a> {
    /// For example `Federation.Join`.
    pub name: &'static str,
    /// For example `Warning`.
    pub level: &'static str,
    /// Who did it; empty for the primary itself.
    pub user: &'a str,
    /// From where.
    pub address: &'a str,
    /// What happened, for people.
    pub message: &'a str,
    /// The same is told again only after so long.
    pub silence: TimeDelta,
}

/// Stores an event of the primary.
pub async fn tell(
    conn: &mut PgConnection,
    primary: ClusterId,
    now: DateTime<Utc>,
    word: Word<'_>,
) -> Result<()> {
    let detail = Event {
        name: word.name.to_owned(),
        level: word.level.to_owned(),
        reported_timestamp: now.timestamp(),
        reported_at: now.to_rfc3339_opts(SecondsFormat::Secs, true),
        category: "FEDERATION".to_owned(),
        user: word.user.to_owned(),
        user_addr: word.address.to_owned(),
        message: word.message.to_owned(),
        ..Event::default()
    };
    let own = OwnEvent {
        at: now,
        name: word.name,
        level: word.level,
        category: category::EVENT,
        detail: &detail,
        not_since: now - word.silence,
    };
    Ok(store::event::insert_own(conn, primary, &own).await?)
}
