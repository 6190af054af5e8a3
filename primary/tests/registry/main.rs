//! Registries by REST, from the settings to the verdict: scanned, held against
//! new databases, looked at by the clock and after a push; and whose
//! signatures count.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod list;
#[path = "../store/prepared.rs"]
mod prepared;
mod primary;
mod push;
mod registry;
mod rematch;
mod root_of_trust;
mod schedule;
mod signature;
