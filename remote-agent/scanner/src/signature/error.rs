//! Why a signature does not count.

/// Why a signature does not satisfy a verifier, in the order of the checks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The root of trust cannot judge signatures of the verifier's kind.
    #[error("the root of trust has no authority for signatures without a key pair")]
    NoAuthority,
    /// A part of it cannot be read.
    #[error("{0} of the signature cannot be read")]
    Malformed(&'static str),
    /// It was made with a key pair, and an identity is wanted.
    #[error("the signature has no certificate")]
    NoCertificate,
    /// It speaks of another image.
    #[error("the signature speaks of another image")]
    OtherImage,
    /// The signature is not the key's.
    #[error("the signature is not by the key")]
    OtherKey,
    /// An entry in a log is wanted and there is none.
    #[error("the signature is in no transparency log")]
    NotLogged,
    /// The entry is not in a log that is believed.
    #[error("the signature is in a transparency log that is not trusted")]
    OtherLog,
    /// What the log holds is another signature.
    #[error("the entry of the transparency log does not belong to the signature")]
    OtherEntry,
    /// The log tells no time, and no timestamp counts.
    #[error("nobody who is trusted tells when the signature was made")]
    NoTime,
    /// The certificate is not of an authority that is believed, or not for
    /// signing, or not at that time.
    #[error("the certificate is not trusted: {0}")]
    Certificate(String),
    /// The certificate is in no log that is believed.
    #[error("the certificate is in no certificate transparency log that is trusted")]
    CertificateNotLogged,
    /// The certificate is of another identity.
    #[error("the certificate is for {subject:?} by {issuer:?}")]
    OtherIdentity {
        /// Whose it is.
        subject: String,
        /// Who vouched for that.
        issuer: String,
    },
}

impl SignatureError {
    /// How far the checks came.
    pub(super) const fn depth(&self) -> u8 {
        match self {
            Self::NoAuthority => 0,
            Self::Malformed(_) => 1,
            Self::OtherImage => 2,
            Self::NoCertificate => 3,
            Self::OtherKey => 4,
            Self::NotLogged => 5,
            Self::OtherLog => 6,
            Self::OtherEntry => 7,
            Self::NoTime => 8,
            Self::Certificate(_) => 9,
            Self::CertificateNotLogged => 10,
            Self::OtherIdentity { .. } => 11,
        }
    }
}

/// What is wrong with a root of trust or a verifier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RootError {
    /// A key that cannot be read, or of a kind that is not supported.
    #[error("{0} is no public key in PEM of the kind ECDSA (P-256, P-384), RSA or Ed25519")]
    Key(&'static str),
    /// Certificates that cannot be read.
    #[error("{0} is no list of certificates in PEM")]
    Certificates(&'static str),
    /// A trusted root file that cannot be read.
    #[error("the trusted root cannot be read: {0}")]
    TrustedRoot(String),
    /// An identity without issuer or subject.
    #[error("a keyless verifier needs the certificate's issuer and subject")]
    Identity,
}
