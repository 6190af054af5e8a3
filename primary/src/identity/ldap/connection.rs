//! Connections to directories: verified, and bounded in time and number.

use std::sync::Arc;
use std::time::Duration;

use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, LdapResult, Scope, SearchEntry, SearchOptions};
use palisade_transport::client::outgoing_tls;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};
use tokio_util::task::AbortOnDropHandle;

use super::page::Place;
use super::refusal::Refusal;
use super::{LdapError, LdapSettings, Step};
use crate::identity::directory::certificates;

/// Connecting takes no longer than this, nor does any single request.
const PATIENCE: Duration = Duration::from_secs(5);
/// Lookups at once, all directories together.
const PARALLEL: usize = 16;
/// All steps of one lookup take no longer than this: a directory may say a little
/// each moment, and never come to an end.
const ALL_STEPS: Duration = Duration::from_secs(15);
/// Results of LDAP that mean something to us.
mod result {
    /// Done.
    pub(super) const SUCCESS: u32 = 0;
    /// There are more entries than the directory gives.
    pub(super) const SIZE_LIMIT: u32 = 4;
    /// The same, and it says so before it gives any.
    pub(super) const ADMIN_LIMIT: u32 = 11;
    /// Another directory has what was asked for.
    pub(super) const REFERRAL: u32 = 10;
    /// A password does not go in the clear.
    pub(super) const STRONGER_AUTH: u32 = 8;
    /// Nothing goes in the clear.
    pub(super) const CONFIDENTIALITY: u32 = 13;
    /// Nothing has that name.
    pub(super) const NO_SUCH_OBJECT: u32 = 32;
    /// No name of an entry.
    pub(super) const INVALID_DN: u32 = 34;
    /// Somebody else may see it.
    pub(super) const INSUFFICIENT_ACCESS: u32 = 50;
    /// Not now.
    pub(super) const BUSY: u32 = 51;
    /// Not at all at present.
    pub(super) const UNAVAILABLE: u32 = 52;
}

/// What a result means to whoever set the directory up, where it tells that by its number
/// alone.
const fn meaning(result: u32) -> Option<&'static str> {
    Some(match result {
        result::STRONGER_AUTH | result::CONFIDENTIALITY => {
            "the directory wants an encrypted connection: set ssl or start_tls"
        }
        result::NO_SUCH_OBJECT => {
            "the directory has no entry of that name: look at base_dn and group_dn"
        }
        result::INVALID_DN => "base_dn, group_dn or bind_dn is no name of an entry",
        result::INSUFFICIENT_ACCESS => "the directory does not let bind_dn look there",
        result::BUSY | result::UNAVAILABLE => "the directory has no time now",
        _ => return None,
    })
}

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

/// By when a lookup is over, with or without an answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline(Instant);

impl Deadline {
    /// That of a lookup that begins now.
    pub(super) fn of_lookup() -> Self {
        Self(Instant::now() + ALL_STEPS)
    }

    async fn keep<T>(
        self,
        step: Step,
        work: impl Future<Output = ldap3::result::Result<T>>,
    ) -> Result<T, LdapError> {
        timeout_at(self.0, work)
            .await
            .map_err(|_| LdapError::at(step, "no end of the answer in time"))?
            .map_err(|error| match error {
                ldap3::LdapError::OpSend { .. } | ldap3::LdapError::ResultRecv { .. } => {
                    LdapError::at(
                        step,
                        "the directory closed the connection: does its port want ssl?",
                    )
                }
                error => LdapError::at(step, error),
            })
    }
}

/// A connection. Its driver ends with it.
pub(super) struct Connection {
    ldap: Ldap,
    deadline: Deadline,
    _driver: AbortOnDropHandle<()>,
}

/// An entry that was found.
pub(super) struct Entry {
    pub(super) dn: String,
    inner: SearchEntry,
}

impl Entry {
    /// The values of an attribute.
    pub(super) fn all(&self, attribute: &str) -> &[String] {
        let found = self.inner.attrs.iter().find(|(name, _)| name.eq_ignore_ascii_case(attribute));
        found.map(|(_, values)| values.as_slice()).unwrap_or_default()
    }

    /// The first value of an attribute whose values are bytes.
    pub(super) fn bytes(&self, attribute: &str) -> Option<&[u8]> {
        // Bytes that happen to be a text are among the texts.
        let found = self.inner.bin_attrs.iter();
        let found = found.filter(|(name, _)| name.eq_ignore_ascii_case(attribute));
        let bytes = found.flat_map(|(_, values)| values).map(Vec::as_slice).next();
        bytes.or_else(|| self.first(attribute).map(str::as_bytes))
    }

    /// The first value of an attribute.
    pub(super) fn first(&self, attribute: &str) -> Option<&str> {
        self.all(attribute).first().map(String::as_str)
    }
}

impl Connection {
    /// Reaches the directory; the certificate is verified where there is TLS.
    pub(super) async fn open(
        settings: &LdapSettings,
        deadline: Deadline,
    ) -> Result<Self, LdapError> {
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
        Ok(Self { ldap, deadline, _driver: AbortOnDropHandle::new(driver) })
    }

    /// Binds, or tells why the directory refuses the account.
    pub(super) async fn bind(
        &mut self,
        step: Step,
        dn: &str,
        password: &str,
    ) -> Result<Result<(), Refusal>, LdapError> {
        let bound = self.ldap.with_timeout(PATIENCE).simple_bind(dn, password);
        let bound = self.deadline.keep(step, bound).await?;
        if bound.rc == result::SUCCESS {
            return Ok(Ok(()));
        }
        Refusal::of(bound.rc, &bound.text).map(Err).ok_or_else(|| refused(step, &bound))
    }

    /// The entries below `base` that match, `most` at most. Where the directory has more
    /// and keeps them to itself, that is an error: what is missing could decide.
    pub(super) async fn search(
        &mut self,
        step: Step,
        base: &str,
        filter: &str,
        attributes: &[&str],
        most: usize,
    ) -> Result<Vec<Entry>, LdapError> {
        let mut found = Vec::new();
        let mut place = Place::default();
        loop {
            let options = SearchOptions::new().timelimit(PATIENCE.as_secs() as i32);
            let ldap = self.ldap.with_timeout(PATIENCE).with_search_options(options);
            let ldap = ldap.with_controls(place.page(most));
            let begun = ldap.streaming_search(base, Scope::Subtree, filter, attributes);
            let mut stream = self.deadline.keep(step, begun).await?;
            while let Some(entry) = self.deadline.keep(step, stream.next()).await? {
                // References to other directories are not followed.
                if entry.is_ref() || entry.is_intermediate() {
                    continue;
                }
                let inner = SearchEntry::construct(entry);
                found.push(Entry { dn: inner.dn.clone(), inner });
                // A directory need not know pages, nor mind their size.
                if found.len() >= most {
                    return Ok(found);
                }
            }
            let ended = stream.finish().await;
            match ended.rc {
                result::SUCCESS => {}
                result::SIZE_LIMIT | result::ADMIN_LIMIT => {
                    return Err(LdapError::at(
                        step,
                        format_args!(
                            "the directory gives {} of what matches and no more: let it give \
                             bind_dn more, or narrow what is looked for by a filter",
                            found.len()
                        ),
                    ));
                }
                _ => return Err(refused(step, &ended)),
            }
            match Place::of_next(&ended.ctrls) {
                Some(next) => place = next,
                None => return Ok(found),
            }
        }
    }
}

/// What a directory answers instead of doing what it was asked for.
fn refused(step: Step, answer: &LdapResult) -> LdapError {
    let LdapResult { rc, text, refs, .. } = answer;
    match (*rc, refs.first()) {
        (result::REFERRAL, Some(other)) => LdapError::at(
            step,
            format_args!(
                "the directory refers to {other}, and referrals are not followed: configure that \
                 directory, or one that holds everything"
            ),
        ),
        (result, _) => match meaning(result) {
            Some(meaning) => LdapError::at(step, meaning),
            None => LdapError::at(step, format!("result {rc} {text}").trim_end()),
        },
    }
}
