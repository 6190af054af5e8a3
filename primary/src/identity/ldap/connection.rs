//! Connections to directories: verified, and bounded in time and number.

use std::sync::Arc;
use std::time::Duration;

use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, LdapResult, Scope, SearchEntry, SearchOptions};
use palisade_transport::client::outgoing_tls;
use tokio::sync::Semaphore;
use tokio_util::task::AbortOnDropHandle;

use super::{LdapError, LdapSettings, Step};
use crate::identity::directory::certificates;

/// Connecting takes no longer than this, nor does any single request.
const PATIENCE: Duration = Duration::from_secs(5);
/// Lookups at once, all directories together.
const PARALLEL: usize = 16;
/// The directory refuses the name or the password.
const INVALID_CREDENTIALS: u32 = 49;

/// The right to bother directories. One per primary.
#[derive(Debug)]
pub(in crate::identity) struct Connections(Semaphore);

impl Default for Connections {
    fn default() -> Self {
        Self(Semaphore::new(PARALLEL))
    }
}

impl Connections {
    /// Runs a lookup, when it is its turn.
    pub(super) async fn in_turn<T>(
        &self,
        lookup: impl Future<Output = Result<T, LdapError>>,
    ) -> Result<T, LdapError> {
        let _turn = tokio::time::timeout(PATIENCE, self.0.acquire())
            .await
            .map_err(|_| LdapError::Busy)?
            .map_err(|_| LdapError::Busy)?;
        lookup.await
    }
}

/// A connection. Its driver ends with it.
pub(super) struct Connection {
    ldap: Ldap,
    _driver: AbortOnDropHandle<()>,
}

/// An entry that was found.
pub(super) struct Entry {
    pub(super) dn: String,
    inner: SearchEntry,
}

impl Entry {
    /// The first value of an attribute.
    pub(super) fn first(&self, attribute: &str) -> Option<&str> {
        let found = self.inner.attrs.iter().find(|(name, _)| name.eq_ignore_ascii_case(attribute));
        found?.1.first().map(String::as_str)
    }
}

impl Connection {
    /// Reaches the directory; the certificate is verified where there is TLS.
    pub(super) async fn open(settings: &LdapSettings) -> Result<Self, LdapError> {
        let failed = |reason: &dyn std::fmt::Display| LdapError::at(Step::Connect, reason);
        let own = certificates(&settings.ca_cert).map_err(|error| failed(&error))?;
        let tls = outgoing_tls(own).map_err(|error| failed(&error))?;
        let scheme = if settings.ssl { "ldaps" } else { "ldap" };
        let host = if settings.hostname.contains(':') {
            format!("[{}]", settings.hostname)
        } else {
            settings.hostname.clone()
        };
        let url = format!("{scheme}://{host}:{}", settings.port);
        let options = LdapConnSettings::new()
            .set_conn_timeout(PATIENCE)
            .set_config(Arc::new(tls))
            .set_starttls(settings.start_tls);
        let opened = LdapConnAsync::with_settings(options, &url);
        let (driver, ldap) = tokio::time::timeout(2 * PATIENCE, opened)
            .await
            .map_err(|_| failed(&"no answer in time"))?
            .map_err(|error| failed(&error))?;
        let driver = tokio::spawn(async move {
            if let Err(error) = driver.drive().await {
                tracing::debug!(%error, "a connection to a directory ended");
            }
        });
        Ok(Self { ldap, _driver: AbortOnDropHandle::new(driver) })
    }

    /// Binds; false where the directory refuses name or password.
    pub(super) async fn bind(
        &mut self,
        step: Step,
        dn: &str,
        password: &str,
    ) -> Result<bool, LdapError> {
        let bound = self.ldap.with_timeout(PATIENCE).simple_bind(dn, password);
        let LdapResult { rc, text, .. } =
            bound.await.map_err(|error| LdapError::at(step, error))?;
        match rc {
            0 => Ok(true),
            INVALID_CREDENTIALS => Ok(false),
            other => Err(LdapError::at(step, format_args!("result {other} {text}"))),
        }
    }

    /// The entries below `base` that match, `most` at most.
    pub(super) async fn search(
        &mut self,
        step: Step,
        base: &str,
        filter: &str,
        attributes: &[&str],
        most: i32,
    ) -> Result<Vec<Entry>, LdapError> {
        let options = SearchOptions::new().sizelimit(most).timelimit(PATIENCE.as_secs() as i32);
        let ldap = self.ldap.with_timeout(PATIENCE).with_search_options(options);
        let found = ldap.search(base, Scope::Subtree, filter, attributes);
        let ldap3::SearchResult(entries, result) =
            found.await.map_err(|error| LdapError::at(step, error))?;
        // 4: there are more than were asked for. 32: there is no such base.
        if !matches!(result.rc, 0 | 4) {
            let reason = format_args!("result {} {}", result.rc, result.text).to_string();
            return Err(LdapError::at(step, reason));
        }
        let entries =
            entries.into_iter().filter(|entry| !entry.is_ref() && !entry.is_intermediate());
        let entries = entries.map(SearchEntry::construct);
        Ok(entries.map(|inner| Entry { dn: inner.dn.clone(), inner }).collect())
    }
}
