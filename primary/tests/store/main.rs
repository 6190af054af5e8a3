//! The store against a real Postgres: the embedded one, which is thereby
//! tested as well.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod backup;
mod change;
mod crash;
mod embedded;
mod event;
mod finding;
mod job;
mod migrate;
mod outage;
mod prepared;
mod provider_logout;
mod report_vulnerability;
mod repository_image;
mod server;
mod sso_attempt;
mod vulnerability;
mod workload;
