//! The controller role of an agent: what a cluster obeys, its admission
//! webhook, its events, and its REST API.
//!
//! Open [`store`] for what is kept on disk, and [`event`] for how events are
//! written.

pub mod event;
pub mod store;
