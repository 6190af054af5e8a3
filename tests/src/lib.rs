//! The harness of the black-box tests: real programs as child processes on
//! free ports, each test with a database and data folders of its own.
//!
//! Open [`fleet`] first: a primary with its agents in one call. Programs are
//! looked for beside the test's own build (`make test` builds them before), or
//! where `PALISADE_PRIMARY` and `PALISADE_AGENT` say. Nothing here sleeps to
//! wait for something: [`wait::until`] polls a condition against a deadline.
//!
//! Gotchas: a child dies with the *thread* that started it, so start children
//! from the test's own thread (`#[tokio::test]`, current-thread runtime); logs
//! are printed when a child is dropped, which test runners show on failure.

pub mod active_directory;
pub mod agent;
pub mod certificates;
pub mod chart;
pub mod decision;
pub mod fleet;
pub mod hostile;
pub mod idp;
pub mod image;
pub mod layer;
pub mod namespace;
mod packet_delay;
pub mod port;
pub mod postgres;
pub mod primary;
pub mod process;
pub mod programs;
pub mod proxy;
pub mod reference;
pub mod registry;
pub mod replicas;
pub mod reporting;
pub mod rest;
pub mod saml;
pub mod shop;
pub mod simulated;
pub mod slapd;
pub mod small_disk;
pub mod tunnel;
pub mod vulndb;
pub mod wait;
pub mod writer;

pub use agent::Agent;
pub use fleet::Fleet;
pub use postgres::Postgres;
pub use primary::Primary;
pub use registry::Registry;
pub use replicas::Replicas;
pub use rest::Rest;

/// The password of every first `admin`.
pub const ADMIN_PASSWORD: &str = "Correct-Horse-7-Battery";

/// Chooses the TLS provider, once a process.
pub fn install_tls_provider() {
    // A second call finds the first one's choice, which is the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
