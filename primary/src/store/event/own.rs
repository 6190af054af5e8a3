//! Events of this primary itself, of which replicas tell each once.

use chrono::{DateTime, TimeDelta, Utc};
use palisade_api::ClusterId;
use palisade_api::digest::Digest;
use palisade_api::rest::event::Event;
use sqlx::{Connection as _, PgConnection};

use super::{NewEvent, Received, Result, StoreError, insert, partition, positions};

/// An event of this primary itself.
#[derive(Debug)]
pub struct OwnEvent<'a> {
    /// When it happened.
    pub at: DateTime<Utc>,
    /// For example `Scanner.Database.Outdated`.
    pub name: &'a str,
    /// For example `Warning`.
    pub level: &'a str,
    /// The log that shows it.
    pub category: &'a str,
    /// The record as the REST list of that log shows it.
    pub detail: &'a Event,
    /// The same is told again only after so long, whatever replica tells it; zero
    /// for what is told each time.
    pub silence: TimeDelta,
}

impl OwnEvent<'_> {
    /// What the same event has again.
    fn digest(&self) -> Digest {
        Digest::of(format!("{}\0{}", self.name, self.detail.message).as_bytes())
    }
}

/// Stores an event of the primary `primary`, unless the same was stored
/// lately. Replicas that tell it together store it once.
pub async fn tell(conn: &mut PgConnection, primary: ClusterId, event: &OwnEvent<'_>) -> Result<()> {
    let mut tx = conn.begin().await?;
    if !event.silence.is_zero() && !news(&mut tx, primary, event).await? {
        return Ok(());
    }
    partition::create(&mut tx, event.at.date_naive()).await?;
    let seen = positions(&mut tx, &[primary]).await?;
    let new = NewEvent {
        seq: seen.get(&primary).copied().unwrap_or_default() + 1,
        at: event.at,
        name: event.name.to_owned(),
        level: event.level.to_owned(),
        category: event.category.to_owned(),
        namespace: event.detail.workload_domain.clone(),
        image: event.detail.workload_image.clone(),
        detail: serde_json::value::to_raw_value(event.detail)
            .map_err(|error| StoreError::inconsistent("event", error))?,
    };
    let received = Received { cluster: primary, newest: new.seq, events: vec![new] };
    insert(&mut tx, &[received]).await?;
    Ok(tx.commit().await?)
}

/// Whether the same was not told lately. From then on it was.
async fn news(conn: &mut PgConnection, primary: ClusterId, event: &OwnEvent<'_>) -> Result<bool> {
    let digest = event.digest();
    // Mostly it was: then nobody waits for anybody. A clock that was set back makes
    // no silence longer.
    let until = event.at + event.silence;
    let told = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM event_told
                          WHERE cluster_id = $1 AND digest = $2
                                AND silent_until > $3 AND silent_until <= $4) AS "told!""#,
        primary.as_uuid(),
        digest.as_bytes(),
        event.at,
        until,
    )
    .fetch_one(&mut *conn)
    .await?;
    if told {
        return Ok(false);
    }
    let written = sqlx::query!(
        "INSERT INTO event_told AS told (cluster_id, digest, silent_until) VALUES ($1, $2, $4)
         ON CONFLICT (cluster_id, digest) DO UPDATE SET silent_until = $4
         WHERE told.silent_until <= $3 OR told.silent_until > $4",
        primary.as_uuid(),
        digest.as_bytes(),
        event.at,
        until,
    )
    .execute(conn)
    .await?;
    Ok(written.rows_affected() > 0)
}

/// Forgets what may be told again since `now`.
pub async fn forget(conn: &mut PgConnection, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!("DELETE FROM event_told WHERE silent_until <= $1", now).execute(conn).await?;
    Ok(())
}
