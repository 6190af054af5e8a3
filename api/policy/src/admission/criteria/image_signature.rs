//! `imageSigned`: whether anybody's signature of the image counts.
//! `imageVerifiers`: whose do, as `root/verifier`.

use super::{Definition, flag, set};

pub(super) const SIGNED: Definition =
    Definition::truth("imageSigned", "image", &["="], |criterion| {
        flag(criterion, |subject| {
            subject.scanned.is_some_and(|scanned| !scanned.verdict().verifiers.is_empty())
        })
    });

const OPERATORS: &[&str] = &["containsAll", "containsAny", "notContainsAny"];

pub(super) const VERIFIERS: Definition = Definition {
    name: "imageVerifiers",
    deny: OPERATORS,
    allow: OPERATORS,
    values: &[],
    source: "image",
    sub: &[],
    normal: |text| {
        let normal = set::normal(text)?;
        match normal.split(',').find(|value| !value.contains('/')) {
            Some(value) => Err(format!("{value:?} is no root_of_trust/verifier")),
            None => Ok(normal),
        }
    },
    compile: |criterion| {
        set::strings(criterion, |subject| {
            let verifiers = subject.scanned.map(|scanned| scanned.verdict().verifiers.clone());
            verifiers.unwrap_or_default()
        })
    },
};
