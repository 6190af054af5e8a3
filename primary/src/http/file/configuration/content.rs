//! What stands in the file under which key.

use std::collections::BTreeSet;

use http::{Method, StatusCode};
use palisade_api::rest::configuration_file::{ConfigurationFile, Section};
use palisade_identity::{Access, Permission, route_access};
use palisade_policy::vulnerability_profile;
use serde_json::{Map, Value, json};
use thiserror::Error;

use crate::App;
use crate::federation::rules::resource::export_all;
use crate::http::error::{ApiError, Result};
use crate::http::in_process::{Call, Client, Wanted, path_of};
use crate::identity::DEFAULT_PROFILE;

const ROLE: &str = "user/role/";
const PASSWORD_PROFILE: &str = "config/password_profile";
const DIRECTORY: &str = "config/server/";
const AUTH_ORDER: &str = "config/auth_order";
const FEDERATION: &str = "policy/federation";
const VULNERABILITY_PROFILE: &str = "policy/vulnerability_profile";

/// What of a directory is not shown, or says what other keys say as well.
const NOT_KEPT: [&str; 5] =
    ["bind_password", "client_secret", "signing_key", "role_groups", "x509_certs"];

/// What a caller may read of the sections, in the order in which it is put in force:
/// directories name roles, and their order directories.
pub(super) async fn read(
    app: &App,
    client: &Client,
    sections: &[Section],
    is_primary: bool,
) -> Result<Vec<(String, Value)>> {
    let mut entries = Vec::new();
    if sections.contains(&Section::User)
        && let Some(answer) = get(client, "/v1/user_role").await?
    {
        let roles = answer["roles"].as_array().into_iter().flatten();
        for role in roles.filter(|role| role["reserved"] == false) {
            let kept = json!({ "name": role["name"], "comment": role["comment"],
                "permissions": role["permissions"] });
            entries.push((format!("{ROLE}{}", text(&role["name"])), kept));
        }
    }
    if sections.contains(&Section::Config) {
        let path = path_of("/v1/password_profile", &[DEFAULT_PROFILE]);
        if let Some(answer) = get(client, &path).await? {
            entries.push((PASSWORD_PROFILE.to_owned(), answer["pwd_profile"].clone()));
        }
        if let Some(answer) = get(client, "/v1/server").await? {
            let directories = app.identity.directories().await?;
            for server in answer["servers"].as_array().into_iter().flatten() {
                let (name, kind) = (text(&server["server_name"]), text(&server["server_type"]));
                let secret = directories.iter().any(|row| row.name == name && row.secret.is_some());
                let settings = kept_of_directory(&server[kind]);
                let kept = json!({ "server_type": kind, "settings": settings, "secret": secret });
                entries.push((format!("{DIRECTORY}{name}"), kept));
            }
        }
        // Without a scope, the webhooks of the home cluster would be waited for.
        if let Some(answer) = get(client, "/v1/system/config?scope=fed").await? {
            entries.push((AUTH_ORDER.to_owned(), answer["config"]["auth_order"].clone()));
        }
    }
    if sections.contains(&Section::Policy) {
        if is_primary && client.caller.may(Permission::Fed, Access::Read) {
            let yaml = export_all::all(&app.database).await?;
            // A set of nothing is none, and deletes nothing.
            if !export_all::is_empty(&yaml) {
                entries.push((FEDERATION.to_owned(), yaml.into()));
            }
        }
        let path = path_of("/v1/vulnerability/profile", &[vulnerability_profile::DEFAULT_PROFILE]);
        if let Some(answer) = get(client, &path).await? {
            let kept = answer["profile"]["entries"].clone();
            entries.push((VULNERABILITY_PROFILE.to_owned(), kept));
        }
    }
    Ok(entries)
}

/// What is kept of a directory as it is shown.
fn kept_of_directory(shown: &Value) -> Map<String, Value> {
    let mut settings = shown.as_object().cloned().unwrap_or_default();
    settings.retain(|key, _| !NOT_KEPT.contains(&key.as_str()));
    // Of a provider of SAML only the first certificate is shown as it was given.
    if let Some(all) = shown["x509_certs"].as_array() {
        let first = text(&shown["x509_cert"]);
        let others = all.iter().map(|one| &one["x509_cert"]);
        let others = others.filter(|pem| !first.contains(text(pem).trim())).cloned();
        settings.insert("x509_cert_extra".to_owned(), others.collect());
    }
    settings
}

/// What a GET answers; none where the caller may not see it.
async fn get(client: &Client, path: &str) -> Result<Option<Value>> {
    if !client.caller.satisfies(route_access::required("GET", path)) {
        return Ok(None);
    }
    let (status, body) = client.send(&Call::get(path)).await.map_err(ApiError::internal)?;
    match status {
        StatusCode::OK => serde_json::from_slice(&body).map(Some).map_err(ApiError::internal),
        StatusCode::FORBIDDEN => Ok(None),
        other => Err(ApiError::internal(format!("{path} is answered with {other}"))),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// What a file wants to be so.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Content {
    /// The federation.
    pub(super) federation: Option<String>,
    /// The rest, in order.
    pub(super) wanted: Vec<Wanted>,
    /// Paths of the directories that are not whole without a secret, which no file holds.
    pub(super) without_secrets: BTreeSet<String>,
    /// Keys that are not known here, such as those that a newer version wrote.
    pub(super) unknown: Vec<String>,
}

/// A key whose value cannot be one of it.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("What the file says of {0} is not as it should be.")]
pub(super) struct Malformed(String);

impl Content {
    /// What a file says. Keys of a newer version are passed over, and named.
    pub(super) fn of(file: ConfigurationFile) -> Result<Self, Malformed> {
        let mut content = Self::default();
        for (key, value) in file.entries {
            let wanted = if key == FEDERATION {
                let Value::String(yaml) = value else { return Err(Malformed(key)) };
                content.federation = Some(yaml);
                continue;
            } else if key == AUTH_ORDER {
                value.is_array().then(|| Wanted::auth_order(&value))
            } else if key == PASSWORD_PROFILE {
                value.as_object().map(password_profile)
            } else if key == VULNERABILITY_PROFILE {
                value.is_array().then(|| accepted(&value))
            } else if let Some(name) = key.strip_prefix(ROLE) {
                value.as_object().map(|members| Wanted::role(name, members))
            } else if let Some(name) = key.strip_prefix(DIRECTORY) {
                let (kind, settings) = (text(&value["server_type"]), value["settings"].as_object());
                let directory = settings.map(|all| Wanted::directory(name, kind, all));
                let told = value["secret"].as_bool();
                let needing = settings
                    .filter(|all| told.unwrap_or_else(|| needs_secret(kind, all)))
                    .and(directory.as_ref());
                content.without_secrets.extend(needing.map(|one| one.path().to_owned()));
                directory
            } else {
                content.unknown.push(key);
                continue;
            };
            content.wanted.push(wanted.ok_or(Malformed(key))?);
        }
        Ok(content)
    }
}

/// Whether a directory with these settings proves itself with something secret, as far as
/// they tell: older files say nothing more.
fn needs_secret(kind: &str, settings: &Map<String, Value>) -> bool {
    let key = match kind {
        "ldap" => "bind_dn",
        "saml" => "signing_cert",
        _ => "client_id",
    };
    settings.get(key).is_some_and(|value| !text(value).is_empty())
}

fn password_profile(members: &Map<String, Value>) -> Wanted {
    let mut config = members.clone();
    config.insert("name".to_owned(), DEFAULT_PROFILE.into());
    let path = path_of("/v1/password_profile", &[DEFAULT_PROFILE]);
    Wanted::Setting(Call::new(Method::PATCH, path, json!({ "config": config })))
}

fn accepted(entries: &Value) -> Wanted {
    let name = vulnerability_profile::DEFAULT_PROFILE;
    let body = json!({ "config": { "name": name, "entries": entries } });
    let path = path_of("/v1/vulnerability/profile", &[name]);
    Wanted::Setting(Call::new(Method::PATCH, path, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(entries: &[(&str, Value)]) -> Result<Content, Malformed> {
        let entries = entries.iter().map(|(key, value)| ((*key).to_owned(), value.clone()));
        Content::of(ConfigurationFile {
            entries: entries.collect(),
            ..ConfigurationFile::default()
        })
    }

    #[test]
    fn each_key_becomes_calls_in_the_order_of_the_file() {
        let content = of(&[
            ("user/role/auditor", json!({ "name": "auditor", "permissions": [] })),
            ("config/server/corp", json!({ "server_type": "ldap", "settings": {} })),
            (
                "config/server/shop",
                json!({ "server_type": "ldap", "settings": { "bind_dn": "cn=reader" } }),
            ),
            (
                "config/server/public",
                json!({ "server_type": "oidc", "settings": { "client_id": "x" }, "secret": false }),
            ),
            (
                "config/server/old",
                json!({ "server_type": "oidc", "settings": { "client_id": "x" } }),
            ),
            ("config/auth_order", json!(["local", "corp"])),
            ("tomorrow", json!(1)),
            ("policy/federation", json!("items: []")),
            ("policy/vulnerability_profile", json!([])),
        ])
        .unwrap();
        let what: Vec<&str> = content.wanted.iter().map(Wanted::what).collect();
        let profile = "/v1/vulnerability/profile/default";
        assert_eq!(
            what,
            ["auditor", "corp", "shop", "public", "old", "/v1/system/config", profile]
        );
        let secrets = ["/v1/server/shop", "/v1/server/old"].map(str::to_owned);
        assert_eq!(content.without_secrets, BTreeSet::from(secrets));
        assert_eq!(content.unknown, ["tomorrow"]);
        assert_eq!(content.federation.as_deref(), Some("items: []"));
    }

    #[test]
    fn what_is_kept_of_a_directory_has_no_secret_and_each_certificate() {
        let shown = json!({ "issuer": "x", "client_secret": "", "x509_cert": "one\n",
            "x509_certs": [{ "x509_cert": "one" }, { "x509_cert": "two" }] });
        let kept = json!({ "issuer": "x", "x509_cert": "one\n", "x509_cert_extra": ["two"] });
        assert_eq!(Value::Object(kept_of_directory(&shown)), kept);
        let shown = json!({ "hostname": "h", "bind_password": "" });
        assert_eq!(Value::Object(kept_of_directory(&shown)), json!({ "hostname": "h" }));
    }

    #[test]
    fn what_is_malformed_is_named_by_its_key() {
        for (key, value) in [
            ("policy/federation", json!({})),
            ("user/role/x", json!([])),
            ("config/server/x", json!({ "server_type": "ldap" })),
            ("config/auth_order", json!("local")),
            ("config/password_profile", json!(3)),
            ("policy/vulnerability_profile", json!({})),
        ] {
            assert_eq!(of(&[(key, value)]), Err(Malformed(key.to_owned())));
        }
    }
}
