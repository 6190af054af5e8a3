//! Writing a file to a repository at Azure DevOps.

use reqwest::{Client, Method, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use super::export::{File, RemoteExportError, Result, address, ask, refused};
use super::settings::AzureDevops;

/// Where its API is.
pub(super) const API: &str = "https://dev.azure.com/";
const VERSION: (&str, &str) = ("api-version", "6.0");

/// Writes a file, in the place of the one that is there.
pub(super) async fn write(
    client: &Client,
    api: &str,
    at: &AzureDevops,
    token: &SecretString,
    file: File<'_>,
) -> Result<()> {
    let request = |method: Method, what: &str, query: &[(&str, &str)]| {
        let place: [&str; 6] =
            [&at.organization, &at.project, "_apis", "git", "repositories", &at.repository];
        let mut url = address(api, place.into_iter().chain([what]))?;
        url.query_pairs_mut().extend_pairs(query).append_pair(VERSION.0, VERSION.1);
        Ok::<_, RemoteExportError>(
            client.request(method, url).basic_auth("", Some(token.expose_secret())),
        )
    };
    let branch = format!("refs/heads/{}", at.branch);
    let filter = format!("heads/{}", at.branch);
    let refs = ask(request(Method::GET, "refs", &[("filter", filter.as_str())])?).await?;
    if refs.0 != StatusCode::OK {
        return Err(refused(refs));
    }
    // The filter is a beginning.
    let mut known = refs.1["value"].as_array().into_iter().flatten();
    let head = known.find(|one| one["name"] == branch);
    let head = head.map(|one| one["objectId"].clone()).ok_or(RemoteExportError::NoBranch)?;
    let push = |change: &str| -> Value {
        json!({
            "refUpdates": [{ "name": branch, "oldObjectId": head }],
            "commits": [{ "comment": file.comment, "changes": [{
                "changeType": change,
                "item": { "path": format!("/{}", file.path) },
                "newContent": { "content": file.content, "contentType": "rawtext" },
            }] }],
        })
    };
    // As JSON it is told of, without its content.
    let item = [
        ("path", file.path),
        ("versionDescriptor.version", at.branch.as_str()),
        ("$format", "json"),
    ];
    let present = ask(request(Method::GET, "items", &item)?).await?;
    let change = match present.0 {
        StatusCode::OK => "edit",
        StatusCode::NOT_FOUND => "add",
        _ => return Err(refused(present)),
    };
    let answer = ask(request(Method::POST, "pushes", &[])?.json(&push(change))).await?;
    match answer.0 {
        StatusCode::CREATED => Ok(()),
        _ => Err(refused(answer)),
    }
}
