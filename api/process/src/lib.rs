//! What every program of ours has as a process: settings from flags,
//! variables and a file ([`layers`]), the owner of its tasks ([`shutdown`]),
//! logs and metrics ([`telemetry`]).

pub mod layers;
pub mod shutdown;
pub mod telemetry;
