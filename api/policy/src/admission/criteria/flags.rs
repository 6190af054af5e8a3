//! Criteria that are true or false by the pod's specification alone.

use super::{Definition, flag};

pub(super) const RUN_AS_PRIVILEGED: Definition =
    Definition::truth("runAsPrivileged", "yaml", &["="], |criterion| {
        flag(criterion, |subject| subject.container.privileged)
    });

pub(super) const ALLOW_PRIVILEGE_ESCALATION: Definition =
    Definition::only_true("allowPrivEscalation", "yaml", |criterion| {
        flag(criterion, |subject| subject.container.allow_privilege_escalation)
    });

pub(super) const SHARE_PID: Definition =
    Definition::truth("sharePidWithHost", "yaml", &[], |criterion| {
        flag(criterion, |subject| subject.workload.share_pid)
    });

pub(super) const SHARE_IPC: Definition =
    Definition::truth("shareIpcWithHost", "yaml", &[], |criterion| {
        flag(criterion, |subject| subject.workload.share_ipc)
    });

pub(super) const SHARE_NET: Definition =
    Definition::truth("shareNetWithHost", "yaml", &[], |criterion| {
        flag(criterion, |subject| subject.workload.share_net)
    });
