//! How Palisade's programs reach and trust each other: mTLS, certificates and
//! their renewal, keep-alive, back-off. The one place for rustls.
//!
//! - [`authority`]: the primary's certificate authority.
//! - [`server`]: listeners, their certificate, and the check of members.
//! - [`client`]: an agent's connection to its primary.
//! - [`identity`]: what makes an agent a member, and how it is stored.
//! - [`revocation`]: what an authority says last, before it is forgotten.
//! - [`fixed_token`]: how two sides that share a secret get to trust each other.
//! - [`setup_file`]: the file that sets up a federation unattended.
//! - [`seal`]: secrets at rest.
//! - [`backoff`]: the pauses between attempts.
//!
//! Gotchas: with TLS 1.3 a client takes its handshake as done before the
//! server has judged the client's certificate, so a refusal arrives with the
//! first read; [`client::PrimaryConnection::failure`] remembers it. The server
//! never resumes a session: resumption would skip the check of members.

pub mod authority;
pub mod backoff;
pub mod certificate;
pub mod client;
pub mod fixed_token;
mod hint;
pub mod identity;
pub mod revocation;
pub mod seal;
pub mod server;
pub mod setup_file;

use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::version::TLS13;

/// The name that every certificate of a primary carries, whatever address it
/// is reached by. Agents verify it: the authority is pinned, so the name only
/// has to tell the primary from its members.
pub const PRIMARY_NAME: &str = "primary.palisade";

/// TLS 1.3 and nothing older.
pub(crate) const VERSIONS: &[&rustls::SupportedProtocolVersion] = &[&TLS13];

/// The one provider of cryptography.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// Makes ring the provider of the whole process, for libraries that ask for
/// the process's default. Called first thing in `main`; later calls do nothing.
pub fn install_crypto_provider() {
    // The error only says that a provider is installed already.
    drop(rustls::crypto::ring::default_provider().install_default());
}
