//! The federation that this primary holds: its authority, the tokens that let
//! clusters join, the members, and promotion.
//!
//! Open [`joining`] for how a cluster joins, [`membership`] for what follows, [`authority`]
//! for what it is trusted by, [`token`] for what lets it in. Then [`fanout`] for how a change
//! reaches the members, [`link_registry`] for who is connected, [`member_link`]
//! for what is known of each, [`forwarding`] for calls to them, [`event_intake`]
//! for what they report and [`deed_intake`] for what users did, [`replica`] for how
//! the replicas of a primary do this together, [`follow`] for what one learns of
//! changes by the others; [`rules`] for what they all obey.

pub mod address;
pub mod allowance;
pub mod authority;
pub mod configuration;
pub mod deed_intake;
pub mod difference;
pub mod dry_run;
mod error;
pub mod event;
pub mod event_intake;
pub mod fanout;
pub mod follow;
pub mod forwarding;
pub mod import_task;
pub mod introduction;
pub mod joining;
pub mod link_registry;
pub mod link_status;
pub mod link_upkeep;
pub mod member_link;
pub mod membership;
pub mod promotion;
pub mod replica;
pub mod rollout;
pub mod rotation;
pub mod rules;
pub mod source;
pub mod ticket;
pub mod token;
pub mod unattended;

pub use authority::Trust;
pub use error::{FederationError, Result};

fn lock<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
