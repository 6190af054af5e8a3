//! Registries of the products that people use. None of them can run here, so
//! each is a fake: an HTTP server that answers as the product's documented
//! API does, quirks included.

mod clouds;
mod hosted;
mod own;

use palisade_scanner::source::registry::{
    Filter, RegistryAccess, RegistryClient, RegistryError, RegistryKind, RegistrySettings, Tag,
};
use secrecy::SecretString;

use crate::wire::{Asked, Wire};

/// `user:pass`, as basic authentication sends it.
const BASIC: &str = "Basic dXNlcjpwYXNz";

fn settings(kind: RegistryKind, wire: &Wire) -> RegistrySettings {
    let mut access = RegistryAccess::new(&wire.url())
        .unwrap()
        .with_credentials("user", SecretString::from("pass"));
    access.patience.first_pause = std::time::Duration::from_millis(1);
    RegistrySettings::new(kind, access)
}

/// What is found: each repository with its tags.
type Found = Vec<(String, Vec<Tag>)>;

async fn listed(settings: RegistrySettings, filters: &[&str]) -> Result<Found, RegistryError> {
    let client = RegistryClient::connect(settings)?;
    let wanted: Vec<Filter> = filters.iter().map(|text| Filter::parse(text).unwrap()).collect();
    let mut found = Vec::new();
    for repository in client.repositories(&wanted, 1_000).await? {
        let tags = client.tags(&repository, 1_000).await?;
        let tags = tags
            .into_iter()
            .filter(|tag| client.admits(&wanted, &repository, Some(&tag.name)))
            .collect();
        found.push((repository, tags));
    }
    Ok(found)
}

/// The names alone, `repository:tag`.
fn names(found: &Found) -> Vec<String> {
    found
        .iter()
        .flat_map(|(repository, tags)| {
            tags.iter().map(move |tag| format!("{repository}:{}", tag.name))
        })
        .collect()
}

/// The tag of a name, with what the listing tells about it.
fn tag<'a>(found: &'a Found, name: &str) -> &'a Tag {
    let (repository, tag) = name.rsplit_once(':').unwrap();
    let (_, tags) = found.iter().find(|(found, _)| found == repository).unwrap();
    tags.iter().find(|found| found.name == tag).unwrap()
}

fn created(found: &Found, name: &str) -> String {
    tag(found, name).created.map(|at| at.to_rfc3339()).unwrap_or_default()
}

/// A digest made of one hex digit.
fn digest(digit: char) -> String {
    format!("sha256:{}", digit.to_string().repeat(64))
}

/// The value of a field of a form.
fn field(asked: &Asked, name: &str) -> String {
    url::form_urlencoded::parse(asked.body.as_bytes())
        .find(|(found, _)| found == name)
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}
