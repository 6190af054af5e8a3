//! Signatures that are made in the test, attached to an image in a registry,
//! fetched and judged.

mod attach;
mod key_pair;
mod keyless;
mod signer;
