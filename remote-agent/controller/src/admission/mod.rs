//! The admission webhook: [`serve`] speaks HTTP, [`review`] the Kubernetes
//! envelope, [`record`] writes what was denied, [`kept`] what was asked. Whether a request is admitted
//! is decided by `palisade-policy` on what [`crate::in_force`] holds.

mod decide;
mod kept;
mod record;
mod review;
mod serve;

mod state;
mod stats;

pub use palisade_policy::admission::Mode;
pub use serve::router;
pub(crate) use state::SETTING;
pub use state::{AdmissionControl, AdmissionState, StateError};
pub use stats::{AdmissionStats, Outcome};
