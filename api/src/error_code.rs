//! The numeric error codes of the REST API, their fixed texts, and the one
//! table that maps them to HTTP.

use http::StatusCode;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $status:ident, $text:literal;)*) => {
        /// A numeric error code of the REST API.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u32)]
        pub enum Code {
            $($(#[$doc])* $name = $number,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The fixed text of the code: the `error` of an error body.
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The HTTP status that the code is usually sent with.
            pub const fn http(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)* }
            }

            /// The code of `number`.
            pub const fn from_number(number: u32) -> Option<Self> {
                match number { $($number => Some(Self::$name),)* _ => None }
            }
        }
    };
}

codes! {
    /// The path does not exist.
    NotFound = 1, NOT_FOUND, "URL not found";
    /// The path does not know the method.
    MethodNotAllowed = 2, METHOD_NOT_ALLOWED, "Method not allowed";
    /// No, invalid or expired identity.
    Unauthorized = 3, UNAUTHORIZED, "Authentication failed";
    /// The state or the role forbids the operation.
    OpNotAllowed = 4, BAD_REQUEST, "Operation not allowed";
    /// Too many sessions.
    TooManyLoginUser = 5, UNAUTHORIZED, "Too many login users";
    /// Malformed body or parameter.
    InvalidRequest = 6, BAD_REQUEST, "Request in wrong format";
    /// The named object does not exist.
    ObjectNotFound = 7, NOT_FOUND, "Object not found";
    /// The state cannot be written.
    FailWriteCluster = 8, INTERNAL_SERVER_ERROR, "Failed to write to the cluster";
    /// The state cannot be read.
    FailReadCluster = 9, INTERNAL_SERVER_ERROR, "Failed to read from the cluster";
    /// The state is damaged.
    ClusterWrongData = 10, INTERNAL_SERVER_ERROR, "Wrong data in the cluster";
    /// The state did not answer in time.
    ClusterTimeout = 11, INTERNAL_SERVER_ERROR, "Cluster timed out";
    /// A query needs more filters.
    NotEnoughFilter = 12, BAD_REQUEST, "Not enough filters";
    /// The name is in use.
    DuplicateName = 13, BAD_REQUEST, "Duplicate name";
    /// The password does not meet the profile.
    WeakPassword = 14, BAD_REQUEST, "Weak password";
    /// The name is not allowed.
    InvalidName = 15, BAD_REQUEST, "Invalid name";
    /// Something else uses the object.
    ObjectInuse = 16, CONFLICT, "Object in use";
    /// An export failed.
    FailExport = 17, INTERNAL_SERVER_ERROR, "Failed to export";
    /// An import failed.
    FailImport = 18, INTERNAL_SERVER_ERROR, "Failed to import";
    /// Another operation of the same kind runs.
    FailLockCluster = 19, INTERNAL_SERVER_ERROR, "Failed to acquire the cluster lock";
    /// Not sent; kept for the number.
    LicenseFail = 20, BAD_REQUEST, "License check failed";
    /// An enforcer failed.
    AgentError = 21, INTERNAL_SERVER_ERROR, "Enforcer error";
    /// The workload does not run.
    WorkloadNotRunning = 22, BAD_REQUEST, "Workload is not running";
    /// A benchmark failed.
    CISBenchError = 23, INTERNAL_SERVER_ERROR, "Benchmark error";
    /// A call inside the cluster failed.
    ClusterRPCError = 24, INTERNAL_SERVER_ERROR, "Cluster call failed";
    /// The permission is missing.
    ObjectAccessDenied = 25, FORBIDDEN, "Access denied";
    /// A repository scan failed.
    FailRepoScan = 26, INTERNAL_SERVER_ERROR, "Failed to scan the repository";
    /// A registry operation failed.
    FailRegistryScan = 27, INTERNAL_SERVER_ERROR, "Failed to scan the registry";
    /// Kubernetes refused.
    FailKubernetesApi = 28, INTERNAL_SERVER_ERROR, "Kubernetes API call failed";
    /// Admission control needs Kubernetes.
    AdmCtrlUnSupported = 30, PRECONDITION_FAILED, "Admission control is not supported on non-Kubernetes environment";
    /// A cluster role is missing.
    K8sNvRBAC = 31, NOT_FOUND, "Kubernetes roles are missing";
    /// The webhook's service is missing.
    WebhookSvcForAdmCtrl = 32, NOT_FOUND, "Admission webhook service is missing";
    /// The webhook may not be updated.
    NoUpdatePermission = 33, FORBIDDEN, "No permission to update the webhook";
    /// Kubernetes cannot reach the webhook.
    K8sApiSrvToWebhook = 34, INTERNAL_SERVER_ERROR, "Kubernetes cannot reach the webhook";
    /// A permission in Kubernetes is missing.
    NvPermission = 35, NOT_FOUND, "Kubernetes permission is missing";
    /// The webhook is off.
    WebhookIsDisabled = 36, BAD_REQUEST, "Webhook is disabled";
    /// The remote does not accept the identity, or does not exist.
    RemoteUnauthorized = 37, BAD_REQUEST, "Remote cluster is unauthorized";
    /// The remote is out of reach.
    RemoteRequestFail = 38, INTERNAL_SERVER_ERROR, "Request to the remote cluster failed";
    /// A federation operation failed.
    FedOperationFailed = 39, BAD_REQUEST, "Federation operation failed";
    /// The remote cluster is unreachable.
    FedJointUnreachable = 40, BAD_REQUEST, "Remote cluster is unreachable from the primary";
    /// A cluster of this name is in the federation.
    FedDuplicateName = 41, CONFLICT, "Cluster name is in use";
    /// The primary is too old.
    MasterUpgradeRequired = 42, UPGRADE_REQUIRED, "Primary must be upgraded";
    /// The remote is too old.
    JointUpgradeRequired = 43, UPGRADE_REQUIRED, "Remote must be upgraded";
    /// The test of an integration failed.
    IBMSATestFailed = 44, INTERNAL_SERVER_ERROR, "Integration test failed";
    /// The URL of an integration is wrong.
    IBMSABadDashboardURL = 45, BAD_REQUEST, "Bad dashboard URL";
    /// Rules that cannot be changed here are in the request.
    ReadOnlyRules = 46, BAD_REQUEST, "Read-only rules cannot be changed";
    /// The user is blocked after failed logins.
    UserLoginBlocked = 47, UNAUTHORIZED, "User login is blocked";
    /// The password is expired.
    PasswordExpired = 48, UNAUTHORIZED, "Password is expired";
    /// Rules could not be promoted.
    PromoteFail = 49, INTERNAL_SERVER_ERROR, "Failed to promote rules";
    /// The platform's login is off.
    PlatformAuthDisabled = 50, UNAUTHORIZED, "Platform authentication is disabled";
    /// The platform refused.
    RancherUnauthorized = 51, UNAUTHORIZED, "Platform authentication failed";
    /// An export to a remote repository failed.
    RemoteExportFail = 52, BAD_REQUEST, "Failed to export to the remote repository";
    /// The query session does not exist.
    InvalidQueryID = 53, BAD_REQUEST, "Invalid query id";
    /// The long-running job does not exist.
    PollJobNotFound = 54, INTERNAL_SERVER_ERROR, "Job not found";
    /// Something inside failed.
    ServerError = 55, INTERNAL_SERVER_ERROR, "Server error";
}

impl Code {
    /// The number in an error body.
    pub const fn number(self) -> u32 {
        self as u32
    }
}

/// How a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The code.
    pub code: Code,
    /// The status that goes with it.
    pub status: StatusCode,
}

impl Refusal {
    /// The request is at fault, whatever the code is otherwise sent with: a rule that
    /// names what does not exist is not itself what was not found.
    pub const fn of_request(code: Code) -> Self {
        Self { code, status: StatusCode::BAD_REQUEST }
    }

    /// Something else that is under way is in the way.
    pub const fn conflict(code: Code) -> Self {
        Self { code, status: StatusCode::CONFLICT }
    }

    /// What the request is about was there, and is not any more.
    pub const fn gone(code: Code) -> Self {
        Self { code, status: StatusCode::GONE }
    }
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Self { code, status: code.http() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_leads_back_to_its_code() {
        for code in Code::ALL {
            assert_eq!(Code::from_number(code.number()), Some(*code));
        }
        assert_eq!(Code::from_number(29), None);
    }
}
