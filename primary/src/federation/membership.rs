//! How clusters become members, stay members, and stop being members.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use palisade_api::federation::bye;
use palisade_api::rest::fed::RestInfo;
use palisade_api::{ClusterId, ClusterName, Digest};
use palisade_transport::authority::IssuedCertificate;
use sqlx::PgTransaction;
use uuid::Uuid;

use super::address::primary_name;
use super::{FederationError, Result, promotion, token};
use crate::App;
use crate::store::audit::{Actor, NewAudit};
use crate::store::member::{HOME_KEY, NAME_KEY, NewMember, RemovedReason};
use crate::store::member_kind::MemberKind;
use crate::store::{self, StoreError};

/// How far the clocks of primary and agent may differ.
const MOST_SKEW: TimeDelta = TimeDelta::minutes(5);

/// A cluster that wants to join.
#[derive(Clone, Debug)]
pub struct JoinCall {
    /// The ticket of its token.
    pub ticket: String,
    /// PKCS#10, DER.
    pub signing_request: Vec<u8>,
    /// The name that it wants.
    pub name: String,
    /// Version of the agent.
    pub version: String,
    /// Its time.
    pub sent_at: DateTime<Utc>,
    /// uid of the kube-system namespace, or empty.
    pub kube_system_uid: String,
    /// Where its REST API is reached.
    pub rest: RestInfo,
    /// Whether it is a scan worker and nothing else.
    pub scanner: bool,
    /// The address that the call came from.
    pub source: String,
}

/// A cluster that has joined.
#[derive(Clone, Debug)]
pub struct Joined {
    /// Its id.
    pub cluster_id: ClusterId,
    /// Its certificate.
    pub certificate: IssuedCertificate,
    /// The primary's id.
    pub primary_id: ClusterId,
    /// The primary's name.
    pub primary_name: String,
    /// What it became.
    pub kind: MemberKind,
}

/// Lets a cluster join: the token is used once and the member stored, or
/// nothing is changed. The same request again is answered again, because the
/// first answer may have been lost on its way.
pub async fn join(app: &App, call: &JoinCall) -> Result<Joined> {
    let now = app.clock.now();
    check_clock(call.sent_at, now)?;
    let name: ClusterName = call.name.parse()?;
    let actor = Actor::new(name.as_str(), call.source.as_str());
    let request_digest = Digest::of(&call.signing_request);
    // Refuses strangers before they cost the database anything.
    app.trust.tickets().verify(&call.ticket)?;

    let mut tx = app.database.begin().await?;
    let token = token::find(&mut tx, &app.trust, &call.ticket).await?;
    if (token.kind == MemberKind::Scanner) != call.scanner {
        return Err(FederationError::TokenOfAnotherKind(token.kind));
    }
    let again = store::member::by_request(&mut tx, request_digest, token.id).await?;
    let mut federation = store::federation::lock(&mut tx).await?;
    let cluster_id =
        again.as_ref().map_or_else(|| ClusterId::from_uuid(Uuid::new_v4()), |member| member.id);
    let certificate = app.trust.sign_member(&call.signing_request, cluster_id, now)?;
    if again.is_some() {
        store::member::renew(
            &mut tx,
            cluster_id,
            &certificate.serial,
            certificate.validity.not_after,
        )
        .await?;
    } else {
        token::redeem(&mut tx, &token, now).await?;
        if name.as_str() == primary_name(&app.config, &federation) {
            return Err(FederationError::NameTaken(name.to_string()));
        }
        let new = NewMember {
            id: cluster_id,
            name: name.as_str(),
            kind: token.kind,
            rest: &call.rest,
            kube_system_uid: &call.kube_system_uid,
            version: &call.version,
            token_id: token.id,
            request_digest,
            certificate_serial: &certificate.serial,
            certificate_expires_at: certificate.validity.not_after,
            joined_at: now,
        };
        store::member::create(&mut tx, &new).await.map_err(|error| refusal(error, &name))?;
        audit(&mut tx, &actor, "join", name.as_str()).await?;
        if token.kind == MemberKind::Remote && federation.promoted_at.is_none() {
            promotion::by_first_member(&mut tx, &mut federation, now).await?;
        }
    }
    tx.commit().await.map_err(StoreError::from)?;
    tracing::info!(cluster = %cluster_id, name = %name, kind = token.kind.as_str(), "a member joined");
    Ok(Joined {
        cluster_id,
        certificate,
        primary_id: federation.cluster_id,
        primary_name: primary_name(&app.config, &federation),
        kind: token.kind,
    })
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
    let mut conn = app.database.acquire().await?;
    let expires_at = certificate.validity.not_after;
    if !store::member::renew(&mut conn, cluster, &certificate.serial, expires_at).await? {
        return Err(FederationError::NotAMember);
    }
    Ok(certificate)
}

/// Ends a membership and keeps the cluster out from now on.
pub async fn remove(
    app: &App,
    actor: &Actor,
    cluster: ClusterId,
    reason: RemovedReason,
) -> Result<()> {
    let mut tx = app.database.begin().await?;
    let member = store::member::get(&mut tx, cluster)
        .await?
        .ok_or_else(|| FederationError::UnknownMember(cluster.to_string()))?;
    if !store::member::remove(&mut tx, cluster, reason, app.clock.now()).await? {
        return Err(FederationError::UnknownMember(cluster.to_string()));
    }
    audit(&mut tx, actor, reason.as_str(), &member.name).await?;
    tx.commit().await.map_err(StoreError::from)?;
    app.trust.removed.extend(&[cluster]);
    app.links.dismiss(&[cluster], bye::Reason::Removed);
    tracing::info!(%cluster, name = member.name, reason = reason.as_str(), "a membership ended");
    Ok(())
}

/// Learns of members that other replicas removed, until shutdown.
pub fn watch(app: &App) {
    let stop = app.shutdown.token().clone();
    let app = app.clone();
    app.shutdown.clone().spawn("members", async move {
        stop.run_until_cancelled(follow(&app)).await;
    });
}

/// How often the removed members are read even when nobody notified.
const RELOAD_PERIOD: Duration = Duration::from_secs(30);
/// The pause after the database failed.
const RETRY_PAUSE: Duration = Duration::from_secs(2);

async fn follow(app: &App) {
    loop {
        if let Err(error) = follow_once(app).await {
            tracing::warn!(%error, "cannot follow the members");
            tokio::time::sleep(RETRY_PAUSE).await;
        }
    }
}

async fn follow_once(app: &App) -> Result<(), StoreError> {
    let mut listener = app.database.listen().await?;
    listener.listen(store::member::CHANNEL).await?;
    loop {
        // Read after listening began: what happens in between is notified.
        let mut conn = app.database.acquire().await?;
        let removed = store::member::removed(&mut conn, app.clock.now()).await?;
        drop(conn);
        app.trust.removed.extend(&removed);
        app.links.dismiss(&removed, bye::Reason::Removed);
        if let Ok(received) = tokio::time::timeout(RELOAD_PERIOD, listener.recv()).await {
            received?;
        }
    }
}

fn check_clock(theirs: DateTime<Utc>, ours: DateTime<Utc>) -> Result<()> {
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

fn refusal(error: StoreError, name: &ClusterName) -> FederationError {
    match error.constraint() {
        Some(NAME_KEY) => FederationError::NameTaken(name.to_string()),
        Some(HOME_KEY) => FederationError::HomeTaken,
        _ => error.into(),
    }
}

async fn audit(tx: &mut PgTransaction<'_>, actor: &Actor, action: &str, name: &str) -> Result<()> {
    let record = NewAudit { action, kind: "member", name, before: None, after: None };
    Ok(store::audit::record(tx, actor, record).await?)
}
