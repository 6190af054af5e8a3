//! Events of this primary itself, of which replicas tell each once.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use palisade_api::ClusterId;
use palisade_api::digest::Digest;
use palisade_api::rest::event::Event;
use sqlx::{Connection as _, PgConnection, PgTransaction};

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

/// Stores an event of the primary `primary`, unless the same was stored
/// lately. Replicas that tell it together store it once.
pub async fn tell(conn: &mut PgConnection, primary: ClusterId, event: &OwnEvent<'_>) -> Result<()> {
    let silence = (!event.silence.is_zero()).then(|| Silence::of(primary, event));
    // Mostly one lasts: then nobody waits for anybody.
    if let Some(silence) = &silence
        && silence.lasts(conn).await?
    {
        return Ok(());
    }
    let mut tx = conn.begin().await?;
    if let Some(silence) = &silence
        && !silence.begin(&mut tx).await?
    {
        return Ok(());
    }
    write(&mut tx, primary, std::slice::from_ref(event)).await?;
    Ok(tx.commit().await?)
}

/// Stores events of the primary `primary` in the order given, whatever was told lately.
pub async fn tell_each(
    conn: &mut PgConnection,
    primary: ClusterId,
    events: &[OwnEvent<'_>],
) -> Result<()> {
    let mut tx = conn.begin().await?;
    write(&mut tx, primary, events).await?;
    Ok(tx.commit().await?)
}

async fn write(
    tx: &mut PgTransaction<'_>,
    primary: ClusterId,
    events: &[OwnEvent<'_>],
) -> Result<()> {
    let days: BTreeSet<_> = events.iter().map(|event| event.at.date_naive()).collect();
    for day in days {
        partition::create(tx, day).await?;
    }
    let seen = positions(tx, &[primary]).await?;
    let mut newest = seen.get(&primary).copied().unwrap_or_default();
    let mut new = Vec::with_capacity(events.len());
    for event in events {
        newest += 1;
        new.push(NewEvent {
            seq: newest,
            at: event.at,
            name: event.name.to_owned(),
            level: event.level.to_owned(),
            category: event.category.to_owned(),
            namespace: event.detail.workload_domain.clone(),
            image: event.detail.workload_image.clone(),
            detail: serde_json::value::to_raw_value(event.detail)
                .map_err(|error| StoreError::inconsistent("event", error))?,
        });
    }
    insert(tx, &[Received { cluster: primary, newest, events: new }]).await?;
    Ok(())
}

/// The time after an event in which the same is not told.
struct Silence {
    primary: ClusterId,
    /// What the same event has again.
    digest: Digest,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
}

impl Silence {
    fn of(primary: ClusterId, event: &OwnEvent<'_>) -> Self {
        let digest = Digest::of(format!("{}\0{}", event.name, event.detail.message).as_bytes());
        Self { primary, digest, from: event.at, until: event.at + event.silence }
    }

    /// Whether one lasts already. A clock that was set back makes none longer.
    async fn lasts(&self, conn: &mut PgConnection) -> Result<bool> {
        Ok(sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT FROM event_told
                          WHERE cluster_id = $1 AND digest = $2
                                AND silent_until > $3 AND silent_until <= $4) AS "told!""#,
            self.primary.as_uuid(),
            self.digest.as_bytes(),
            self.from,
            self.until,
        )
        .fetch_one(conn)
        .await?)
    }

    /// Begins it, unless another replica was quicker. Says whether it did.
    async fn begin(&self, conn: &mut PgConnection) -> Result<bool> {
        let written = sqlx::query!(
            "INSERT INTO event_told AS told (cluster_id, digest, silent_until) VALUES ($1, $2, $4)
         ON CONFLICT (cluster_id, digest) DO UPDATE SET silent_until = $4
         WHERE told.silent_until <= $3 OR told.silent_until > $4",
            self.primary.as_uuid(),
            self.digest.as_bytes(),
            self.from,
            self.until,
        )
        .execute(conn)
        .await?;
        Ok(written.rows_affected() > 0)
    }
}

/// Forgets what may be told again since `now`.
pub async fn forget(conn: &mut PgConnection, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!("DELETE FROM event_told WHERE silent_until <= $1", now).execute(conn).await?;
    Ok(())
}
