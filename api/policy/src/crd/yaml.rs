//! YAML of resources, read within bounds: it comes from outside.

use palisade_api::rest::json;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use thiserror::Error;

use super::Resource;

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
    /// Something that cannot be written.
    #[error("{0}")]
    Unwritable(String),
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
    // The other way of telling it names options of the parser.
    serde_saphyr::from_multiple_with_options(text, options).map_err(|error| {
        YamlError::Malformed(error.render_with_formatter(&serde_saphyr::UserMessageFormatter))
    })
}

/// The resources of all documents of a file, those of lists among them. What is null is
/// absent: some exporters write that for what they have not.
pub(super) fn resources(text: &str) -> Result<Vec<Value>, YamlError> {
    let malformed = |what: &str| YamlError::Malformed(what.to_owned());
    let mut resources = Vec::new();
    for mut document in documents::<Value>(text)? {
        json::drop_nulls(&mut document);
        if json::has_nul(&document) {
            return Err(malformed("a text has the character NUL"));
        }
        match document {
            Value::Null => {}
            Value::Object(mut fields) => match fields.remove("items") {
                None => resources.push(Value::Object(fields)),
                Some(Value::Array(items)) => resources.extend(items),
                Some(_) => return Err(malformed("the items of a list are no list")),
            },
            _ => return Err(malformed("a document is no resource, and no list of them")),
        }
    }
    Ok(resources)
}

/// A field of a resource, short enough for a message.
pub(super) fn said(field: &Value) -> String {
    field.as_str().map(crate::error::shorten).unwrap_or_default()
}

/// A resource as one of its kind; where it is not, what is wrong is named with its place.
pub(super) fn resource<S: DeserializeOwned>(value: Value) -> Result<Resource<S>, YamlError> {
    let (kind, name) = (said(&value["kind"]), said(&value["metadata"]["name"]));
    serde_path_to_error::deserialize(value).map_err(|error| {
        let place = error.path().to_string();
        YamlError::Malformed(format!("{kind} {name:?}, {place}: {}", error.into_inner()))
    })
}

/// The resources of all documents of a file, of which there must be one. They are of one
/// of `kinds`.
pub fn read<S: DeserializeOwned>(
    text: &str,
    kinds: &[&str],
) -> Result<Vec<Resource<S>>, YamlError> {
    let resources = resources(text)?;
    if resources.is_empty() {
        return Err(YamlError::Malformed("the file has no resource".to_owned()));
    }
    let one = |value: Value| {
        let found = said(&value["kind"]);
        if kinds.contains(&found.as_str()) {
            resource(value)
        } else {
            Err(YamlError::WrongKind { found, expected: kinds.join(", ") })
        }
    };
    resources.into_iter().map(one).collect()
}

/// A document as YAML.
pub fn write<T: Serialize>(document: &T) -> Result<String, YamlError> {
    serde_saphyr::to_string(document).map_err(|error| YamlError::Unwritable(error.to_string()))
}
