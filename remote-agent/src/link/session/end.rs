//! What the end of a session means for the next one.

use std::time::Duration;

use palisade_api::Code;
use palisade_api::federation::Bye;
use palisade_api::federation::bye::Reason;
use palisade_api::protocol::{Mismatch, Protocols, SPOKEN};
use palisade_api::rest::event::name;
use palisade_controller::federation::Standing;
use palisade_transport::client::{ConnectError, PrimaryConnection};
use tonic::Status;

use crate::enrol;

/// How a session ended.
#[derive(Debug)]
pub(in crate::link) enum End {
    /// The agent stops.
    Stopped,
    /// Connect again at once.
    Again,
    /// Connect again after a pause. `worked`: something was acknowledged.
    Failed { why: String, worked: bool, retry_after: Duration, standing: Standing },
    /// This cluster is no member any more.
    NoMember { event: &'static str, why: String },
}

impl End {
    pub(super) fn failed(why: impl std::fmt::Display, worked: bool) -> Self {
        let standing = Standing::Disconnected;
        Self::Failed { why: why.to_string(), worked, retry_after: Duration::ZERO, standing }
    }

    /// The end that a broken connection means.
    pub(super) fn broken(connection: &PrimaryConnection, status: &Status, worked: bool) -> Self {
        match connection.failure() {
            Some(failure) => Self::connect(failure, worked),
            None if enrol::code_of(status) == Some(Code::RemoteUnauthorized) => {
                Self::NoMember { event: name::FEDERATION_KICK, why: status.message().to_owned() }
            }
            None => Self::failed(status.message(), worked),
        }
    }

    pub(super) fn connect(error: &ConnectError, worked: bool) -> Self {
        match error {
            ConnectError::Revoked => {
                Self::NoMember { event: name::FEDERATION_KICK, why: error.to_string() }
            }
            _ => Self::failed(error, worked),
        }
    }

    /// The end that a farewell of the primary means.
    pub(super) fn farewell(bye: &Bye, worked: bool) -> Self {
        match bye.reason() {
            Reason::Removed => {
                Self::NoMember { event: name::FEDERATION_KICK, why: said(bye, "it was removed") }
            }
            Reason::Demoted => Self::NoMember {
                event: name::FEDERATION_LEAVE,
                why: said(bye, "the federation was dissolved"),
            },
            reason => Self::Failed {
                why: said(bye, "the primary ended the link"),
                worked,
                retry_after: Duration::from_millis(bye.retry_after_ms.into())
                    .min(Duration::from_mins(5)),
                standing: match reason {
                    Reason::Version => mismatched(bye),
                    _ => Standing::Disconnected,
                },
            },
        }
    }
}

/// Which side has to be upgraded.
fn mismatched(bye: &Bye) -> Standing {
    match SPOKEN.common(Protocols::from_wire(bye.protocol.as_ref())) {
        Err(_) if bye.upgrade_ongoing => Standing::UpgradeOngoing,
        Err(Mismatch::OtherTooOld) => Standing::PrimaryTooOld,
        Err(Mismatch::OtherTooNew) => Standing::AgentTooOld,
        Ok(_) => Standing::Disconnected,
    }
}

fn said(bye: &Bye, otherwise: &str) -> String {
    if bye.text.is_empty() { otherwise.to_owned() } else { bye.text.clone() }
}

#[cfg(test)]
mod tests {
    use palisade_api::federation::ProtocolRange;

    use super::*;

    #[test]
    fn a_farewell_for_a_version_says_who_has_to_be_upgraded() {
        for (oldest, newest, upgrade_ongoing, expected) in [
            (0, 0, false, Standing::PrimaryTooOld),
            (7, 9, false, Standing::AgentTooOld),
            (0, 0, true, Standing::UpgradeOngoing),
            (7, 9, true, Standing::UpgradeOngoing),
            (1, 9, false, Standing::Disconnected),
        ] {
            let protocol = Some(ProtocolRange { oldest, newest });
            let bye = Bye { protocol, upgrade_ongoing, ..Bye::default() };
            assert_eq!(mismatched(&bye), expected, "{oldest} to {newest}");
        }
    }
}
