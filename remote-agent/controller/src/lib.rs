//! The controller role of an agent: what a cluster obeys, its admission
//! webhook, its events, and its REST API.
//!
//! Open [`Controller`] for what the parts share, [`admission`] for the webhook,
//! [`rest`] for the one implementation of the cluster-level REST API,
//! [`federation`] for the replica of the primary's logs, [`scan`] for the
//! cluster's own scans of what [`node`] finds, [`configuration`] for what a cluster
//! has of its own, `own_edit` for its changes, `reach` for how much of all that a caller
//! is shown and may change, [`store`] for what is kept on disk.

pub mod admission;
pub mod configuration;
pub mod event;
pub mod federation;
pub mod in_force;
pub mod local_user;
pub mod node;
pub mod own_name;
pub mod rest;
pub mod scan;
pub mod store;

mod controller;
mod import;
mod namespace;
mod own_edit;
mod reach;
mod usage;

pub use controller::{Controller, ControllerConfig, ControllerError, DATABASE};
pub use rest::document;
