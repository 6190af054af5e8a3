//! Writing a file to a repository at GitHub.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Client, Method, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use url::Url;

use super::export::{File, Result, address, ask, refused};
use super::settings::GitHub;

/// Where its API is.
pub(super) const API: &str = "https://api.github.com/";
const VERSION: (&str, &str) = ("X-GitHub-Api-Version", "2022-11-28");
const KIND: &str = "application/vnd.github+json";

/// Writes a file, in the place of the one that is there.
pub(super) async fn write(
    client: &Client,
    api: &str,
    at: &GitHub,
    token: &SecretString,
    file: File<'_>,
) -> Result<()> {
    let place: [&str; 4] = ["repos", &at.owner, &at.repository, "contents"];
    let url = address(api, place.into_iter().chain(file.path.split('/')))?;
    let request = |method: Method, url: Url| {
        client
            .request(method, url)
            .bearer_auth(token.expose_secret())
            .header(reqwest::header::ACCEPT, KIND)
            .header(VERSION.0, VERSION.1)
    };
    let mut present = url.clone();
    present.query_pairs_mut().append_pair("ref", &at.branch);
    let (status, found) = ask(request(Method::GET, present)).await?;
    let replaced = match status {
        StatusCode::OK => found["sha"].as_str().map(str::to_owned),
        StatusCode::NOT_FOUND => None,
        _ => return Err(refused((status, found))),
    };
    let mut body = json!({
        "message": file.comment,
        "branch": at.branch,
        "committer": { "name": at.committer, "email": at.email },
        "content": STANDARD.encode(file.content),
    });
    if let Some(sha) = replaced {
        body["sha"] = sha.into();
    }
    let answer = ask(request(Method::PUT, url).json(&body)).await?;
    match answer.0 {
        StatusCode::OK | StatusCode::CREATED => Ok(()),
        _ => Err(refused(answer)),
    }
}
