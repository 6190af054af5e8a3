//! What the primary is trusted by: its authority, the key of its tickets, and
//! the certificate of its listeners.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use palisade_api::ClusterId;
use palisade_api::clock::SharedClock;
use palisade_transport::authority::{Authority, AuthorityError, IssuedCertificate};
use palisade_transport::seal::Sealer;
use palisade_transport::server::{ListenerCertificate, RemovedMembers};
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
const SEALING_KEY_FILE: &str = "sealing-key";
/// How long the primary's own certificate lasts. It is made anew at each start
/// and every few days, and never stored.
const LISTENER_LIFETIME: TimeDelta = TimeDelta::days(30);
/// How often certificates of listeners are looked after.
const UPKEEP_PERIOD: Duration = Duration::from_hours(1);

/// What the primary is trusted by.
pub struct Trust {
    authority: Authority,
    tickets: TicketKey,
    /// Who is kept out at the federation listener.
    pub removed: Arc<RemovedMembers>,
    /// The certificate of the federation listener.
    pub federation_certificate: ListenerCertificate,
    /// The certificate of the REST and portal listeners.
    pub public_certificate: ListenerCertificate,
    certificate_lifetime: TimeDelta,
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust").field("authority", &self.authority).finish_non_exhaustive()
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
        sealer: &Sealer,
        clock: &SharedClock,
    ) -> Result<Self> {
        let mut conn = database.acquire().await?;
        let stored = match store::authority::get(&mut conn).await? {
            Some(stored) => stored,
            None => found(&mut conn, sealer, clock.now()).await?,
        };
        let federation = store::federation::get(&mut conn).await?;
        let authority = Authority::open(stored.certificate.into(), &stored.sealed_key, sealer)
            .map_err(FederationError::Authority)?;
        let ticket_key = sealer.open(TICKET_KEY_PURPOSE, &stored.sealed_ticket_key)?;
        let tickets = TicketKey::from_pkcs8(&ticket_key, federation.cluster_id)?;
        let names = certificate_names(config, &federation);
        let issued = authority
            .issue_server(&names, clock.now(), LISTENER_LIFETIME)
            .map_err(FederationError::Authority)?;
        let federation_certificate = ListenerCertificate::issued(&issued)?;
        let public_certificate = match &config.tls {
            Some(TlsFiles { certificate, key }) => {
                ListenerCertificate::from_files(certificate, key)?
            }
            None => federation_certificate.clone(),
        };
        let removed = Arc::new(RemovedMembers::default());
        removed.extend(&store::member::removed(&mut conn, clock.now()).await?);
        Ok(Self {
            authority,
            tickets,
            removed,
            federation_certificate,
            public_certificate,
            certificate_lifetime: TimeDelta::from_std(config.certificate_lifetime)
                .unwrap_or(TimeDelta::days(7)),
        })
    }

    /// The authority.
    pub const fn authority(&self) -> &Authority {
        &self.authority
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
        self.authority
            .sign_member(signing_request, cluster, now, self.certificate_lifetime)
            .map_err(|error| match error {
                AuthorityError::MalformedRequest
                | AuthorityError::RequestSignature
                | AuthorityError::RequestAlgorithm => FederationError::SigningRequest(error),
                other => FederationError::Authority(other),
            })
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
        let issued = self
            .authority
            .issue_server(&names, now, LISTENER_LIFETIME)
            .map_err(FederationError::Authority)?;
        self.federation_certificate.replace(issued.issued.chain, &issued.key)?;
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
