//! Failures as gRPC statuses: the numeric REST code travels in the metadata.

use palisade_api::{CODE_METADATA, Code};
use tonic::Status;
use tonic::metadata::{MetadataMap, MetadataValue};

use crate::federation::FederationError;

/// A status with a REST code and a text for the other side.
pub fn status(code: Code, text: impl Into<String>) -> Status {
    let mut metadata = MetadataMap::new();
    metadata.insert(CODE_METADATA, MetadataValue::from(code.number()));
    Status::with_metadata(grpc_code(code), text, metadata)
}

const fn grpc_code(code: Code) -> tonic::Code {
    match code {
        Code::InvalidRequest | Code::InvalidName => tonic::Code::InvalidArgument,
        Code::FedDuplicateName | Code::DuplicateName => tonic::Code::AlreadyExists,
        Code::Unauthorized => tonic::Code::Unauthenticated,
        Code::ObjectAccessDenied => tonic::Code::PermissionDenied,
        Code::ObjectNotFound | Code::NotFound => tonic::Code::NotFound,
        Code::FedOperationFailed | Code::OpNotAllowed => tonic::Code::FailedPrecondition,
        Code::FailReadCluster | Code::FailLockCluster | Code::ClusterTimeout => {
            tonic::Code::Unavailable
        }
        _ => tonic::Code::Internal,
    }
}

impl From<FederationError> for Status {
    fn from(error: FederationError) -> Self {
        let code = error.code();
        if code == Code::ServerError || code == Code::ClusterWrongData {
            tracing::error!(%error, "a call of the federation service failed");
        } else {
            tracing::info!(code = code.number(), %error, "refused a call of the federation service");
        }
        let said = status(code, error.client_text());
        if !error.is_of_token() {
            return said;
        }
        // Told apart from other refusals of the same code.
        Status::with_metadata(
            tonic::Code::Unauthenticated,
            said.message().to_owned(),
            said.metadata().clone(),
        )
    }
}
