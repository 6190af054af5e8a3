//! Joining, renewing, leaving and being removed, through the real listener and
//! the real database; and the REST calls around it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod agent;
mod member;
mod primary;
mod rest;
mod token;
