//! How clusters become members.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use palisade_api::federation::{Bye, bye};
use palisade_api::kind::LogId;
use palisade_api::protocol::{Mismatch, Protocols, SPOKEN};
use palisade_api::rest::event::{level, name};
use palisade_api::rest::fed::RestInfo;
use palisade_api::{ClusterId, ClusterName, Digest};
use palisade_policy::cluster::ClusterLabels;
use palisade_transport::authority::IssuedCertificate;
use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

use super::address::primary_name;
use super::event::{self, Word};
use super::membership::{audit, check_clock, record_certificate};
use super::{FederationError, Result, promotion, token};
use crate::App;
use crate::store::audit::Actor;
use crate::store::member::{HOME_KEY, Member, NAME_KEY, NewMember};
use crate::store::member_kind::MemberKind;
use crate::store::token::Token;
use crate::store::{self, StoreError};

/// How long a connected member may take to show that it is alive when another
/// agent wants its entry.
const SIGN_OF_LIFE: Duration = Duration::from_secs(5);

/// A cluster that wants to join.
#[derive(Clone, Debug)]
pub struct JoinCall {
    /// The ticket of its token.
    pub ticket: SecretString,
    /// PKCS#10, DER.
    pub signing_request: Vec<u8>,
    /// The name that it wants.
    pub name: String,
    /// Version of the agent.
    pub version: String,
    /// The versions of the protocol that it speaks.
    pub protocols: Protocols,
    /// Its time.
    pub sent_at: DateTime<Utc>,
    /// uid of the kube-system namespace, or empty.
    pub kube_system_uid: String,
    /// Where its REST API is reached.
    pub rest: RestInfo,
    /// Whether it is a scan worker and nothing else.
    pub scanner: bool,
    /// The labels that it wants.
    pub labels: BTreeMap<String, String>,
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
    /// Whether it has its former entry again.
    pub rejoined: bool,
}

/// What a join comes to.
enum Entry {
    /// The same request again, whose answer was lost.
    Again(Member),
    /// A member that lost its disks, or was off until its certificate ended.
    Former(Member),
    /// One that was never here.
    New,
}

/// Lets a cluster join: the token is used once and the member stored, or
/// nothing is changed. The same request again is answered again, because the
/// first answer may have been lost on its way.
pub async fn join(app: &App, call: &JoinCall) -> Result<Joined> {
    let now = app.clock.now();
    check_clock(call.sent_at, now)?;
    check_protocol(call.protocols)?;
    let name: ClusterName = call.name.parse()?;
    let actor = Actor::new(name.as_str(), call.source.as_str());
    let request_digest = Digest::of(&call.signing_request);
    // Refuses strangers before they cost the database anything.
    token::check(&app.trust, call.ticket.expose_secret())?;
    let silent = make_sure_of_silence(app, name.as_str(), &call.kube_system_uid).await?;

    let mut tx = app.database.begin().await?;
    let token = token::find(&mut tx, &app.trust, call.ticket.expose_secret()).await?;
    if (token.kind == MemberKind::Scanner) != call.scanner {
        return Err(FederationError::TokenOfAnotherKind(token.kind));
    }
    let again = store::member::by_request(&mut tx, request_digest, token.id).await?;
    let mut federation = store::federation::lock(&mut tx).await?;
    let entry = if let Some(member) = again {
        Entry::Again(member)
    } else {
        token::redeem(&mut tx, &token, now).await?;
        if name.as_str() == primary_name(&app.config, &federation) {
            return Err(FederationError::NameTaken(name.to_string()));
        }
        match store::member::by_name(&mut tx, name.as_str()).await? {
            None => Entry::New,
            Some(member) if is_same(&member, &token, call) => Entry::Former(member),
            Some(_) => return Err(FederationError::NameTaken(name.to_string())),
        }
    };
    let cluster_id = match &entry {
        Entry::Again(member) | Entry::Former(member) => member.id,
        Entry::New => ClusterId::from_uuid(Uuid::new_v4()),
    };
    let certificate = app.trust.sign_member(&call.signing_request, cluster_id, now)?;
    let labels = ClusterLabels::try_from(call.labels.clone())?.overlaid(token.labels.0.clone())?;
    let new = NewMember {
        id: cluster_id,
        name: name.as_str(),
        kind: token.kind,
        labels: &labels,
        rest: &call.rest,
        kube_system_uid: &call.kube_system_uid,
        version: &call.version,
        token_id: token.id,
        request_digest,
        certificate_serial: &certificate.serial,
        certificate_expires_at: certificate.validity.not_after,
        joined_at: now,
        pending: token.approval,
    };
    let mut revoked = Vec::new();
    match &entry {
        Entry::Again(_) => {
            let (serial, end) = (&certificate.serial, certificate.validity.not_after);
            store::member::renew(&mut tx, cluster_id, serial, end).await?;
        }
        Entry::Former(member) => {
            if silent != Some(member.id) || app.links.get(member.id).is_some() {
                return Err(FederationError::StillConnected(name.to_string()));
            }
            revoked = store::certificate::revoke_of(&mut tx, member.id, now).await?;
            store::member::rejoin(&mut tx, &new).await?;
            audit(&mut tx, &actor, "rejoin", name.as_str()).await?;
        }
        Entry::New => {
            // Nothing is committed for some clusters only, while one comes that
            // may be among them.
            store::change::lock(&mut tx, LogId::Federation).await?;
            store::member::create(&mut tx, &new).await.map_err(|error| refusal(error, &name))?;
            audit(&mut tx, &actor, "join", name.as_str()).await?;
            if token.kind == MemberKind::Remote && federation.promoted_at.is_none() {
                promotion::by_first_member(&mut tx, &mut federation, now).await?;
            }
        }
    }
    record_certificate(&mut tx, cluster_id, &certificate, now).await?;
    if let Some(message) = told(&entry, &name, token.approval) {
        let word = Word {
            name: name::FEDERATION_JOIN,
            level: if matches!(entry, Entry::New) { level::INFO } else { level::WARNING },
            user: name.as_str(),
            address: &call.source,
            message: &message,
            silence: TimeDelta::zero(),
        };
        event::tell(&mut tx, federation.cluster_id, now, word).await?;
    }
    tx.commit().await.map_err(StoreError::from)?;
    app.trust.removed.revoke(&revoked);
    let rejoined = matches!(entry, Entry::Former(_));
    tracing::info!(cluster = %cluster_id, name = %name, kind = token.kind.as_str(), rejoined,
        "a member joined");
    Ok(Joined {
        cluster_id,
        certificate,
        primary_id: federation.cluster_id,
        primary_name: primary_name(&app.config, &federation),
        kind: token.kind,
        rejoined,
    })
}

/// Whether the cluster that joins is the member that has its name already: the
/// same cluster by its uid, and the token allows it.
fn is_same(member: &Member, token: &Token, call: &JoinCall) -> bool {
    token.rejoin
        && token.kind == member.kind
        && !call.kube_system_uid.is_empty()
        && member.kube_system_uid == call.kube_system_uid
}

/// The member whose entry the cluster may take up again, if there is one: a
/// connected one that shows a sign of life keeps it.
async fn make_sure_of_silence(app: &App, name: &str, uid: &str) -> Result<Option<ClusterId>> {
    if uid.is_empty() {
        return Ok(None);
    }
    let mut conn = app.database.acquire().await?;
    let member = store::member::by_name(&mut conn, name).await?;
    drop(conn);
    let Some(member) = member.filter(|member| member.kube_system_uid == uid) else {
        return Ok(None);
    };
    if let Some(link) = app.links.get(member.id) {
        if link.probe(SIGN_OF_LIFE).await {
            tracing::warn!(cluster = %member.id, name, "a connected member's entry was asked for");
            return Ok(None);
        }
        link.end(Bye {
            reason: bye::Reason::Duplicate.into(),
            text: "another agent of this cluster joined".to_owned(),
            retry_after_ms: 0,
            ..Bye::default()
        });
        app.links.leave(&link);
    }
    let elsewhere = app.replicas.lives_elsewhere(member.id).await;
    if elsewhere.map_err(|error| FederationError::Replica(Box::new(error)))? {
        tracing::warn!(cluster = %member.id, name, "a connected member's entry was asked for");
        return Ok(None);
    }
    Ok(Some(member.id))
}

fn told(entry: &Entry, name: &ClusterName, approval: bool) -> Option<String> {
    let waits = if approval { " It waits for being approved." } else { "" };
    match entry {
        Entry::Again(_) => None,
        Entry::Former(_) => Some(format!(
            "The cluster {name} joined again and has its former entry; its old certificates are \
             revoked.{waits}"
        )),
        Entry::New => Some(format!("The cluster {name} joined.{waits}")),
    }
}

fn check_protocol(theirs: Protocols) -> Result<()> {
    match SPOKEN.common(theirs) {
        Ok(_) => Ok(()),
        Err(Mismatch::OtherTooOld) => Err(FederationError::AgentTooOld(theirs)),
        Err(Mismatch::OtherTooNew) => Err(FederationError::AgentTooNew(theirs)),
    }
}

fn refusal(error: StoreError, name: &ClusterName) -> FederationError {
    match error.constraint() {
        Some(NAME_KEY) => FederationError::NameTaken(name.to_string()),
        Some(HOME_KEY) => FederationError::HomeTaken,
        _ => error.into(),
    }
}
