//! The federation service: gRPC for agents and for other replicas, and the one
//! REST path that installers probe on the same port.

mod enrol;
mod error;
mod link;
mod listener;
mod replica;
mod scan;

pub use error::status;
pub use listener::serve;
