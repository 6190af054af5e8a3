//! What happened to the federation, as events of the primary itself.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use palisade_api::ClusterId;
use palisade_api::rest::event::{Event, category, level, name};
use palisade_identity::Roles;
use sqlx::PgConnection;

use super::Result;
use crate::store::event::own::{self, OwnEvent};
use crate::store::{self, Database, StoreError};

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

/// Something that a user did.
#[derive(Debug)]
pub struct Deed<'a> {
    /// For example `User.Login`.
    pub name: &'static str,
    /// For example `Info`.
    pub level: &'static str,
    /// Who.
    pub user: &'a str,
    /// With which roles, by namespace; that of the global role is empty.
    pub roles: BTreeMap<String, String>,
    /// From where.
    pub address: &'a str,
    /// In which session; empty without one.
    pub session: String,
    /// By which call: method and path.
    pub call: Option<(&'a str, &'a str)>,
    /// What it was, for people.
    pub message: &'a str,
}

/// Roles as records of deeds have them: by namespace, the global one without a name.
pub fn by_namespace(roles: &Roles) -> BTreeMap<String, String> {
    let of_namespaces = roles.domains().iter().flat_map(|(role, namespaces)| {
        namespaces.iter().map(|namespace| (namespace.to_string(), role.to_string()))
    });
    of_namespaces.chain([(String::new(), roles.global().to_string())]).collect()
}

/// What a user did, as it is recorded.
#[derive(Clone, Debug)]
pub struct Done {
    at: DateTime<Utc>,
    name: &'static str,
    level: &'static str,
    detail: Event,
}

impl Done {
    /// A deed that was done now.
    pub fn new(now: DateTime<Utc>, deed: Deed<'_>) -> Self {
        Self { at: now, name: deed.name, level: deed.level, detail: detail(now, deed) }
    }
}

/// Stores what users did.
pub async fn did(database: &Database, done: &[Done]) -> Result<()> {
    let mut tx = database.begin().await?;
    did_each(&mut tx, database, done).await?;
    Ok(tx.commit().await.map_err(StoreError::from)?)
}

/// Stores what users did, within a transaction.
pub async fn did_each(
    conn: &mut PgConnection,
    database: &Database,
    done: &[Done],
) -> Result<(), StoreError> {
    let primary = store::federation::cluster_id(database, conn).await?;
    let events = done.iter().map(|done| OwnEvent {
        at: done.at,
        name: done.name,
        level: done.level,
        category: category::EVENT,
        detail: &done.detail,
        silence: TimeDelta::zero(),
    });
    let events: Vec<OwnEvent<'_>> = events.collect();
    own::tell_each(conn, primary, &events).await
}

fn detail(now: DateTime<Utc>, deed: Deed<'_>) -> Event {
    let (method, path) = deed.call.unwrap_or_default();
    Event {
        name: deed.name.to_owned(),
        level: deed.level.to_owned(),
        reported_timestamp: now.timestamp(),
        reported_at: now.to_rfc3339_opts(SecondsFormat::Secs, true),
        category: name::subject(deed.name).to_owned(),
        user: deed.user.to_owned(),
        user_roles: deed.roles,
        user_addr: deed.address.to_owned(),
        user_session: deed.session,
        rest_method: method.to_owned(),
        rest_request: path.to_owned(),
        message: deed.message.to_owned(),
        ..Event::default()
    }
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
        category: name::subject(word.name).to_owned(),
        user: word.user.to_owned(),
        user_addr: word.address.to_owned(),
        message: word.message.to_owned(),
        ..Event::default()
    };
    let event = OwnEvent {
        at: now,
        name: word.name,
        level: word.level,
        category: category::EVENT,
        detail: &detail,
        silence: word.silence,
    };
    Ok(own::tell(conn, primary, &event).await?)
}

/// The same refusal is told again after this: whoever tries again and again fills no
/// table.
const REFUSAL_SILENCE: TimeDelta = TimeDelta::minutes(10);

/// Stores that somebody was refused. Nobody waits for the record: where it cannot be
/// stored, the log says so.
pub async fn refused(database: &Database, now: DateTime<Utc>, refusal: Refusal<'_>) {
    let (name, user) = match refusal.whom {
        Refused::Member(_) => (name::FEDERATION_MISBEHAVIOUR, ""),
        Refused::Cluster(cluster) => (name::FEDERATION_JOIN_REFUSED, cluster),
        Refused::User(user) => (name::ACCESS_DENIED, user),
        Refused::Login(user) => (name::LOGIN_FAILED, user),
        Refused::Blocked(user) => (name::LOGIN_BLOCKED, user),
        Refused::Directory => (name::DIRECTORY_OUTAGE, ""),
        Refused::Groups(user) => (name::GROUPS_WITHHELD, user),
    };
    let stored = async {
        let mut tx = database.begin().await?;
        let message = match refusal.whom {
            Refused::User(user) => format!("{user}: {}", refusal.why),
            // The name is whatever a stranger says: it is no part of what is told once.
            Refused::Cluster(_) => format!("A cluster was not let in: {}.", refusal.why),
            Refused::Login(_) | Refused::Blocked(_) | Refused::Directory | Refused::Groups(_) => {
                refusal.why.to_owned()
            }
            Refused::Member(cluster) => {
                let Some(member) = store::member::get(&mut tx, cluster).await? else {
                    return Ok(());
                };
                format!("The cluster {} was disconnected: {}.", member.name, refusal.why)
            }
        };
        let word = Word {
            name,
            level: if name == name::LOGIN_BLOCKED { level::NOTICE } else { level::WARNING },
            user,
            address: refusal.address,
            message: &message,
            silence: REFUSAL_SILENCE,
        };
        let primary = store::federation::cluster_id(database, &mut tx).await?;
        tell(&mut tx, primary, now, word).await?;
        Ok(tx.commit().await.map_err(StoreError::from)?)
    };
    let stored: Result<()> = stored.await;
    if let Err(error) = stored {
        tracing::warn!(%error, name, why = refusal.why, "a refusal cannot be recorded");
    }
}

/// Somebody was refused.
#[derive(Clone, Copy, Debug)]
pub struct Refusal<'a> {
    /// Who.
    pub whom: Refused<'a>,
    /// The address; empty where it is not known.
    pub address: &'a str,
    /// Why, for people. Of a few texts, however often somebody tries.
    pub why: &'a str,
}

/// Who was refused.
#[derive(Clone, Copy, Debug)]
pub enum Refused<'a> {
    /// A member, which was disconnected.
    Member(ClusterId),
    /// A cluster that wants to join, by the name that it wants; empty where it says none.
    Cluster(&'a str),
    /// A user or an API key by name.
    User(&'a str),
    /// Somebody who logs in, by the name given; empty where there is none.
    Login(&'a str),
    /// A user who failed to log in too often.
    Blocked(&'a str),
    /// The primary itself, by a directory that should have vouched for somebody.
    Directory,
    /// Somebody the groups that would have counted; empty where that is all roles.
    Groups(&'a str),
}
