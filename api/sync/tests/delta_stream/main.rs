//! The promises of the delta stream: every replica ends equal to its primary,
//! and none ever holds half a change.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

mod convergence;
mod feed;
mod model;
