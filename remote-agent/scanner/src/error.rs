//! Why a scan failed.

use std::io;
use std::time::Duration;

use palisade_api::Digest;
use thiserror::Error;
use tokio::task::JoinError;

use crate::source::registry::RegistryError;

/// A scan that gave no result. The text tells what is wrong with the image
/// or its source.
#[derive(Debug, Error)]
pub enum ScanError {
    /// The registry failed or refused.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The image's files on this machine could not be read.
    #[error("{what}: {source}")]
    File {
        /// What was read.
        what: String,
        /// Why that failed.
        source: io::Error,
    },
    /// The manifest, configuration or layout is not what it should be.
    #[error("the image is malformed: {0}")]
    Malformed(String),
    /// Content whose digest is another than announced.
    #[error("{what} has digest {found}, not {expected} as announced")]
    DigestMismatch {
        /// What was read.
        what: &'static str,
        /// The digest announced.
        expected: Box<Digest>,
        /// The digest of the content.
        found: Box<Digest>,
    },
    /// Content whose size is another than announced.
    #[error("{what} {digest} has {found} bytes, not {expected} as announced")]
    SizeMismatch {
        /// What was read.
        what: &'static str,
        /// Its digest.
        digest: Digest,
        /// The size announced.
        expected: u64,
        /// The size found; where it is larger, reading stopped there.
        found: u64,
    },
    /// A limit that keeps a hostile image from exhausting the machine.
    #[error("layer {layer}: {limit}")]
    LayerLimit {
        /// The layer.
        layer: Digest,
        /// Which limit, with its value.
        limit: LayerLimit,
    },
    /// A layer that cannot be decompressed or is not a tar archive.
    #[error("layer {layer} cannot be read: {reason}")]
    LayerDamaged {
        /// The layer.
        layer: Digest,
        /// What is wrong.
        reason: String,
    },
    /// A layer that nobody may or can read as it is.
    #[error("layer {layer} is refused: {reason}")]
    LayerRefused {
        /// The layer.
        layer: Digest,
        /// Why, and what to do about it.
        reason: String,
    },
    /// More vulnerabilities than a report can hold.
    #[error(
        "its packages have more than {0} vulnerabilities, which no report can hold: \
         remove packages that are not needed, such as kernels that do not run"
    )]
    TooManyFindings(usize),
    /// The vulnerability database failed.
    #[error("vulnerability database: {0}")]
    VulnDb(String),
    /// The scan took too long.
    #[error("the scan did not finish within {} s", .0.as_secs())]
    Timeout(Duration),
    /// The target names nothing that can be scanned.
    #[error("{0}")]
    InvalidTarget(String),
    /// What a worker on another machine reported.
    #[error("{text}")]
    Reported {
        /// The reason.
        outcome: ScanOutcome,
        /// The worker's words.
        text: String,
        /// Whether another try may succeed.
        transient: bool,
        /// How long the registry wants to be left alone, where it tells.
        retry_after: Option<Duration>,
    },
    /// Nobody waits for the scan any more.
    #[error("the scan was cancelled")]
    Cancelled,
    /// A task of the scan panicked.
    #[error("a part of the scan broke off by a fault of this program, which its log tells of")]
    BrokeOff,
}

impl From<JoinError> for ScanError {
    fn from(error: JoinError) -> Self {
        if error.is_panic() { Self::BrokeOff } else { Self::Cancelled }
    }
}

/// A limit on one layer.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum LayerLimit {
    /// Too much content.
    #[error("unpacks to more than {0} bytes")]
    Unpacked(u64),
    /// Compressed beyond what real files allow.
    #[error("unpacks to more than {0} times its size, as only a bomb does")]
    Ratio(u64),
    /// Too many entries.
    #[error("has more than {0} entries")]
    Entries(u64),
    /// An extended header that is too long.
    #[error("has an extended header of more than {0} bytes")]
    ExtendedHeader(u64),
    /// Together with the layers below more than is kept of an image.
    #[error("brings the image to more than {0} packages")]
    Packages(usize),
}

/// The fixed reasons that clients know, with their numeric codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum ScanOutcome {
    /// The scan gave a result.
    Succeeded = 0,
    /// The registry could not be reached.
    NetworkError = 1,
    /// The operating system is not known.
    UnsupportedOs = 2,
    /// A file or layer is beyond a limit.
    FileSizeOverLimit = 3,
    /// A package database is damaged.
    PackageError = 4,
    /// The vulnerability database failed.
    DatabaseError = 5,
    /// The scan took too long.
    Timeout = 6,
    /// The image is in scan already.
    InProgress = 7,
    /// The registry answered with an error or nonsense.
    RegistryApiError = 8,
    /// Files or layers could not be read.
    FileSystemError = 9,
    /// The registry refused the credentials.
    AuthenticationError = 13,
    /// The registry's certificate is not trusted.
    CertificateError = 14,
    /// The scan was cancelled.
    Cancelled = 15,
    /// There is no such image.
    ImageNotFound = 17,
    /// What was asked for makes no sense.
    InvalidInput = 19,
}

impl ScanOutcome {
    const ALL: [Self; 15] = [
        Self::Succeeded,
        Self::NetworkError,
        Self::UnsupportedOs,
        Self::FileSizeOverLimit,
        Self::PackageError,
        Self::DatabaseError,
        Self::Timeout,
        Self::InProgress,
        Self::RegistryApiError,
        Self::FileSystemError,
        Self::AuthenticationError,
        Self::CertificateError,
        Self::Cancelled,
        Self::ImageNotFound,
        Self::InvalidInput,
    ];

    /// The reason with a number; what is not known is an error of the
    /// registry.
    pub fn from_number(number: u32) -> Self {
        let known = Self::ALL.into_iter().find(|outcome| *outcome as u32 == number);
        known.unwrap_or(Self::RegistryApiError)
    }

    /// Its number.
    pub const fn number(self) -> u32 {
        self as u32
    }

    /// The text that clients show.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::NetworkError => "network error",
            Self::UnsupportedOs => "unsupported OS",
            Self::FileSizeOverLimit => "file size over limit",
            Self::PackageError => "package error",
            Self::DatabaseError => "database error",
            Self::Timeout => "timeout",
            Self::InProgress => "scan in progress",
            Self::RegistryApiError => "registry API error",
            Self::FileSystemError => "access file system error",
            Self::AuthenticationError => "authentication error",
            Self::CertificateError => "certificate error",
            Self::Cancelled => "scan canceled",
            Self::ImageNotFound => "Image not found",
            Self::InvalidInput => "invalid input arguments",
        }
    }

    /// Whether the image itself is at fault: it fails again however often it
    /// is read.
    pub const fn is_of_image(self) -> bool {
        matches!(self, Self::FileSizeOverLimit | Self::PackageError | Self::FileSystemError)
    }

    /// Whether another try may succeed.
    pub const fn is_transient(self) -> bool {
        matches!(self, Self::NetworkError | Self::Timeout | Self::RegistryApiError)
    }
}

impl ScanError {
    /// `what` was announced by another digest than it has.
    pub(crate) fn digest_mismatch(what: &'static str, expected: Digest, found: Digest) -> Self {
        Self::DigestMismatch { what, expected: Box::new(expected), found: Box::new(found) }
    }

    /// The fixed reason that this error belongs to.
    pub fn outcome(&self) -> ScanOutcome {
        match self {
            Self::Registry(error) => error.outcome(),
            Self::File { .. } | Self::LayerDamaged { .. } | Self::LayerRefused { .. } => {
                ScanOutcome::FileSystemError
            }
            Self::Malformed(_) | Self::DigestMismatch { .. } | Self::SizeMismatch { .. } => {
                ScanOutcome::RegistryApiError
            }
            Self::LayerLimit { .. } | Self::TooManyFindings(_) => ScanOutcome::FileSizeOverLimit,
            Self::VulnDb(_) => ScanOutcome::DatabaseError,
            Self::Timeout(_) => ScanOutcome::Timeout,
            Self::InvalidTarget(_) => ScanOutcome::InvalidInput,
            Self::Reported { outcome, .. } => *outcome,
            Self::Cancelled | Self::BrokeOff => ScanOutcome::Cancelled,
        }
    }

    /// Whether one layer is broken, and others of the image may well be read.
    pub(crate) fn is_of_one_layer(&self) -> bool {
        match self {
            Self::LayerLimit { .. } | Self::LayerDamaged { .. } | Self::BrokeOff => true,
            Self::DigestMismatch { what, .. } | Self::SizeMismatch { what, .. } => *what == "layer",
            _ => false,
        }
    }

    /// Whether something that is attached to an image is not as it should be: it may be anybody's,
    /// and must hide neither what is attached beside it nor the image.
    pub(crate) fn is_of_one_attachment(&self) -> bool {
        match self {
            Self::Malformed(_)
            | Self::InvalidTarget(_)
            | Self::File { .. }
            | Self::DigestMismatch { .. }
            | Self::SizeMismatch { .. } => true,
            Self::Registry(error) => {
                matches!(error, RegistryError::NotFound { .. } | RegistryError::TooLarge { .. })
            }
            _ => false,
        }
    }

    /// Whether what a digest leads to is at fault, as [`ScanOutcome::is_of_image`] has it, or is
    /// no image at all: charts and signatures lie in registries too.
    pub fn is_of_image(&self) -> bool {
        match self {
            Self::InvalidTarget(_) | Self::Reported { outcome: ScanOutcome::InvalidInput, .. } => {
                true
            }
            _ => self.outcome().is_of_image(),
        }
    }

    /// Whether another try may succeed: the network and the registry may
    /// recover, a damaged image does not.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Registry(error) => error.is_transient(),
            Self::Timeout(_) => true,
            Self::Reported { transient, .. } => *transient,
            _ => false,
        }
    }

    /// How long the registry wants to be left alone, where it tells.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Registry(error) => error.retry_after(),
            Self::Reported { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// The fixed reason and the detail, as shown in an image's status.
    pub fn result_text(&self) -> String {
        format!("{}: {self}", self.outcome().text())
    }

    pub(crate) fn file(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::File { what, source }
    }
}
