//! `/v1/scan/sigstore`: whose signatures of images count.

mod root_create;
mod root_delete;
mod root_get;
mod root_list;
mod root_update;
mod verifier_create;
mod verifier_delete;
mod verifier_get;
mod verifier_list;
mod verifier_update;

use palisade_api::Code;
use palisade_identity::Caller;

use crate::http::ApiRouter;
use crate::http::endpoint::routes;
use crate::http::error::ApiError;
use crate::registry::root_of_trust::RootOfTrustFailure;
use crate::store::Actor;

pub(super) fn router() -> ApiRouter {
    ApiRouter::new()
        .routes(routes!(root_list::root_of_trust_list, root_create::root_of_trust_create))
        .routes(routes!(
            root_get::root_of_trust_get,
            root_update::root_of_trust_update,
            root_delete::root_of_trust_delete
        ))
        .routes(routes!(verifier_list::verifier_list, verifier_create::verifier_create))
        .routes(routes!(
            verifier_get::verifier_get,
            verifier_update::verifier_update,
            verifier_delete::verifier_delete
        ))
}

/// Who changes roots of trust, for the audit records.
fn actor(caller: &Caller) -> Actor {
    Actor::from(caller)
}

impl From<RootOfTrustFailure> for ApiError {
    fn from(error: RootOfTrustFailure) -> Self {
        let message = error.to_string();
        match error {
            RootOfTrustFailure::Name => Self::new(Code::InvalidName, message),
            RootOfTrustFailure::Duplicate(_) => Self::new(Code::DuplicateName, message),
            RootOfTrustFailure::Missing(_) => Self::object_not_found(message),
            RootOfTrustFailure::TooMany(_) => Self::new(Code::OpNotAllowed, message),
            RootOfTrustFailure::TooLong(_)
            | RootOfTrustFailure::Setting(_)
            | RootOfTrustFailure::Root(_) => Self::invalid_request(message),
            RootOfTrustFailure::ChangedSince(error) => error.into(),
            RootOfTrustFailure::Store(error) => error.into(),
            RootOfTrustFailure::File(_) | RootOfTrustFailure::Encode(_) => Self::internal(error),
        }
    }
}
