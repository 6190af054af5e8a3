//! Criteria that are true or false by the pod's specification alone.

use super::{Definition, flag, truth};

/// How a criterion of this file differs from the others.
const fn definition(
    name: &'static str,
    allow: &'static [&'static str],
    values: &'static [&'static str],
    compile: fn(&palisade_api::rest::admission::AdmissionCriterion) -> Result<super::Test, String>,
) -> Definition {
    Definition {
        name,
        deny: &["="],
        allow,
        values,
        source: "yaml",
        sub: &[],
        normal: truth,
        compile,
    }
}

const BOTH: &[&str] = &["true", "false"];

pub(super) const RUN_AS_PRIVILEGED: Definition =
    definition("runAsPrivileged", &["="], BOTH, |criterion| {
        flag(criterion, |subject| subject.container.privileged)
    });

pub(super) const ALLOW_PRIVILEGE_ESCALATION: Definition =
    definition("allowPrivEscalation", &[], &["true"], |criterion| {
        if truth(&criterion.value)? != "true" {
            return Err("its value is true".to_owned());
        }
        flag(criterion, |subject| subject.container.allow_privilege_escalation)
    });

pub(super) const SHARE_PID: Definition = definition("sharePidWithHost", &[], BOTH, |criterion| {
    flag(criterion, |subject| subject.workload.share_pid)
});

pub(super) const SHARE_IPC: Definition = definition("shareIpcWithHost", &[], BOTH, |criterion| {
    flag(criterion, |subject| subject.workload.share_ipc)
});

pub(super) const SHARE_NET: Definition = definition("shareNetWithHost", &[], BOTH, |criterion| {
    flag(criterion, |subject| subject.workload.share_net)
});
