//! Audit records: who changed what, from where, what before, what after.

use chrono::{DateTime, Utc};
use palisade_api::Revision;
use palisade_api::kind::LogId;
use palisade_identity::{AccessScope, Caller};
use serde_json::value::RawValue;
use sqlx::PgConnection;

use super::{Result, StoreError};

/// Who acts, and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The name of the user or cluster, or [that of an API key](Caller::recorded).
    pub name: String,
    /// The address that the request came from; empty for the primary itself.
    pub source: String,
    /// What their role is limited to; none: nothing. What they change of the
    /// federation stays within.
    pub scope: Option<AccessScope>,
}

impl From<&Caller> for Actor {
    fn from(caller: &Caller) -> Self {
        Self {
            name: caller.recorded().into_owned(),
            source: caller.address.clone(),
            scope: caller.rights.scope().cloned(),
        }
    }
}

impl Actor {
    /// Whoever acts at an address, without a limit. A caller is [`Self::from`].
    pub fn new(name: impl Into<String>, source: impl Into<String>) -> Self {
        Self { name: name.into(), source: source.into(), scope: None }
    }

    /// The primary itself.
    pub fn system() -> Self {
        Self::new("palisade", "")
    }
}

/// What an audit record says besides who acted.
#[derive(Clone, Copy, Debug)]
pub struct NewAudit<'a> {
    /// What was done, for example `create`.
    pub action: &'a str,
    /// The kind of thing it was done to, for example `user`.
    pub kind: &'a str,
    /// The name of the thing.
    pub name: &'a str,
    /// The state before as JSON, without secrets.
    pub before: Option<&'a RawValue>,
    /// The state after as JSON, without secrets.
    pub after: Option<&'a RawValue>,
}

/// A written audit record.
#[derive(Clone, Debug)]
pub struct AuditRecord {
    /// The record's number, ascending.
    pub id: i64,
    /// When the change was made.
    pub at: DateTime<Utc>,
    /// Who made it.
    pub actor: Actor,
    /// What was done, for example `put`.
    pub action: String,
    /// The kind of thing it was done to.
    pub kind: String,
    /// The name of the thing.
    pub name: String,
    /// The revision that the change made, for changes of a log.
    pub revision: Option<(LogId, Revision)>,
    /// The state before as JSON.
    pub before: Option<String>,
    /// The state after as JSON.
    pub after: Option<String>,
}

/// Records a change outside the logs, in the transaction that makes it.
pub async fn record(conn: &mut PgConnection, actor: &Actor, new: NewAudit<'_>) -> Result<()> {
    sqlx::query!(
        "INSERT INTO audit (actor, source, action, kind, name, before, after)
         VALUES ($1, $2, $3, $4, $5, $6::text::json, $7::text::json)",
        actor.name,
        actor.source,
        new.action,
        new.kind,
        new.name,
        new.before.map(RawValue::get),
        new.after.map(RawValue::get),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The newest records before the record `before`, newest first.
pub async fn list(
    conn: &mut PgConnection,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<AuditRecord>> {
    let rows = sqlx::query!(
        r#"SELECT id, at, actor, source, action, kind, name, log, revision,
                  before::text AS before, after::text AS after
           FROM audit WHERE id < $1 ORDER BY id DESC LIMIT $2"#,
        before.unwrap_or(i64::MAX),
        i64::from(limit),
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let revision = match (row.log, row.revision) {
                (Some(log), Some(revision)) => {
                    Some((super::change::log_of(log)?, super::change::revision_of(revision)?))
                }
                _ => None,
            };
            Ok(AuditRecord {
                id: row.id,
                at: row.at,
                actor: Actor::new(row.actor, row.source),
                action: row.action,
                kind: row.kind,
                name: row.name,
                revision,
                before: row.before,
                after: row.after,
            })
        })
        .collect::<Result<_, StoreError>>()
}
