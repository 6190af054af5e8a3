//! `user` and `userGroups`: who made the workload. What a controller made for
//! somebody else has no user, and meets neither.

use palisade_api::rest::admission::AdmissionCriterion;

use super::{Definition, Met, Subject, Test, set};

pub(super) const USER: Definition = Definition {
    name: "user",
    deny: set::ANY_AND_REGEX,
    allow: set::ANY_AND_REGEX,
    values: &[],
    source: "yaml",
    sub: &[],
    normal: set::normal,
    compile: |criterion| {
        known(criterion, |subject| subject.workload.user.iter().cloned().collect())
    },
};

pub(super) const USER_GROUPS: Definition = Definition {
    name: "userGroups",
    deny: set::SET_AND_REGEX,
    allow: set::SET_AND_REGEX,
    values: &[],
    source: "yaml",
    sub: &[],
    normal: set::normal,
    compile: |criterion| {
        known(criterion, |subject| subject.workload.user_groups.iter().cloned().collect())
    },
};

fn known(
    criterion: &AdmissionCriterion,
    elements: fn(&Subject<'_>) -> Vec<String>,
) -> Result<Test, String> {
    let test = set::strings(criterion, elements)?;
    Ok(Test::new(move |subject| match subject.workload.user {
        Some(_) => test.met(subject),
        None => Met::No,
    }))
}
