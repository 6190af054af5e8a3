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
    /// Connect again after a pause.
    Failed(Failure),
    /// This cluster is no member any more.
    NoMember { event: &'static str, why: String },
}

/// A session that failed.
#[derive(Debug)]
pub(in crate::link) struct Failure {
    pub(in crate::link) why: String,
    /// Something was acknowledged before.
    pub(in crate::link) worked: bool,
    /// The pause that the primary asks for.
    pub(in crate::link) retry_after: Duration,
    pub(in crate::link) standing: Standing,
    /// The next attempt fails as well unless somebody does something.
    pub(in crate::link) needs_somebody: bool,
}

impl End {
    pub(super) fn failed(why: impl std::fmt::Display, worked: bool) -> Self {
        Self::Failed(Failure {
            why: why.to_string(),
            worked,
            retry_after: Duration::ZERO,
            standing: Standing::Disconnected,
            needs_somebody: false,
        })
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
            _ if error.is_transient() => Self::failed(error, worked),
            _ => Self::Failed(Failure {
                why: advised(error),
                worked,
                retry_after: Duration::ZERO,
                standing: Standing::Disconnected,
                needs_somebody: true,
            }),
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
            reason => Self::Failed(Failure {
                why: said(bye, "the primary ended the link"),
                worked,
                retry_after: Duration::from_millis(bye.retry_after_ms.into())
                    .min(Duration::from_mins(5)),
                standing: match reason {
                    Reason::Version => mismatched(bye),
                    _ => Standing::Disconnected,
                },
                needs_somebody: false,
            }),
        }
    }
}

/// What a member can do about a failure that does not pass. Whoever came back to an
/// authority that it does not know cannot be told by it that it was removed: anybody
/// could say that, and take a cluster out of its federation. Only the last word of the one
/// that it knows counts, and there is none.
fn advised(error: &ConnectError) -> String {
    let ConnectError::AnotherAuthority { address, expected } = error else {
        return error.to_string();
    };
    format!(
        "the server at {address} does not belong to the authority {expected}, which this cluster \
         knows. Either something else answers there, or the primary's authority was replaced \
         while this cluster was away, or was removed: see there whether it is still a member, \
         then leave with force here, and join again with a new token"
    )
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
    use palisade_api::Digest;
    use palisade_api::federation::ProtocolRange;

    use super::*;

    #[test]
    fn what_does_not_pass_by_itself_says_what_to_do() {
        let address = "primary.example:11443".to_owned();
        for (error, expected) in [
            (ConnectError::OwnCertificateExpired, Some("a new join token, and start it again")),
            (
                ConnectError::AnotherAuthority {
                    address: address.clone(),
                    expected: Digest::of(b""),
                },
                Some("leave with force"),
            ),
            (ConnectError::Unreachable { address, text: "refused".to_owned() }, None),
        ] {
            let End::Failed(failure) = End::connect(&error, false) else { panic!("{error}") };
            assert_eq!(failure.needs_somebody, expected.is_some(), "{error}");
            let advice = expected.unwrap_or_default();
            assert!(failure.why.contains(advice), "{} lacks {advice}", failure.why);
        }
    }

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
