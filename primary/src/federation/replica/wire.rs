//! What replicas tell each other, as messages.

use bytes::Bytes;
use chrono::DateTime;
use palisade_api::federation::VulndbHeld;
use palisade_api::kind::LogId;
use palisade_api::rest::scan::RegistryTestStep;
use palisade_api::{CODE_METADATA, ClusterId, Revision, replica as messages};
use tonic::Status;
use tonic::metadata::MetadataValue;

use crate::federation::forwarding::ForwardError;
use crate::federation::link_registry::Deployed;
use crate::federation::link_status::{LinkState, LinkStatus, LogProgress, VulndbInUse};
use crate::registry::probe::Progress;

/// A link as other replicas are told of it.
pub(crate) fn link_to_wire(cluster: ClusterId, status: LinkStatus) -> messages::Link {
    messages::Link {
        cluster_id: id(cluster),
        state: state_to_wire(status.state).into(),
        connected_at_ms: status.connected_at.timestamp_millis(),
        version: status.version,
        roles: status.roles,
        logs: status.logs.into_iter().map(log_to_wire).collect(),
        vulndb: status.vulndb.map(|vulndb| VulndbHeld {
            digest: Bytes::new(),
            version: vulndb.version,
            built_at: vulndb.built_at.timestamp(),
        }),
    }
}

/// A link that another replica told of; none where it makes no sense.
pub(super) fn link(told: messages::Link) -> Option<(ClusterId, LinkStatus)> {
    let cluster = ClusterId::from_bytes(&told.cluster_id)?;
    let status = LinkStatus {
        state: state(told.state()),
        connected_at: DateTime::from_timestamp_millis(told.connected_at_ms)?,
        version: told.version,
        roles: told.roles,
        // A log that a newer replica has is of no concern here.
        logs: told.logs.into_iter().filter_map(log).collect(),
        vulndb: told.vulndb.map(VulndbInUse::from),
    };
    Some((cluster, status))
}

fn log_to_wire(log: LogProgress) -> messages::LogProgress {
    messages::LogProgress {
        log: log.log.number(),
        sent: log.sent.0,
        acked: log.acked.0,
        state: state_to_wire(log.state).into(),
        errors: log.errors.into_iter().map(Into::into).collect(),
    }
}

fn log(told: messages::LogProgress) -> Option<LogProgress> {
    Some(LogProgress {
        log: LogId::from_number(told.log)?,
        sent: Revision(told.sent),
        acked: Revision(told.acked),
        state: state(told.state()),
        errors: told.errors.into_iter().map(Into::into).collect(),
    })
}

const fn state_to_wire(state: LinkState) -> messages::LinkState {
    match state {
        LinkState::Connected => messages::LinkState::Connected,
        LinkState::Synced => messages::LinkState::Synced,
        LinkState::OutOfSync => messages::LinkState::OutOfSync,
        LinkState::Syncing => messages::LinkState::Syncing,
        LinkState::Pinging => messages::LinkState::Pinging,
    }
}

const fn state(told: messages::LinkState) -> LinkState {
    match told {
        messages::LinkState::Connected => LinkState::Connected,
        messages::LinkState::Synced => LinkState::Synced,
        messages::LinkState::OutOfSync => LinkState::OutOfSync,
        messages::LinkState::Syncing => LinkState::Syncing,
        messages::LinkState::Pinging => LinkState::Pinging,
    }
}

/// How a test of a registry goes on; none where there is no such test.
pub(crate) fn progress_to_wire(progress: Option<Progress>) -> messages::RegistryTestProgress {
    let (known, done, steps) = match progress {
        None => (false, false, Vec::new()),
        Some(Progress::Nothing) => (true, false, Vec::new()),
        Some(Progress::Steps(steps)) => (true, false, steps),
        Some(Progress::Done(steps)) => (true, true, steps),
    };
    let step = |step: RegistryTestStep| messages::RegistryTestStep {
        kind: step.step_type,
        content: step.step_content,
        step: step.step,
        subject: step.subject,
        count: step.count,
        error_code: step.error_code,
        error: step.error,
    };
    messages::RegistryTestProgress { known, done, steps: steps.into_iter().map(step).collect() }
}

/// The same from the other side.
pub(super) fn progress(told: messages::RegistryTestProgress) -> Option<Progress> {
    let step = |step: messages::RegistryTestStep| RegistryTestStep {
        step_type: step.kind,
        step_content: step.content,
        step: step.step,
        subject: step.subject,
        count: step.count,
        error_code: step.error_code,
        error: step.error,
    };
    let steps: Vec<_> = told.steps.into_iter().map(step).collect();
    told.known.then_some(match (told.done, steps.is_empty()) {
        (true, _) => Progress::Done(steps),
        (false, true) => Progress::Nothing,
        (false, false) => Progress::Steps(steps),
    })
}

pub(super) fn id(cluster: ClusterId) -> Bytes {
    Bytes::copy_from_slice(cluster.as_uuid().as_bytes())
}

pub(super) fn ids(clusters: &[ClusterId]) -> Vec<Bytes> {
    clusters.iter().map(|cluster| id(*cluster)).collect()
}

pub(super) fn clusters(ids: &[Bytes]) -> Vec<ClusterId> {
    ids.iter().filter_map(|id| ClusterId::from_bytes(id)).collect()
}

/// What a deployment came to, as other replicas are told.
pub(crate) fn deployed_to_wire(deployed: &[(ClusterId, Deployed)]) -> messages::DeployResponse {
    let of = |deployed: &(ClusterId, Deployed)| id(deployed.0);
    let nothing = deployed.iter().filter(|one| one.1 == Deployed::Nothing);
    messages::DeployResponse {
        cluster_ids: deployed.iter().map(of).collect(),
        take_nothing: nothing.map(of).collect(),
    }
}

/// The same from the other side.
pub(super) fn deployed(told: &messages::DeployResponse) -> Vec<(ClusterId, Deployed)> {
    let nothing = clusters(&told.take_nothing);
    let one = |cluster: ClusterId| {
        let takes_nothing = nothing.contains(&cluster);
        (cluster, if takes_nothing { Deployed::Nothing } else { Deployed::All })
    };
    clusters(&told.cluster_ids).into_iter().map(one).collect()
}

/// A call that a replica could not carry, as it tells the one that asked.
pub(crate) fn forward_status(error: &ForwardError) -> Status {
    let (code, text) = match error {
        ForwardError::Disconnected => (tonic::Code::NotFound, String::new()),
        ForwardError::Busy => (tonic::Code::ResourceExhausted, String::new()),
        ForwardError::TooOld => (tonic::Code::FailedPrecondition, error.to_string()),
        ForwardError::TimedOut => (tonic::Code::DeadlineExceeded, String::new()),
        ForwardError::Broken(text) => (tonic::Code::Aborted, text.clone()),
    };
    let mut status = Status::new(code, text);
    let number = MetadataValue::from(error.code().number());
    status.metadata_mut().insert(CODE_METADATA, number);
    status
}

/// What the other replica told.
pub(super) fn forward_error(status: &Status) -> ForwardError {
    match status.code() {
        tonic::Code::NotFound => ForwardError::Disconnected,
        tonic::Code::ResourceExhausted => ForwardError::Busy,
        tonic::Code::FailedPrecondition => ForwardError::TooOld,
        tonic::Code::DeadlineExceeded => ForwardError::TimedOut,
        _ => ForwardError::Broken(status.message().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use palisade_sync::ObjectError;

    use super::*;

    #[test]
    fn a_link_is_the_same_on_the_other_side() {
        let cluster = ClusterId::from_bytes(&[7; 16]).unwrap();
        let status = LinkStatus {
            state: LinkState::OutOfSync,
            connected_at: DateTime::from_timestamp_millis(1_800_000_000_123).unwrap(),
            version: "1.2.3".to_owned(),
            roles: vec!["controller".to_owned()],
            logs: vec![LogProgress {
                log: LogId::Federation,
                sent: Revision(9),
                acked: Revision(8),
                state: LinkState::OutOfSync,
                errors: vec![ObjectError::unsupported(99, "fed.new", Revision(8))],
            }],
            vulndb: Some(VulndbInUse {
                version: "4".to_owned(),
                built_at: DateTime::from_timestamp(1_800_000_000, 0).unwrap(),
            }),
        };
        let (there, told) = link(link_to_wire(cluster, status.clone())).unwrap();
        assert_eq!(there, cluster);
        assert_eq!(format!("{told:?}"), format!("{status:?}"));
    }

    #[test]
    fn a_failed_call_fails_for_the_same_reason() {
        for error in [
            ForwardError::Disconnected,
            ForwardError::Busy,
            ForwardError::TooOld,
            ForwardError::TimedOut,
            ForwardError::Broken("why".to_owned()),
        ] {
            assert_eq!(forward_error(&forward_status(&error)), error);
        }
    }
}
