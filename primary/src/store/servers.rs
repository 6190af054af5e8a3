//! The servers that the operator's database may be on: one takes writes, the
//! others stand by and may take over.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, PgConnection};
use thiserror::Error;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

/// How often the present server is looked at.
const PERIOD: Duration = Duration::from_secs(1);
/// How long one may take to answer.
const ANSWER: Duration = Duration::from_secs(2);

/// A text that does not name the servers of a database.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum NotADatabaseUrl {
    /// It is no URL of Postgres. The parser's own words might repeat a password.
    #[error("not a Postgres URL (postgres://USER:PASSWORD@HOST:PORT/DATABASE)")]
    Malformed,
    /// Hosts and ports do not go together.
    #[error("name as many ports as hosts, or one for all")]
    Ports,
    /// Only the server that takes writes will do.
    #[error("target_session_attrs must be read-write or primary")]
    Target,
}

/// Reads a URL that names one server, or several as libpq does:
/// `postgres://USER@HOST:PORT,HOST:PORT/DATABASE`, or `?host=A,B&port=1,2`.
pub fn parse(text: &str) -> Result<Vec<PgConnectOptions>, NotADatabaseUrl> {
    let urls = each_server(text)?;
    urls.iter().map(|url| url.parse().map_err(|_| NotADatabaseUrl::Malformed)).collect()
}

/// One URL a server.
fn each_server(text: &str) -> Result<Vec<String>, NotADatabaseUrl> {
    let (scheme, rest) = text.split_once("://").ok_or(NotADatabaseUrl::Malformed)?;
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let path_at = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at(path_at);
    let (user, hosts) = match authority.rsplit_once('@') {
        Some((user, hosts)) => (format!("{user}@"), hosts),
        None => (String::new(), authority),
    };
    let (mut named, mut ports, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let listed = || value.split(',').map(str::to_owned).collect::<Vec<_>>();
        match &*key {
            "host" => named = listed(),
            "port" => ports = listed(),
            "target_session_attrs" if matches!(&*value, "read-write" | "primary") => {}
            "target_session_attrs" => return Err(NotADatabaseUrl::Target),
            _ => others.push((key.into_owned(), value.into_owned())),
        }
    }
    let hosts: Vec<&str> = hosts.split(',').collect();
    let count = hosts.len().max(named.len());
    if !matches!(ports.len(), 0 | 1) && ports.len() != count {
        return Err(NotADatabaseUrl::Ports);
    }
    let of = |list: &[String], n: usize| list.get(n).or_else(|| list.first()).cloned();
    let url = |n: usize| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&others);
        query.extend_pairs(of(&named, n).map(|host| ("host", host)));
        query.extend_pairs(of(&ports, n).map(|port| ("port", port)));
        let host = hosts.get(n).or_else(|| hosts.first()).copied().unwrap_or_default();
        format!("{scheme}://{user}{host}{path}?{}", query.finish())
    };
    Ok((0..count).map(url).collect())
}

/// The servers, and which of them takes writes now.
#[derive(Debug)]
pub(super) struct Servers {
    all: Vec<PgConnectOptions>,
    present: AtomicUsize,
    moved: Mutex<Option<Instant>>,
}

impl Servers {
    /// The first takes writes until another is found to. There must be one.
    pub(super) fn new(all: Vec<PgConnectOptions>) -> Arc<Self> {
        Arc::new(Self { all, present: AtomicUsize::new(0), moved: Mutex::default() })
    }

    /// Whether another could take over.
    pub(super) fn several(&self) -> bool {
        self.all.len() > 1
    }

    /// The one that takes writes, as far as is known.
    pub(super) fn present(&self) -> PgConnectOptions {
        let present = self.all.get(self.present.load(Ordering::Acquire));
        present.cloned().unwrap_or_default()
    }

    /// Whether a connection of this age is one to a server from before.
    pub(super) fn outlived_by(&self, age: Duration) -> bool {
        let moved = *self.moved.lock().unwrap_or_else(PoisonError::into_inner);
        moved.is_some_and(|moved| age > moved.elapsed())
    }

    /// Looks for the server that takes writes, the present one first. `None`
    /// where there is none.
    pub(super) async fn find(&self) -> Option<PgConnection> {
        let present = self.present.load(Ordering::Acquire);
        for step in 0..self.all.len() {
            let index = (present + step) % self.all.len();
            let Some(server) = self.all.get(index) else { continue };
            let Ok(Ok(mut connection)) = timeout(ANSWER, server.connect()).await else { continue };
            if !writable(&mut connection).await {
                continue;
            }
            if index != present {
                let mut moved = self.moved.lock().unwrap_or_else(PoisonError::into_inner);
                *moved = Some(Instant::now());
                self.present.store(index, Ordering::Release);
                tracing::warn!(
                    host = server.get_host(),
                    "another server of the database took over"
                );
            }
            return Some(connection);
        }
        None
    }

    /// Looks at the present server again and again, and calls `moved` when
    /// another one has taken over, until `stop`.
    pub(super) async fn follow(&self, stop: CancellationToken, moved: impl Fn()) {
        let mut connection: Option<PgConnection> = None;
        let mut before = self.present.load(Ordering::Acquire);
        let watching = async {
            loop {
                let well = match &mut connection {
                    Some(open) => writable(open).await,
                    None => false,
                };
                if !well {
                    connection = self.find().await;
                    let now = self.present.load(Ordering::Acquire);
                    if now != before {
                        before = now;
                        moved();
                    }
                }
                tokio::time::sleep(PERIOD).await;
            }
        };
        stop.run_until_cancelled(watching).await;
    }
}

/// Whether the server takes writes, and answers in time.
pub(super) async fn writable(connection: &mut PgConnection) -> bool {
    let stands_by = sqlx::query_scalar!(r#"SELECT pg_is_in_recovery() AS "stands_by!""#);
    matches!(timeout(ANSWER, stands_by.fetch_one(connection)).await, Ok(Ok(false)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_servers_are_named_as_for_libpq() {
        for (text, urls) in [
            ("postgres://me:pw@db/palisade", vec!["postgres://me:pw@db/palisade?"]),
            (
                "postgres://me@one:1,two:2,[::1]:3/palisade?sslmode=require",
                vec![
                    "postgres://me@one:1/palisade?sslmode=require",
                    "postgres://me@two:2/palisade?sslmode=require",
                    "postgres://me@[::1]:3/palisade?sslmode=require",
                ],
            ),
            (
                "postgres://me@localhost/p?host=/a,/b&target_session_attrs=read-write",
                vec!["postgres://me@localhost/p?host=%2Fa", "postgres://me@localhost/p?host=%2Fb"],
            ),
            (
                "postgres:///p?host=one,two&port=1,2",
                vec!["postgres:///p?host=one&port=1", "postgres:///p?host=two&port=2"],
            ),
            (
                "postgres:///p?host=one,two&port=7",
                vec!["postgres:///p?host=one&port=7", "postgres:///p?host=two&port=7"],
            ),
        ] {
            assert_eq!(each_server(text).unwrap(), urls, "{text}");
            assert_eq!(parse(text).unwrap().len(), urls.len(), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for (text, error) in [
            ("palisade", NotADatabaseUrl::Malformed),
            ("postgres://me@:x/p", NotADatabaseUrl::Malformed),
            ("postgres://a,b,c/p?port=1,2", NotADatabaseUrl::Ports),
            ("postgres://a,b/p?target_session_attrs=any", NotADatabaseUrl::Target),
        ] {
            assert_eq!(parse(text).unwrap_err(), error, "{text}");
        }
    }
}
