//! YAML of resources, read within bounds: it comes from outside.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Metadata, Resource};

/// Levels of nesting: a criterion within a criterion of a rule has ten.
const MAX_DEPTH: usize = 32;
const MAX_NODES: usize = 1_000_000;
const MAX_DOCUMENTS: usize = 20_000;
/// Anchors are rare in such files, and how bombs are built.
const MAX_ALIASES: usize = 256;
const MAX_ANCHOR_BYTES: usize = 1 << 20;

/// A file that cannot be read.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum YamlError {
    /// It is no YAML, is beyond the bounds, or has other keys than it should.
    #[error("{0}")]
    Malformed(String),
    /// A resource of another kind.
    #[error("a resource of the kind {found:?} is not expected here: {expected}")]
    WrongKind {
        /// What there is.
        found: String,
        /// What there should be.
        expected: String,
    },
    /// A resource without its spec.
    #[error("the resource {0:?} has no spec")]
    NoSpec(String),
    /// Something that cannot be written.
    #[error("{0}")]
    Unwritable(String),
}

/// A document: a resource, or a list of them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound = "S: DeserializeOwned")]
struct Document<S> {
    #[serde(default)]
    api_version: String,
    kind: String,
    #[serde(default)]
    metadata: Metadata,
    spec: Option<S>,
    items: Option<Vec<Resource<S>>>,
}

/// All documents of a file, within bounds.
pub fn documents<T: DeserializeOwned>(text: &str) -> Result<Vec<T>, YamlError> {
    let options = serde_saphyr::options! {
        with_snippet: false,
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            max_nodes: MAX_NODES,
            max_documents: MAX_DOCUMENTS,
            max_aliases: MAX_ALIASES,
            max_recorded_anchor_bytes: MAX_ANCHOR_BYTES,
        },
    };
    serde_saphyr::from_multiple_with_options(text, options)
        .map_err(|error| YamlError::Malformed(error.to_string()))
}

/// The resources of all documents of a file, of which there must be one. They are of one
/// of `kinds`.
pub fn read<S: DeserializeOwned>(
    text: &str,
    kinds: &[&str],
) -> Result<Vec<Resource<S>>, YamlError> {
    let documents: Vec<Document<S>> = documents(text)?;
    let mut resources = Vec::new();
    for document in documents {
        if let Some(items) = document.items {
            resources.extend(items);
            continue;
        }
        let Document { api_version, kind, metadata, spec, .. } = document;
        let spec = spec.ok_or_else(|| YamlError::NoSpec(metadata.name.clone()))?;
        resources.push(Resource { api_version, kind, metadata, spec });
    }
    if resources.is_empty() {
        return Err(YamlError::Malformed("the file has no resource".to_owned()));
    }
    match resources.iter().find(|resource| !kinds.contains(&resource.kind.as_str())) {
        Some(wrong) => Err(YamlError::WrongKind {
            found: crate::error::shorten(&wrong.kind),
            expected: kinds.join(", "),
        }),
        None => Ok(resources),
    }
}

/// A document as YAML.
pub fn write<T: Serialize>(document: &T) -> Result<String, YamlError> {
    serde_saphyr::to_string(document).map_err(|error| YamlError::Unwritable(error.to_string()))
}
