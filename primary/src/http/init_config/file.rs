//! One file: YAML whose keys are known in any letter case.

use std::io::Read as _;
use std::path::Path;

use serde_json::{Map, Value};
use thiserror::Error;

/// Larger files are none of these.
const MOST_BYTES: u64 = 1 << 20;

/// What a file is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Eula,
    Role,
    PasswordProfile,
    Ldap,
    Saml,
    Oidc,
    System,
    User,
}

impl Kind {
    /// All, those first that others need.
    pub(super) const IN_ORDER: &[Self] = &[
        Self::Eula,
        Self::Role,
        Self::PasswordProfile,
        Self::Ldap,
        Self::Saml,
        Self::Oidc,
        Self::System,
        Self::User,
    ];

    /// The name of the file.
    pub(super) const fn file(self) -> &'static str {
        match self {
            Self::Eula => "eulainitcfg.yaml",
            Self::Role => "roleinitcfg.yaml",
            Self::PasswordProfile => "passwordprofileinitcfg.yaml",
            Self::Ldap => "ldapinitcfg.yaml",
            Self::Saml => "samlinitcfg.yaml",
            Self::Oidc => "oidcinitcfg.yaml",
            Self::System => "sysinitcfg.yaml",
            Self::User => "userinitcfg.yaml",
        }
    }
}

/// A file with its keys in lower case, and without those that have no value.
#[derive(Clone, Debug)]
pub(super) struct InitFile {
    pub(super) kind: Kind,
    pub(super) always_reload: bool,
    pub(super) content: Map<String, Value>,
}

/// A file that cannot be read. Nothing of its text is repeated: it may be secret.
#[derive(Debug, Error)]
pub(super) enum InitFileError {
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("it is larger than {MOST_BYTES} bytes")]
    TooLarge,
    #[error("not YAML with keys and values: {0}")]
    Yaml(String),
}

impl InitFile {
    /// Reads the file; none where there is none.
    pub(super) fn read(path: &Path, kind: Kind) -> Result<Option<Self>, InitFileError> {
        let file = match std::fs::File::open(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        let mut text = String::new();
        file.take(MOST_BYTES + 1).read_to_string(&mut text)?;
        if text.len() as u64 > MOST_BYTES {
            return Err(InitFileError::TooLarge);
        }
        Self::parse(&text, kind).map(Some)
    }

    /// Reads the text of a file.
    pub(super) fn parse(text: &str, kind: Kind) -> Result<Self, InitFileError> {
        let options = serde_saphyr::options! { with_snippet: false };
        let members: Map<String, Value> = serde_saphyr::from_str_with_options(text, options)
            .map_err(|error| InitFileError::Yaml(error.to_string()))?;
        let mut content = in_lower_case(members);
        let always_reload = content.remove("always_reload") == Some(Value::Bool(true));
        Ok(Self { kind, always_reload, content })
    }
}

fn in_lower_case(members: Map<String, Value>) -> Map<String, Value> {
    let given = members.into_iter().filter(|(_, value)| !value.is_null());
    let lower = given.map(|(key, value)| {
        let key = key.to_ascii_lowercase();
        // Their keys are names of roles.
        let holds_names = matches!(key.as_str(), "role_domains" | "role_groups");
        (key, if holds_names { value } else { each_in_lower_case(value) })
    });
    lower.collect()
}

fn each_in_lower_case(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(in_lower_case(members)),
        Value::Array(items) => Value::Array(items.into_iter().map(each_in_lower_case).collect()),
        other => other,
    }
}
