//! Joining, renewing, leaving and being removed, and the link of a member,
//! through the real listener and the real database; and the REST calls around it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod agent;
mod link;
mod member;
#[path = "../store/prepared.rs"]
mod prepared;
mod primary;
mod rest;
mod token;
mod worker;
