//! The promises of the delta stream: every replica ends equal to its primary,
//! and none ever holds half a change.

mod convergence;
//mod feed;
mod model;
