//! Federated objects as custom resources of Kubernetes: the form in which they
//! are exported and imported. One module a kind of resource.

pub mod admission;
mod federate;
pub mod registry;
pub mod response;
pub mod rule_list;
pub mod security_rule;
pub mod sensor;
pub mod set;
pub mod vulnerability_profile;
pub mod webhook;
mod yaml;

use serde::{Deserialize, Serialize};

use crate::CfgType;

pub use yaml::{YamlError, documents, read, write};

/// The group and version of the resources.
const API_VERSION: &str = "neuvector.com/v1";

/// A custom resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Resource<S> {
    /// `neuvector.com/v1`.
    #[serde(default)]
    pub api_version: String,
    /// The kind of the resource.
    pub kind: String,
    /// How it is named.
    #[serde(default)]
    pub metadata: Metadata,
    /// What it says.
    pub spec: S,
}

/// How a resource is named. What else Kubernetes writes there is ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Its namespace, where its kind has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

/// A list of resources.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct List<S> {
    api_version: &'static str,
    kind: &'static str,
    items: Vec<Resource<S>>,
}

impl<S> Resource<S> {
    fn new(kind: &str, name: impl Into<String>, spec: S) -> Self {
        Self {
            api_version: API_VERSION.to_owned(),
            kind: kind.to_owned(),
            metadata: Metadata { name: name.into(), namespace: None },
            spec,
        }
    }
}

impl<S> List<S> {
    /// The resources as one document.
    pub fn new(items: Vec<Resource<S>>) -> Self {
        Self { api_version: "v1", kind: "List", items }
    }
}

/// The name of the one resource with all rules of an owner.
pub(crate) const fn owner_name(cfg_type: CfgType) -> &'static str {
    match cfg_type {
        CfgType::Federal => "fed",
        _ => "local",
    }
}

/// The name of an object as a name that Kubernetes takes.
fn resource_name(name: &str) -> String {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
    name.to_lowercase().chars().map(|c| if fits(c) { c } else { '-' }).collect()
}
