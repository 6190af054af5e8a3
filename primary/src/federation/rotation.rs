//! The authority is replaced while members are connected, and others away: the
//! successor signs, both are trusted, and each member is told of both and gets a
//! new certificate as soon as it is there. When nobody depends on the old one any
//! more, it is forgotten.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use palisade_api::Digest;
use palisade_api::federation::{RenewNow, TrustBundle, down};
use palisade_api::rest::event::{level, name};
use palisade_transport::authority::Authority;
use palisade_transport::certificate::{fingerprint, validity};
use palisade_transport::seal::Sealer;
use sqlx::PgConnection;

use super::event::{self, Word};
use super::{FederationError, Result};
use crate::App;
use crate::store::audit::{Actor, NewAudit};
use crate::store::authority::StoredSuccessor;
use crate::store::{self, Database, StoreError};

/// Members that are asked to renew at a time, and the pause after them: their
/// new connections must not be a storm.
const RENEWALS: usize = 50;
const PAUSE: Duration = Duration::from_secs(1);
/// Certificates that the old authority names when it goes: 40 bytes each.
const MOST_REVOKED: i64 = 50_000;
/// How often each replica looks whether the authorities changed, and whether the
/// old one can be forgotten. What one replica signs is trusted by all after this.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// One authority, and who depends on it.
#[derive(Clone, Debug)]
pub struct AuthorityStatus {
    /// SHA-256 of its certificate.
    pub fingerprint: Digest,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// The end of its certificate.
    pub expires_at: DateTime<Utc>,
    /// Whether it signs.
    pub issuing: bool,
    /// Present members with a certificate of it.
    pub members: i64,
}

/// Looks after the authorities until shutdown.
pub fn watch(app: &App) {
    let stop = app.shutdown.token().clone();
    let app = app.clone();
    app.shutdown.clone().spawn("authorities", async move {
        stop.run_until_cancelled(async {
            loop {
                tokio::time::sleep(LOOK_EVERY).await;
                if let Err(error) = look(&app).await {
                    tracing::warn!(%error, "cannot look after the authorities; will retry");
                }
            }
        })
        .await;
    });
}

async fn look(app: &App) -> Result<()> {
    follow(app).await?;
    if app.trust.authorities().is_replaced() && finish(app).await? {
        follow(app).await?;
    }
    Ok(())
}

/// Begins to replace the authority.
pub async fn begin(
    database: &Database,
    sealer: &Sealer,
    actor: &Actor,
    now: DateTime<Utc>,
) -> Result<Digest> {
    let authority = Authority::create(now).map_err(FederationError::Authority)?;
    let successor = StoredSuccessor {
        certificate: authority.certificate().to_vec(),
        sealed_key: authority.sealed_key(sealer).map_err(FederationError::Authority)?,
        created_at: now,
    };
    let mut tx = database.begin().await?;
    if !store::authority::create_successor(&mut tx, &successor).await? {
        return Err(FederationError::RotationRuns);
    }
    let message = "The authority is being replaced: members get new certificates.";
    tell(&mut tx, actor, "rotate", message, now).await?;
    tx.commit().await.map_err(StoreError::from)?;
    tracing::info!(fingerprint = %authority.fingerprint(), "made a successor of the authority");
    Ok(authority.fingerprint())
}

/// Ends the replacement when no present member depends on the old authority. Who was
/// removed, or whose entry another agent took up, and has not come back since, believes
/// nobody else: the old one's last word is kept for them. Says whether it ended.
async fn finish(app: &App) -> Result<bool> {
    let now = app.clock.now();
    let mut tx = app.database.begin().await?;
    let Some(present) = store::authority::get(&mut tx).await? else { return Ok(false) };
    if store::authority::successor(&mut tx).await?.is_none() {
        return Ok(false);
    }
    let old = fingerprint(&present.certificate.into());
    let dependent = store::certificate::count_by_authority(&mut tx, now).await?;
    if dependent.iter().any(|(authority, members)| *authority == old && *members > 0) {
        return Ok(false);
    }
    let authorities = app.trust.authorities();
    let Some(former) = authorities.all().find(|one| one.fingerprint() == old) else {
        // It is another replica's turn, which knows it.
        return Ok(false);
    };
    if !store::authority::succeed(&mut tx).await? {
        return Ok(false);
    }
    let revoked = store::certificate::cut_off(&mut tx, old, MOST_REVOKED).await?;
    if !revoked.is_empty() {
        let list = former.revoke(&revoked, now).map_err(FederationError::Authority)?;
        store::authority::keep_revoked(&mut tx, old, &list, now).await?;
    }
    let message = "The authority was replaced: nobody depends on the old one any more.";
    tell(&mut tx, &Actor::system(), "succeed", message, now).await?;
    tx.commit().await.map_err(StoreError::from)?;
    tracing::info!("the authority was replaced");
    Ok(true)
}

/// The authorities, the newest last.
pub async fn status(conn: &mut PgConnection, now: DateTime<Utc>) -> Result<Vec<AuthorityStatus>> {
    let counts = store::certificate::count_by_authority(conn, now).await?;
    let present = store::authority::get(conn).await?;
    let successor = store::authority::successor(conn).await?;
    let replaced = successor.is_some();
    let one = |certificate: Vec<u8>, created_at, issuing| {
        let certificate = certificate.into();
        let fingerprint = fingerprint(&certificate);
        let validity =
            validity(&certificate).map_err(|error| StoreError::inconsistent("authority", error))?;
        let members = counts.iter().find(|(authority, _)| *authority == fingerprint);
        Ok(AuthorityStatus {
            fingerprint,
            created_at,
            expires_at: validity.not_after,
            issuing,
            members: members.map_or(0, |(_, members)| *members),
        })
    };
    let present = present.map(|it| one(it.certificate, it.created_at, !replaced));
    let successor = successor.map(|it| one(it.certificate, it.created_at, true));
    present.into_iter().chain(successor).collect()
}

/// Takes up a change of the authorities on this replica, and lets its members
/// know: each gets what it has to trust, and those whose certificate is of the
/// old authority a new one.
async fn follow(app: &App) -> Result<()> {
    if !app.trust.reload(&app.config, &app.database, app.clock.now()).await? {
        return Ok(());
    }
    let authorities = app.trust.authorities();
    let bundle = TrustBundle { authorities: authorities.to_wire() };
    let replacing = authorities.is_replaced();
    tracing::info!(replacing, "the authorities changed; telling the members");
    for links in app.links.all().chunks(RENEWALS) {
        for link in links {
            // A link whose lane is full learns it when it connects anew.
            let told = link.try_send(down::Body::Trust(bundle.clone()));
            if !told || (replacing && !link.try_send(down::Body::RenewNow(RenewNow {}))) {
                app.links.welcome_anew(link.cluster);
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

async fn tell(
    conn: &mut PgConnection,
    actor: &Actor,
    action: &str,
    message: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    let record = NewAudit { action, kind: "authority", name: "", before: None, after: None };
    store::audit::record(conn, actor, record).await?;
    let word = Word {
        name: name::FEDERATION_AUTHORITY,
        level: level::INFO,
        user: &actor.name,
        address: &actor.source,
        message,
        silence: TimeDelta::zero(),
    };
    let primary = store::federation::get(conn).await?.cluster_id;
    event::tell(conn, primary, now, word).await
}
