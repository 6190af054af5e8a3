//! Criteria that judge a container as a whole: `violatePssPolicy` by the Pod Security
//! Standards, `pspCompliance` by what the older policies forbade.

use super::{Definition, Met, Test, flag, run_as_root};

const STANDARDS: &[&str] = &["baseline", "restricted"];

pub(super) const STANDARD: Definition = Definition {
    name: "violatePssPolicy",
    deny: &["="],
    allow: &[],
    values: STANDARDS,
    source: "both",
    sub: &[],
    normal: |value| {
        let value = value.trim();
        let known = STANDARDS.contains(&value).then(|| value.to_owned());
        known.ok_or_else(|| "its value is baseline or restricted".to_owned())
    },
    compile: |criterion| {
        let restricted = criterion.value == "restricted";
        Ok(Test::new(move |subject| {
            let judged = subject.container.pod_security;
            Met::from(if restricted {
                judged.violates_restricted || run_as_root::is_root(subject)
            } else {
                judged.violates_baseline
            })
        }))
    },
};

pub(super) const PSP: Definition = Definition::only_true("pspCompliance", "both", |criterion| {
    flag(criterion, |subject| {
        let (workload, container) = (subject.workload, subject.container);
        container.privileged
            || container.allow_privilege_escalation
            || workload.share_pid
            || workload.share_ipc
            || workload.share_net
            || run_as_root::is_root(subject)
    })
});
