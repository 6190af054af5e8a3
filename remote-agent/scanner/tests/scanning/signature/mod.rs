//! Signatures that are made in the test, attached to an image in a registry,
//! fetched and judged.

mod attach;
mod clock;
mod detached;
mod key_pair;
mod keyless;
mod period;
pub(crate) mod signer;
