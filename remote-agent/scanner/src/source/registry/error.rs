//! What can go wrong with a registry.

use std::error::Error as _;
use std::time::Duration;

use http::StatusCode;
use thiserror::Error;

use crate::error::ScanOutcome;

/// What to do about a certificate of an authority that the system does not know.
const OWN_AUTHORITIES: &str = "; name authorities of your own by SSL_CERT_FILE or SSL_CERT_DIR";

/// What to do about a certificate that may sign others, too.
const AN_AUTHORITY: &str = "; it is that of an authority: name this very certificate by \
    SSL_CERT_FILE or SSL_CERT_DIR, or give the registry one that the authority has signed";

/// What to do where the answer to TLS is none.
const PLAIN: &str = "; if it speaks without TLS, its address begins with http://";

/// A request to a registry that failed.
#[derive(Debug, Error)]
pub enum RegistryError {
    /// The registry's address is of no use.
    #[error("{url:?} is no address of a registry: {reason}")]
    Address {
        /// The address.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The HTTP client could not be made.
    #[error("cannot set up connections: {0}")]
    Setup(String),
    /// The registry could not be reached.
    #[error("cannot connect to {url}: {reason}")]
    Connect {
        /// What was asked for.
        url: String,
        /// Why that failed.
        reason: String,
    },
    /// The registry's certificate is not trusted.
    #[error("the certificate of {url} is not trusted: {reason}")]
    Certificate {
        /// What was asked for.
        url: String,
        /// Why not.
        reason: String,
    },
    /// The registry went silent.
    #[error("{url} gave no answer in time")]
    Timeout {
        /// What was asked for.
        url: String,
    },
    /// The registry wants other credentials, or some.
    #[error("{url} refuses the credentials: {detail}")]
    Unauthorized {
        /// What was asked for.
        url: String,
        /// What the registry says.
        detail: String,
    },
    /// There is no such thing.
    #[error("{url} does not exist")]
    NotFound {
        /// What was asked for.
        url: String,
    },
    /// The registry asks for fewer requests.
    #[error("{url} allows no more requests for now{}", again(.retry_after.as_ref()))]
    TooManyRequests {
        /// What was asked for.
        url: String,
        /// How long to wait, as the registry tells.
        retry_after: Option<Duration>,
    },
    /// The registry sends so slowly that it cannot be waited for.
    #[error("{url} sends less than {slowest} bytes a second")]
    TooSlow {
        /// What was asked for.
        url: String,
        /// The lowest speed that is accepted, bytes a second.
        slowest: u64,
    },
    /// A login needs more than was given.
    #[error("{0}")]
    Settings(String),
    /// Any other refusal.
    #[error("{url} answers {status}: {detail}")]
    Status {
        /// What was asked for.
        url: String,
        /// The answer.
        status: StatusCode,
        /// What the registry says.
        detail: String,
        /// How long to wait, as the registry tells.
        retry_after: Option<Duration>,
    },
    /// The answer ended before its end, again and again.
    #[error("{url} breaks off after {received} of {expected} bytes")]
    CutOff {
        /// What was asked for.
        url: String,
        /// Bytes received.
        received: u64,
        /// Bytes announced.
        expected: u64,
    },
    /// The answer is larger than allowed.
    #[error("{url} sends more than {limit} bytes")]
    TooLarge {
        /// What was asked for.
        url: String,
        /// The limit.
        limit: u64,
    },
    /// The answer makes no sense.
    #[error("{url} answers nonsense: {reason}")]
    Malformed {
        /// What was asked for.
        url: String,
        /// What is wrong.
        reason: String,
    },
}

impl RegistryError {
    /// The fixed reason that this error belongs to.
    pub fn outcome(&self) -> ScanOutcome {
        match self {
            Self::Address { .. } | Self::Settings(_) => ScanOutcome::InvalidInput,
            Self::Setup(_) | Self::Connect { .. } | Self::CutOff { .. } => {
                ScanOutcome::NetworkError
            }
            Self::Certificate { .. } => ScanOutcome::CertificateError,
            Self::Timeout { .. } | Self::TooSlow { .. } => ScanOutcome::Timeout,
            Self::Unauthorized { .. } => ScanOutcome::AuthenticationError,
            Self::NotFound { .. } => ScanOutcome::ImageNotFound,
            Self::TooManyRequests { .. }
            | Self::Status { .. }
            | Self::TooLarge { .. }
            | Self::Malformed { .. } => ScanOutcome::RegistryApiError,
        }
    }

    /// Whether another try may succeed.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Connect { .. }
            | Self::Timeout { .. }
            | Self::TooSlow { .. }
            | Self::TooManyRequests { .. }
            | Self::CutOff { .. } => true,
            Self::Status { status, .. } => status.is_server_error(),
            _ => false,
        }
    }

    /// Whether this is refused, and something else may be given.
    pub(super) fn is_refusal(&self) -> bool {
        match self {
            Self::NotFound { .. } | Self::Unauthorized { .. } => true,
            Self::Status { status, .. } => {
                status.is_client_error() || *status == StatusCode::NOT_IMPLEMENTED
            }
            _ => false,
        }
    }

    /// How long the registry wants to be left alone, where it tells.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TooManyRequests { retry_after, .. } | Self::Status { retry_after, .. } => {
                *retry_after
            }
            _ => None,
        }
    }

    pub(super) fn from_reqwest(url: &str, error: reqwest::Error) -> Self {
        // A redirect's target may carry a signature.
        let error = error.without_url();
        let url = url.to_owned();
        if error.is_timeout() {
            return Self::Timeout { url };
        }
        let reason = chain(&error);
        if reason.contains("certificate") {
            let hint = if reason.contains("UnknownIssuer") {
                OWN_AUTHORITIES
            } else if reason.contains("CaUsedAsEndEntity") {
                AN_AUTHORITY
            } else {
                ""
            };
            return Self::Certificate { url, reason: reason + hint };
        }
        let hint = if reason.contains("InvalidContentType") { PLAIN } else { "" };
        Self::Connect { url, reason: reason + hint }
    }
}

/// When requests are welcome again, where the registry tells.
fn again(retry_after: Option<&Duration>) -> String {
    match retry_after.map(|pause| pause.as_secs() + u64::from(pause.subsec_nanos() > 0)) {
        None => String::new(),
        Some(seconds) if seconds < 120 => format!("; again in {seconds} s"),
        Some(seconds) => format!("; again in {} min", seconds.div_ceil(60)),
    }
}

/// The causes of an error in one line; the client's own texts repeat the URL.
fn chain(error: &reqwest::Error) -> String {
    let mut causes = Vec::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        causes.push(error.to_string());
        cause = error.source();
    }
    causes.dedup();
    if causes.is_empty() { error.to_string() } else { causes.join(": ") }
}
