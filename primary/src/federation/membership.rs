//! How members stay members, and stop being members.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use palisade_api::federation::bye;
use palisade_api::kind::LogId;
use palisade_api::rest::event::{level, name};
use palisade_api::{ClusterId, Digest};
use palisade_policy::cluster::ClusterLabels;
use palisade_transport::authority::IssuedCertificate;
use palisade_transport::certificate::fingerprint;
use sqlx::{PgConnection, PgTransaction};

use super::event::{self, Word};
use super::{FederationError, Result};
use crate::App;
use crate::store::audit::{Actor, NewAudit};
use crate::store::certificate::NewCertificate;
use crate::store::member::{Duplicate, RemovedReason};
use crate::store::{self, StoreError};
use crate::version::Expected;

/// The same second agent is told of again after this.
const DUPLICATE_SILENCE: TimeDelta = TimeDelta::minutes(10);
/// Stands for the authority of a chain that ends in none.
const NO_AUTHORITY: Digest = Digest::from_bytes([0; 32]);

/// How far the clocks of primary and agent may differ.
const MOST_SKEW: TimeDelta = TimeDelta::minutes(5);

pub(super) async fn record_certificate(
    conn: &mut PgConnection,
    member: ClusterId,
    certificate: &IssuedCertificate,
    now: DateTime<Utc>,
) -> Result<()> {
    let authority = certificate.chain.last().map_or(NO_AUTHORITY, fingerprint);
    let new = NewCertificate {
        serial: &certificate.serial,
        member,
        authority,
        expires_at: certificate.validity.not_after,
    };
    Ok(store::certificate::create(conn, new, now).await?)
}

/// Signs a member's new request.
pub async fn renew(
    app: &App,
    cluster: ClusterId,
    signing_request: &[u8],
    sent_at: DateTime<Utc>,
) -> Result<IssuedCertificate> {
    let now = app.clock.now();
    check_clock(sent_at, now)?;
    let certificate = app.trust.sign_member(signing_request, cluster, now)?;
    let mut tx = app.database.begin().await?;
    let expires_at = certificate.validity.not_after;
    if !store::member::renew(&mut tx, cluster, &certificate.serial, expires_at).await? {
        return Err(FederationError::NotAMember);
    }
    record_certificate(&mut tx, cluster, &certificate, now).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(certificate)
}

/// How a membership ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The cluster leaves.
    Left,
    /// The cluster has left while this primary was out of reach, and tells it
    /// now: that stays to be seen until somebody takes the cluster off the list.
    LeftBefore,
    /// The primary removes it.
    Kicked,
}

impl Ending {
    const fn reason(self) -> RemovedReason {
        match self {
            Self::Left | Self::LeftBefore => RemovedReason::Left,
            Self::Kicked => RemovedReason::Kicked,
        }
    }
}

/// Ends a membership and keeps the cluster out from now on.
pub async fn remove(app: &App, actor: &Actor, cluster: ClusterId, ending: Ending) -> Result<()> {
    let (now, reason) = (app.clock.now(), ending.reason());
    let mut tx = app.database.begin().await?;
    let unknown = || FederationError::UnknownMember(cluster.to_string());
    let Some(member) = store::member::get(&mut tx, cluster).await? else {
        // One that has left already, and is still shown.
        if ending != Ending::Kicked || !store::member::unlist(&mut tx, cluster).await? {
            return Err(unknown());
        }
        tx.commit().await.map_err(StoreError::from)?;
        return Ok(());
    };
    let listed = ending == Ending::LeftBefore;
    if !store::member::remove(&mut tx, cluster, reason, listed, now).await? {
        return Err(unknown());
    }
    audit(&mut tx, actor, reason.as_str(), &member.name).await?;
    let (event, message) = match ending {
        Ending::Kicked => (name::FEDERATION_KICK, "was removed from the federation."),
        Ending::Left => (name::FEDERATION_LEAVE, "left the federation."),
        Ending::LeftBefore => {
            (name::FEDERATION_LEAVE, "left the federation while it could not say so.")
        }
    };
    let word = Word {
        name: event,
        level: level::INFO,
        // A cluster acts under its id, and is told by its name.
        user: if ending == Ending::Kicked { &actor.name } else { &member.name },
        address: &actor.source,
        message: &format!("The cluster {} {message}", member.name),
        silence: TimeDelta::zero(),
    };
    let primary = store::federation::get(&mut tx).await?.cluster_id;
    event::tell(&mut tx, primary, now, word).await?;
    tx.commit().await.map_err(StoreError::from)?;
    app.trust.removed.extend(&[cluster]);
    app.links.dismiss(&[cluster], bye::Reason::Removed);
    tracing::info!(%cluster, name = member.name, reason = reason.as_str(), "a membership ended");
    Ok(())
}

/// Confirms that a cluster joins: it is sent the federated state from now on.
pub async fn approve(app: &App, actor: &Actor, cluster: ClusterId) -> Result<()> {
    let mut tx = app.database.begin().await?;
    let member = store::member::cluster(&mut tx, cluster)
        .await?
        .ok_or_else(|| FederationError::UnknownMember(cluster.to_string()))?;
    if store::member::approve(&mut tx, cluster).await? {
        audit(&mut tx, actor, "approve", &member.name).await?;
        tx.commit().await.map_err(StoreError::from)?;
        app.links.welcome_anew(cluster);
        tracing::info!(%cluster, name = member.name, "a member was approved");
    }
    Ok(())
}

/// Notes that a second agent with the identity of a connected member was
/// refused, for its entry and as an event.
pub async fn note_duplicate(app: &App, cluster: ClusterId, source: &str) -> Result<()> {
    let now = app.clock.now();
    let mut tx = app.database.begin().await?;
    let Some(member) = store::member::get(&mut tx, cluster).await? else { return Ok(()) };
    let duplicate = Duplicate { at: now, source: source.to_owned() };
    store::member::note_duplicate(&mut tx, cluster, &duplicate).await?;
    let word = Word {
        name: name::FEDERATION_DUPLICATE,
        level: level::WARNING,
        user: &member.name,
        address: source,
        message: &format!(
            "A second agent at {source} uses the identity of the connected cluster {}, and was \
             refused. Was its data folder copied?",
            member.name
        ),
        silence: DUPLICATE_SILENCE,
    };
    let primary = store::federation::get(&mut tx).await?.cluster_id;
    event::tell(&mut tx, primary, now, word).await?;
    Ok(tx.commit().await.map_err(StoreError::from)?)
}

/// Gives a member whose labels are as expected others, and so the objects that are for them.
pub async fn relabel(
    app: &App,
    actor: &Actor,
    cluster: ClusterId,
    labels: BTreeMap<String, String>,
    expected: &Expected,
) -> Result<ClusterLabels> {
    let labels = ClusterLabels::try_from(labels)?;
    let mut tx = app.database.begin().await?;
    store::change::lock(&mut tx, LogId::Federation).await?;
    let unknown = || FederationError::UnknownMember(cluster.to_string());
    let member = store::member::cluster(&mut tx, cluster).await?.ok_or_else(unknown)?;
    expected.check::<FederationError>(&member.labels)?;
    if member.labels == labels {
        return Ok(labels);
    }
    store::view::relabel(&mut tx, actor, cluster, &labels).await?;
    let raw = |labels: &ClusterLabels| {
        serde_json::value::to_raw_value(labels).map_err(|e| StoreError::inconsistent("member", e))
    };
    let (before, after) = (raw(&member.labels)?, raw(&labels)?);
    let record = NewAudit {
        action: "label",
        kind: "member",
        name: &member.name,
        before: Some(&before),
        after: Some(&after),
    };
    store::audit::record(&mut tx, actor, record).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(labels)
}

pub(super) fn check_clock(theirs: DateTime<Utc>, ours: DateTime<Utc>) -> Result<()> {
    let ahead = theirs - ours;
    if ahead.abs() <= MOST_SKEW {
        return Ok(());
    }
    Err(FederationError::ClockSkew {
        skew: ahead.abs().to_std().unwrap_or_default(),
        ahead: ahead > TimeDelta::zero(),
        theirs,
        ours,
    })
}

pub(super) async fn audit(
    tx: &mut PgTransaction<'_>,
    actor: &Actor,
    action: &str,
    name: &str,
) -> Result<()> {
    let record = NewAudit { action, kind: "member", name, before: None, after: None };
    Ok(store::audit::record(tx, actor, record).await?)
}
