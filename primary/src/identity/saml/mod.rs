//! SAML 2.0: logging in by the browser, and logging out, here and there.
//!
//! A provider's message is believed by what it signed and by nothing else:
//! [`signature`] gives the very bytes that a trusted key signed, and only those
//! are read ([`response`]). What is read is then held against the login that it
//! answers ([`assertion`]). [`request`] makes our own messages, [`binding`]
//! and [`carrier`] bring them to the provider, [`metadata`] describes both sides to
//! each other. [`login`] and [`logout`] are the two flows.

mod assertion;
mod attribute;
mod binding;
mod carrier;
mod decrypt;
mod envelope;
mod key_pair;
mod login;
mod logout;
mod metadata;
mod readers;
mod request;
mod response;
mod settings;
mod signature;
mod trial;
mod trusted;
mod xml;

use std::fmt;

use thiserror::Error;

pub use carrier::Service;
use key_pair::KeyPair;
pub(super) use login::Proof;
pub use logout::{LogoutAnswer, LogoutMessage};
pub use metadata::read_provider;
pub(super) use readers::Readers;
pub use settings::{Binding, SamlSettings};
pub use trial::{SamlTrial, SamlTrialError};
pub use trusted::{CertificateInfo, certificate_info};
pub use xml::escape;

/// Names of the standard.
mod ns {
    pub(super) const ASSERTION: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
    pub(super) const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
    pub(super) const METADATA: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
    pub(super) const SIGNATURE: &str = "http://www.w3.org/2000/09/xmldsig#";
    pub(super) const ENCRYPTION: &str = "http://www.w3.org/2001/04/xmlenc#";
    pub(super) const REDIRECT: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";
    pub(super) const POST: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";
    pub(super) const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";
    pub(super) const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
    pub(super) const TRANSIENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";
    pub(super) const UNSPECIFIED: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified";
}

/// A step of taking a provider's message, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The configured certificates.
    Certificate,
    /// Our own certificate and key.
    KeyPair,
    /// The encoding of the message.
    Decode,
    /// The message as XML.
    Parse,
    /// Which elements stand where.
    Shape,
    /// The signature.
    Signature,
    /// The decryption of the assertion.
    Decrypt,
    /// What the provider says of the login.
    Status,
    /// Who made the message.
    Issuer,
    /// When it counts.
    Time,
    /// For whom it is made.
    Audience,
    /// Where it was sent.
    Recipient,
    /// Which request it answers.
    Request,
    /// Whether it came before.
    Replay,
    /// Who logged in.
    User,
}

impl Step {
    /// Its name for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Certificate => "saml_certificate",
            Self::KeyPair => "saml_key_pair",
            Self::Decode => "saml_decode",
            Self::Parse => "saml_parse",
            Self::Shape => "saml_shape",
            Self::Signature => "saml_signature",
            Self::Decrypt => "saml_decrypt",
            Self::Status => "saml_status",
            Self::Issuer => "saml_issuer",
            Self::Time => "saml_time",
            Self::Audience => "saml_audience",
            Self::Recipient => "saml_recipient",
            Self::Request => "saml_request",
            Self::Replay => "saml_replay",
            Self::User => "saml_user",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Certificate => "reading x509_cert",
            Self::KeyPair => "reading signing_cert and signing_key",
            Self::Decode => "decoding the message",
            Self::Parse => "reading the message as XML",
            Self::Shape => "finding one assertion where it belongs",
            Self::Signature => "verifying the signature",
            Self::Decrypt => "decrypting the assertion",
            Self::Status => "logging in at the provider",
            Self::Issuer => "comparing the issuer",
            Self::Time => "comparing the time",
            Self::Audience => "comparing the audience",
            Self::Recipient => "comparing the recipient",
            Self::Request => "finding the request that is answered",
            Self::Replay => "seeing the assertion for the first time",
            Self::User => "finding the user's name",
        })
    }
}

/// A message of SAML that counts for nothing, or cannot be made.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{step} failed: {reason}")]
pub struct SamlError {
    /// Which step.
    pub step: Step,
    /// Why.
    pub reason: String,
}

impl SamlError {
    fn at(step: Step, reason: impl fmt::Display) -> Self {
        Self { step, reason: reason.to_string() }
    }
}

type Result<T, E = SamlError> = std::result::Result<T, E>;
