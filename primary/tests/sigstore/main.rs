//! Roots of trust and verifiers by REST, and what they make of an image that
//! is signed in the test and scanned from a registry inside it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod primary;
mod registry;
mod rest;
mod scan;
