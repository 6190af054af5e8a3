//! Users, keys and sessions of the primary: logging in, telling who calls, and
//! the first administrator.
//!
//! Open [`login`] and [`session`] first, [`user`] for who may change whom. The rules of roles and tokens are
//! those of `palisade_identity`, which the agents share.

mod access_scope;
mod api_key;
mod bootstrap;
mod directory;
mod ldap;
mod local;
mod login;
mod oidc;
mod order;
mod password_profile;
mod recent;
mod repeated_login;
mod saml;
mod session;
mod signing_key;
mod sso;
mod standing;
mod user;
mod user_role;

use std::sync::Arc;
use std::time::Duration;

use palisade_api::clock::SharedClock;
use palisade_api::rest::event::{level, name};
use palisade_identity::{Damper, PasswordError, Passwords, SessionKey, SessionKeyError};
use palisade_transport::seal::{SealError, Sealer};
use secrecy::SecretString;
use serde::Serialize;
use serde_json::value::to_raw_value;
use thiserror::Error;

use crate::federation;
use crate::federation::event::{self, Deed, Done};
use crate::shutdown::Shutdown;
use crate::store::audit::{Actor, NewAudit};
use crate::store::ended_session::{self, EndedSession, OverSession};
use crate::store::{self, Database, StoreError};

pub use access_scope::{ScopeError, read_scope, shown_scope};
pub use api_key::{ApiKeyError, CreateApiKey, Expiration};
pub use directory::{
    DirectoryChange, DirectoryError, DirectoryRow, DirectorySettings, GroupCase, GroupRoles, Kind,
    Mapping, Secret, SettingsError,
};
pub use ldap::{
    Flavor, LdapError, LdapSettings, Refusal as LdapRefusal, Step as LdapStep, Trial, TrialError,
};
pub use login::{LoggedIn, Login, LoginBy, LoginError, LoginOutcome, Outage};
pub use oidc::{
    DEFAULT_SCOPES, OidcLogoutError, OidcNote, OidcSettings, OidcTrial, OidcTrialError,
    Step as OidcStep,
};
pub use order::OrderError;
pub use password_profile::{DEFAULT_PROFILE, PasswordProfileError};
pub use saml::{
    Binding, CertificateInfo, LogoutAnswer, LogoutMessage, SamlError, SamlSettings, SamlTrial,
    SamlTrialError, Service, Step as SamlStep, certificate_info, escape, read_provider,
};
pub use session::AuthenticateError;
pub use sso::{BeginSso, FinishSso, LogoutSso, SsoBegun, SsoError, SsoKind, SsoLogout};
pub use standing::CallerGone;
pub use user::{ChangeUser, CreateUser, DEFAULT_LOCALE, ResetPassword, SeenUser, UserError};
pub use user_role::{UnknownRole, UserRoleError};

/// How often ended sessions are removed.
const SWEEP: Duration = Duration::from_mins(1);
/// How many of them in one transaction.
const SWEPT_AT_ONCE: i64 = 500;

/// Users, sessions and how they are proven. One per primary.
#[derive(Debug)]
pub struct Identity {
    database: Database,
    clock: SharedClock,
    passwords: Passwords,
    key: SessionKey,
    sealer: Arc<Sealer>,
    providers: oidc::Providers,
    /// Turns to read a message of a SAML provider.
    saml_readers: saml::Readers,
    ldap: ldap::Connections,
    damper: Damper,
    /// Of providers' words that somebody logged out: no login waits for these.
    logout_damper: Damper,
    recent: recent::Recent,
    repeated: repeated_login::RepeatedLogins,
}

/// What the operator says of users and sessions.
#[derive(Clone, Copy, Debug)]
pub struct IdentityOptions<'a> {
    /// The first administrator's password; without one it is generated.
    pub bootstrap_password: Option<&'a SecretString>,
    /// Where a generated one is written to.
    pub data_dir: &'a std::path::Path,
    /// The proxy by which providers are reached whose settings say so.
    pub https_proxy: Option<&'a str>,
}

/// Users and sessions cannot be served.
#[derive(Debug, Error)]
pub enum IdentityError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Passwords cannot be hashed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The signing key of session tokens cannot be had.
    #[error(transparent)]
    Key(#[from] SessionKeyError),
    /// The stored signing key cannot be opened.
    #[error("the signing key of session tokens: {0}")]
    Seal(#[from] SealError),
    /// The first administrator's password is unfit.
    #[error("PALISADE_BOOTSTRAP_PASSWORD: {0}")]
    BootstrapPassword(#[source] UserError),
    /// The first administrator's password cannot be written down.
    #[error("cannot write the first password to {path}: {source}")]
    PasswordFile {
        /// The file.
        path: std::path::PathBuf,
        /// What failed.
        source: std::io::Error,
    },
    /// The operating system gave no randomness.
    #[error(transparent)]
    Random(#[from] palisade_identity::secret::NoRandomness),
}

impl Identity {
    /// Opens users and sessions; makes the signing key and the first
    /// administrator where the database has none.
    pub async fn open(
        database: Database,
        clock: SharedClock,
        sealer: Arc<Sealer>,
        options: IdentityOptions<'_>,
    ) -> Result<Arc<Self>, IdentityError> {
        let IdentityOptions { bootstrap_password, data_dir, https_proxy } = options;
        // Half of the cores: a flood of logins leaves the rest to others.
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let share = cores.div_ceil(2);
        let passwords = Passwords::new(share)?;
        let key = signing_key::load(&database, &sealer).await?;
        let now = clock.now();
        bootstrap::run(&database, &passwords, bootstrap_password, data_dir, now).await?;
        Ok(Arc::new(Self {
            database,
            clock,
            passwords,
            key,
            sealer,
            providers: oidc::Providers::new(https_proxy.map(str::to_owned)),
            saml_readers: saml::Readers::new(share),
            ldap: ldap::Connections::default(),
            damper: Damper::default(),
            logout_damper: Damper::default(),
            recent: recent::Recent::default(),
            repeated: repeated_login::RepeatedLogins::default(),
        }))
    }

    /// Removes ended sessions now and then.
    pub fn sweep(self: &Arc<Self>, shutdown: &Shutdown) {
        let identity = Arc::clone(self);
        let stop = shutdown.token().clone();
        shutdown.spawn("session sweep", async move {
            let mut tick = tokio::time::interval(SWEEP);
            loop {
                tokio::select! {
                    () = stop.cancelled() => return,
                    _ = tick.tick() => {}
                }
                if let Err(error) = identity.sweep_once().await {
                    tracing::warn!(%error, "ended sessions were not removed");
                }
            }
        });
    }

    /// Removes sessions that ended, and records of each that it did.
    async fn sweep_once(&self) -> federation::Result<()> {
        loop {
            let now = self.clock.now();
            let mut tx = self.database.begin().await?;
            let over = ended_session::sweep(&mut tx, now, SWEPT_AT_ONCE).await?;
            if over.is_empty() {
                return Ok(());
            }
            let why = |over: &OverSession| {
                let why = if over.idle { "was idle" } else { "came to the end of its life" };
                format!("A session of {} {why}.", over.session.fullname)
            };
            let messages: Vec<String> = over.iter().map(why).collect();
            let deeds = over.iter().zip(&messages).map(|(OverSession { session, .. }, message)| {
                let address = session.address.as_str();
                let (name, level) = (name::TIMEOUT, level::NOTICE);
                Deed { name, level, ..end_of(session, address, message) }
            });
            let done: Vec<Done> = deeds.map(|deed| Done::new(now, deed)).collect();
            event::did_each(&mut tx, &self.database, &done).await?;
            tx.commit().await.map_err(StoreError::from)?;
            for OverSession { session, .. } in &over {
                self.recent.forget(session.id);
            }
            tracing::debug!(ended = over.len(), "removed ended sessions");
        }
    }

    /// Records of each session that it ended at the provider `server`, which said so from
    /// `address`.
    async fn record_end_at_provider(
        &self,
        conn: &mut sqlx::PgConnection,
        (server, address): (&str, &str),
        ended: &[EndedSession],
    ) -> Result<(), StoreError> {
        if ended.is_empty() {
            return Ok(());
        }
        let now = self.clock.now();
        let done = ended.iter().map(|session| {
            let message = format!("{server} logged {} out.", session.fullname);
            Done::new(now, end_of(session, address, &message))
        });
        event::did_each(conn, &self.database, &done.collect::<Vec<_>>()).await
    }

    /// What is left to do where the end of sessions at a provider is written down.
    fn forget_ended(&self, server: &str, ended: &[EndedSession]) {
        for session in ended {
            self.recent.forget(session.id);
            tracing::info!(user = session.fullname, server, "logged out by the provider");
        }
    }
}

/// The end of a session as a deed of its user.
fn end_of<'a>(session: &'a EndedSession, address: &'a str, message: &'a str) -> Deed<'a> {
    Deed {
        name: name::LOGOUT,
        level: level::INFO,
        user: &session.fullname,
        roles: event::by_namespace(&session.roles),
        address,
        session: session.id.to_string(),
        call: None,
        message,
    }
}

/// Writes an audit record of `(action, kind, name)` in the transaction of the
/// change.
async fn audit<T: Serialize + Sync>(
    conn: &mut sqlx::PgConnection,
    actor: &Actor,
    (action, kind, name): (&str, &str, &str),
    before: Option<&T>,
    after: Option<&T>,
) -> Result<(), StoreError> {
    let json =
        |state: &T| to_raw_value(state).map_err(|error| StoreError::inconsistent("audit", error));
    let before = before.map(json).transpose()?;
    let after = after.map(json).transpose()?;
    let new = NewAudit { action, kind, name, before: before.as_deref(), after: after.as_deref() };
    store::audit::record(conn, actor, new).await
}
