//! The primary: the service that holds the federation.
//!
//! Open [`serve`] for how the parts are started, [`app`] for what they share,
//! and [`store`] for how state is written. Layers: transport (`http`, `grpc`)
//! → domain → [`store`].

pub mod app;
pub mod command;
pub mod config;
pub mod federation;
pub mod grpc;
pub mod http;
pub mod identity;
pub mod live;
pub mod reconcile;
pub mod registry;
pub mod remote_repository;
pub mod serve;
pub mod store;
pub mod version;

pub use app::App;

pub use palisade_process::{shutdown, telemetry};
