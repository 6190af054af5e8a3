//! Writing a file to the repository.

use std::error::Error as _;
use std::time::Duration;

use futures_util::StreamExt as _;
use palisade_api::rest::file::RemoteExportOptions;
use palisade_transport::client::outgoing_tls;
use palisade_transport::seal::{SealError, Sealer};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Proxy, RequestBuilder, StatusCode};
use serde_json::Value;
use thiserror::Error;
use url::Url;

use super::settings::{self, NAME, Place};
use super::{azure_devops, github};
use crate::store::{Database, StoreError};

/// The provider answers within this time.
const DEADLINE: Duration = Duration::from_secs(30);
/// Connecting takes no longer than this.
const CONNECT: Duration = Duration::from_secs(5);
/// Longest answer that is read: providers give back the former file.
const MOST_ANSWER: usize = 8 << 20;
/// Longest path and comment, in bytes.
const MOST_TEXT: usize = 1_024;
/// How much of what a provider says is told on.
const MOST_SAID: usize = 200;

/// A file that was not written.
#[derive(Debug, Error)]
pub enum RemoteExportError {
    /// Another name, or none is set.
    #[error("no remote repository of that nickname is configured")]
    Unknown,
    /// Switched off.
    #[error("the remote repository is disabled")]
    Disabled,
    /// The path or the comment.
    #[error("the path names a file, and path and comment have {MOST_TEXT} bytes at most")]
    Text,
    /// The client cannot be set up.
    #[error("the provider of the remote repository cannot be asked: {0}")]
    Setup(String),
    /// No answer, or one that is too long.
    #[error("the provider of the remote repository does not answer: {0}")]
    Request(String),
    /// The provider refuses.
    #[error("the provider of the remote repository answers {status}: {said}")]
    Refused {
        /// The answer's status.
        status: StatusCode,
        /// What it says.
        said: String,
    },
    /// The branch.
    #[error("the remote repository has no branch of that name")]
    NoBranch,
    /// The token cannot be opened.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<reqwest::Error> for RemoteExportError {
    fn from(error: reqwest::Error) -> Self {
        let error = error.without_url();
        // What the client says itself is that it failed; its causes say why.
        let mut said = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            said = format!("{said}: {error}");
            cause = error.source();
        }
        Self::Request(said)
    }
}

pub(super) type Result<T> = std::result::Result<T, RemoteExportError>;

/// A file on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct File<'a> {
    /// Its path in the repository.
    pub(super) path: &'a str,
    /// The comment of the commit.
    pub(super) comment: &'a str,
    /// All of it.
    pub(super) content: &'a str,
}

/// Writes `content` where `options` say, by `proxy` where there is one; without a path to
/// the file `usual`. Gives the path.
pub async fn write(
    database: &Database,
    sealer: &Sealer,
    proxy: Option<&Url>,
    options: &RemoteExportOptions,
    (usual, content): (&str, &str),
) -> std::result::Result<String, RemoteExportError> {
    let known = if options.remote_repository_nickname == NAME {
        settings::get(&mut *database.acquire().await?).await?
    } else {
        None
    };
    let repository = known.ok_or(RemoteExportError::Unknown)?;
    if !repository.enable {
        return Err(RemoteExportError::Disabled);
    }
    let path: &str = if options.file_path.is_empty() { usual } else { &options.file_path };
    let path = checked(path.trim_start_matches('/'))?;
    let comment: &str = if options.comment.is_empty() { path } else { &options.comment };
    if comment.len() > MOST_TEXT {
        return Err(RemoteExportError::Text);
    }
    let token = repository.token(sealer)?;
    let client = builder(proxy)?.https_only(true).build()?;
    let file = File { path, comment, content };
    match &repository.place {
        Place::GitHub(at) => github::write(&client, github::API, at, &token, file).await?,
        Place::AzureDevops(at) => {
            azure_devops::write(&client, azure_devops::API, at, &token, file).await?;
        }
    }
    tracing::info!(path, "exported to the remote repository");
    Ok(path.to_owned())
}

/// A path that stays in the repository.
fn checked(path: &str) -> Result<&str> {
    let leads_on = |part: &str| !matches!(part, "" | "." | "..");
    let fits = path.len() <= MOST_TEXT && !path.chars().any(char::is_control);
    if fits && path.split('/').all(leads_on) { Ok(path) } else { Err(RemoteExportError::Text) }
}

/// A client for a provider: over verified TLS, without redirects, bounded in time.
pub(super) fn builder(proxy: Option<&Url>) -> Result<ClientBuilder> {
    let setup = |error: &dyn std::fmt::Display| RemoteExportError::Setup(error.to_string());
    let tls = outgoing_tls(Vec::new()).map_err(|error| setup(&error))?;
    let builder = Client::builder()
        .tls_backend_preconfigured(tls)
        .user_agent("palisade")
        .redirect(Policy::none())
        .connect_timeout(CONNECT)
        .timeout(DEADLINE)
        .no_proxy();
    Ok(match proxy {
        Some(proxy) => builder.proxy(Proxy::https(proxy.as_str())?),
        None => builder,
    })
}

/// An address below that of an API.
pub(super) fn address<'a>(api: &str, parts: impl IntoIterator<Item = &'a str>) -> Result<Url> {
    let malformed = || RemoteExportError::Setup(format!("{api} is no address"));
    let mut url: Url = api.parse().map_err(|_| malformed())?;
    url.path_segments_mut().map_err(|()| malformed())?.pop_if_empty().extend(parts);
    Ok(url)
}

/// Asks, and reads the answer; what is no JSON is null.
pub(super) async fn ask(request: RequestBuilder) -> Result<(StatusCode, Value)> {
    let answer = request.send().await?;
    let status = answer.status();
    let mut body = Vec::new();
    let mut chunks = answer.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        if body.len() + chunk.len() > MOST_ANSWER {
            return Err(RemoteExportError::Request("the answer is too long".to_owned()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((status, serde_json::from_slice(&body).unwrap_or_default()))
}

/// That the provider refuses, and why as far as it says.
pub(super) fn refused((status, answer): (StatusCode, Value)) -> RemoteExportError {
    let said = answer["message"].as_str().unwrap_or("it says no more");
    let said = said.chars().filter(|c| !c.is_control()).take(MOST_SAID).collect();
    RemoteExportError::Refused { status, said }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_in_the_repository() {
        for (path, fits) in [
            ("policy/groups.yaml", true),
            ("groups.yaml", true),
            ("", false),
            ("policy/", false),
            ("policy//groups.yaml", false),
            ("../groups.yaml", false),
            ("policy/./groups.yaml", false),
            ("policy\n", false),
        ] {
            assert_eq!(checked(path).is_ok(), fits, "{path:?}");
        }
        assert!(checked(&"x".repeat(MOST_TEXT + 1)).is_err());
    }

    #[test]
    fn a_name_is_one_part_of_an_address() {
        let url = address("https://api.github.com/", ["repos", "a/b", "c?d#e", "..", "f g"]);
        assert_eq!(url.unwrap().as_str(), "https://api.github.com/repos/a%2Fb/c%3Fd%23e/f%20g");
    }
}
