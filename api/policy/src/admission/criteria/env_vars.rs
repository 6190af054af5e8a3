//! `envVars`: environment variables of the image and of the container, which wins;
//! `envVarSecrets`: whether one of the container's looks like a secret.

use super::{Definition, flag, set};

pub(super) const DEFINITION: Definition = Definition {
    name: "envVars",
    deny: set::SET,
    allow: set::SET,
    values: &[],
    source: "both",
    sub: &[],
    normal: set::normal,
    compile: |criterion| {
        set::pairs(criterion, |subject| {
            let image = subject.scanned.map(|scanned| scanned.verdict().envs.as_slice());
            let mut env: std::collections::BTreeMap<String, String> = image
                .unwrap_or_default()
                .iter()
                .filter_map(|entry| entry.split_once('='))
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect();
            env.extend(subject.container.env.clone());
            env.iter().map(|(name, value)| format!("{name}={value}")).collect()
        })
    },
};

pub(super) const SECRETS: Definition =
    Definition::truth("envVarSecrets", "yaml", &["="], |criterion| {
        flag(criterion, |subject| subject.container.has_secrets)
    });
