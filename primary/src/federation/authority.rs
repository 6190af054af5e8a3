//! What the primary is trusted by: its authority, the key of its tickets, and
//! the certificate of its listeners.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use palisade_api::clock::SharedClock;
use palisade_api::{ClusterId, Digest, ReplicaId};
use palisade_transport::authority::{
    Authority, AuthorityError, IssuedCertificate, ServerCertificate,
};
use palisade_transport::seal::Sealer;
use palisade_transport::server::{ListenerCertificate, RemovedMembers, TrustedAuthorities};
use rustls_pki_types::CertificateDer;
use secrecy::ExposeSecret as _;
use sqlx::PgConnection;

use super::address::certificate_names;
use super::ticket::TicketKey;
use super::{FederationError, Result};
use crate::config::{Config, TlsFiles};
use crate::shutdown::Shutdown;
use crate::store::authority::StoredAuthority;
use crate::store::{self, Database, StoreError};

/// What the sealed key of the tickets is bound to.
const TICKET_KEY_PURPOSE: &str = "join ticket key";
/// The sealing key in the data folder, unless one is configured.
pub const SEALING_KEY_FILE: &str = "sealing-key";
/// How long the primary's own certificate lasts. It is made anew at each start
/// and every few days, and never stored.
const LISTENER_LIFETIME: TimeDelta = TimeDelta::days(30);
/// How often certificates of listeners are looked after.
const UPKEEP_PERIOD: Duration = Duration::from_hours(1);

/// What the primary is trusted by.
pub struct Trust {
    sealer: Arc<Sealer>,
    authorities: ArcSwap<Authorities>,
    tickets: TicketKey,
    /// Who is kept out at the federation listener.
    pub removed: Arc<RemovedMembers>,
    /// The members that nobody has approved yet, as the database last said: while it
    /// is away it cannot be asked, and they are to get nothing all the same.
    pub unapproved: ArcSwap<HashSet<ClusterId>>,
    /// By which authorities members are verified there.
    pub trusted: TrustedAuthorities,
    /// The certificate of the federation listener.
    pub federation_certificate: ListenerCertificate,
    /// The certificate of the REST and portal listeners.
    pub public_certificate: ListenerCertificate,
    certificate_lifetime: TimeDelta,
}

/// The authority, and the one that takes its place.
#[derive(Debug)]
pub struct Authorities {
    present: Authority,
    successor: Option<Authority>,
}

impl Authorities {
    /// The one that signs.
    pub const fn issuing(&self) -> &Authority {
        match &self.successor {
            Some(successor) => successor,
            None => &self.present,
        }
    }

    /// Whether the authority is being replaced.
    pub const fn is_replaced(&self) -> bool {
        self.successor.is_some()
    }

    /// All that are trusted, the newest last.
    pub fn all(&self) -> impl Iterator<Item = &Authority> {
        std::iter::once(&self.present).chain(&self.successor)
    }

    /// Their certificates.
    pub fn certificates(&self) -> Vec<CertificateDer<'static>> {
        self.all().map(|authority| authority.certificate().clone()).collect()
    }

    /// The same for members.
    pub fn to_wire(&self) -> Vec<Bytes> {
        self.all().map(|one| Bytes::copy_from_slice(one.certificate())).collect()
    }

    fn fingerprints(&self) -> Vec<Digest> {
        self.all().map(Authority::fingerprint).collect()
    }

    async fn read(
        conn: &mut PgConnection,
        stored: StoredAuthority,
        sealer: &Sealer,
    ) -> Result<Self> {
        let open = |certificate: Vec<u8>, sealed_key: &[u8]| {
            Authority::open(certificate.into(), sealed_key, sealer)
                .map_err(FederationError::Authority)
        };
        let successor = store::authority::successor(conn).await?;
        Ok(Self {
            present: open(stored.certificate, &stored.sealed_key)?,
            successor: successor.map(|it| open(it.certificate, &it.sealed_key)).transpose()?,
        })
    }

    /// Certificates of the listeners for `names`, one of each authority.
    fn issue_servers(
        &self,
        names: &[String],
        now: DateTime<Utc>,
    ) -> Result<Vec<ServerCertificate>> {
        let issue = |authority: &Authority| authority.issue_server(names, now, LISTENER_LIFETIME);
        self.all().map(issue).collect::<Result<_, _>>().map_err(FederationError::Authority)
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust").field("authorities", &self.authorities).finish_non_exhaustive()
    }
}

/// The key that seals secrets in the database, from the environment or the
/// data folder.
pub fn sealer(config: &Config) -> Result<Sealer> {
    Ok(match &config.sealing_key {
        Some(key) => Sealer::from_text(key)?,
        None => Sealer::from_key_file(&config.data_dir.join(SEALING_KEY_FILE))?,
    })
}

/// Fails where the authority in the database was sealed with another key.
pub async fn require_opened_by(conn: &mut PgConnection, sealer: &Sealer) -> Result<()> {
    if let Some(stored) = store::authority::get(conn).await? {
        sealer.open(TICKET_KEY_PURPOSE, &stored.sealed_ticket_key)?;
    }
    Ok(())
}

/// Makes the authority at the first start.
async fn found(
    conn: &mut PgConnection,
    sealer: &Sealer,
    now: DateTime<Utc>,
) -> Result<StoredAuthority> {
    let authority = Authority::create(now).map_err(FederationError::Authority)?;
    let ticket_key = TicketKey::generate()?;
    let new = StoredAuthority {
        certificate: authority.certificate().to_vec(),
        sealed_key: authority.sealed_key(sealer).map_err(FederationError::Authority)?,
        sealed_ticket_key: sealer.seal(TICKET_KEY_PURPOSE, ticket_key.expose_secret())?,
        created_at: now,
    };
    if store::authority::create(conn, &new).await? {
        tracing::info!(fingerprint = %authority.fingerprint(), "made a certificate authority");
        return Ok(new);
    }
    // Another replica was faster.
    let missing = || StoreError::inconsistent("authority", "the one row is missing");
    Ok(store::authority::get(conn).await?.ok_or_else(missing)?)
}

impl Trust {
    /// Takes up the authority in the database; makes one at the first start.
    pub async fn open(
        config: &Config,
        database: &Database,
        sealer: &Arc<Sealer>,
        clock: &SharedClock,
    ) -> Result<Self> {
        let mut conn = database.acquire().await?;
        let stored = match store::authority::get(&mut conn).await? {
            Some(stored) => stored,
            None => found(&mut conn, sealer, clock.now()).await?,
        };
        let federation = store::federation::get(&mut conn).await?;
        let ticket_key = sealer.open(TICKET_KEY_PURPOSE, &stored.sealed_ticket_key)?;
        let tickets = TicketKey::from_pkcs8(&ticket_key, federation.cluster_id)?;
        let authorities = Authorities::read(&mut conn, stored, sealer).await?;
        let names = certificate_names(config, &federation);
        let issued = authorities.issue_servers(&names, clock.now())?;
        let federation_certificate = ListenerCertificate::of_authorities(&issued)?;
        let public_certificate = match &config.tls {
            Some(TlsFiles { certificate, key }) => {
                ListenerCertificate::from_files(certificate, key)?
            }
            None => federation_certificate.clone(),
        };
        let removed = Arc::new(RemovedMembers::default());
        removed.extend(&store::member::removed(&mut conn, clock.now()).await?);
        removed.revoke(&store::certificate::revoked(&mut conn, clock.now()).await?);
        let unapproved = store::member::unapproved(&mut conn).await?;
        Ok(Self {
            sealer: Arc::clone(sealer),
            unapproved: ArcSwap::from_pointee(unapproved),
            trusted: TrustedAuthorities::new(&authorities.certificates())?,
            authorities: ArcSwap::from_pointee(authorities),
            tickets,
            removed,
            federation_certificate,
            public_certificate,
            certificate_lifetime: TimeDelta::from_std(config.certificate_lifetime)
                .unwrap_or(TimeDelta::days(7)),
        })
    }

    /// The authorities, as they are now.
    pub fn authorities(&self) -> Arc<Authorities> {
        self.authorities.load_full()
    }

    /// The key of the tickets.
    pub const fn tickets(&self) -> &TicketKey {
        &self.tickets
    }

    /// Signs the request of a member.
    pub fn sign_member(
        &self,
        signing_request: &[u8],
        cluster: ClusterId,
        now: DateTime<Utc>,
    ) -> Result<IssuedCertificate> {
        self.authorities
            .load()
            .issuing()
            .sign_member(signing_request, cluster, now, self.certificate_lifetime)
            .map_err(|error| match error {
                AuthorityError::MalformedRequest
                | AuthorityError::RequestSignature
                | AuthorityError::RequestAlgorithm => FederationError::SigningRequest(error),
                other => FederationError::Authority(other),
            })
    }

    /// Takes up what the database holds of authorities. Says whether that was
    /// new here.
    pub async fn reload(
        &self,
        config: &Config,
        database: &Database,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let mut conn = database.acquire().await?;
        let missing = || StoreError::inconsistent("authority", "the one row is missing");
        let stored = store::authority::get(&mut conn).await?.ok_or_else(missing)?;
        let read = Authorities::read(&mut conn, stored, &self.sealer).await?;
        drop(conn);
        if read.fingerprints() == self.authorities.load().fingerprints() {
            return Ok(false);
        }
        // Trusted first: nobody is to show a certificate that is not.
        self.trusted.replace(&read.certificates())?;
        self.authorities.store(Arc::new(read));
        self.renew_listeners(config, database, now).await?;
        Ok(true)
    }

    /// Issues the certificate that this replica shows to another one.
    pub fn issue_replica(
        &self,
        replica: ReplicaId,
        now: DateTime<Utc>,
        lifetime: TimeDelta,
    ) -> Result<ServerCertificate> {
        let authorities = self.authorities.load();
        let issued = authorities.issuing().issue_replica(replica, now, lifetime);
        issued.map_err(FederationError::Authority)
    }

    /// Issues the certificate of the listeners anew, for the names that the
    /// primary has now.
    pub async fn renew_listeners(
        &self,
        config: &Config,
        database: &Database,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let federation = store::federation::get(&mut *database.acquire().await?).await?;
        let names = certificate_names(config, &federation);
        let issued = self.authorities.load().issue_servers(&names, now)?;
        self.federation_certificate.replace_all(&issued)?;
        if let Some(TlsFiles { certificate, key }) = &config.tls {
            self.public_certificate.reload(certificate, key)?;
        }
        Ok(())
    }

    /// Keeps the certificates of the listeners fresh until shutdown.
    pub fn keep_fresh(
        self: &Arc<Self>,
        config: Arc<Config>,
        database: Database,
        clock: SharedClock,
        shutdown: &Shutdown,
    ) {
        let trust = Arc::clone(self);
        let stop = shutdown.token().clone();
        shutdown.spawn("listener-certificates", async move {
            let upkeep = async {
                loop {
                    tokio::time::sleep(UPKEEP_PERIOD).await;
                    let renewed = trust.renew_listeners(&config, &database, clock.now()).await;
                    if let Err(error) = renewed {
                        tracing::warn!(%error, "cannot renew the listeners' certificate");
                    }
                }
            };
            stop.run_until_cancelled(upkeep).await;
        });
    }
}
