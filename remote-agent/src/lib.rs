//! The program `palisade-agent` as a library, so that tests and benchmarks can
//! embed it: joins a federation, keeps the link to its primary, and runs the
//! roles controller, enforcer and scanner.
//!
//! Open [`run`] for the order in which the parts start, [`enrol`] for joining,
//! [`link`] for the one connection to the primary, [`vulndb`] for what scans are
//! held against, [`node_scan`] for the scans of this node, and [`worker`] for an
//! agent that only scans. What the roles do stands in crates of their own.

pub mod command;
pub mod config;
pub mod enrol;
pub mod link;
pub mod node_scan;
pub mod run;
pub mod tls;
pub mod vulndb;
pub mod worker;

mod call;
mod cluster_uid;
mod health;
mod spent_token;

#[cfg(test)]
mod webhook_tests;

pub use palisade_process::{shutdown, telemetry};
