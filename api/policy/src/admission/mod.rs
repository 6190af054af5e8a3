//! Admission rules and the decision about a workload.
//!
//! - [`rule`]: a rule, validated; [`criteria`]: what it can look at.
//! - [`review`]: a Kubernetes AdmissionReview, read into a [`review::Workload`] with its
//!   [`container::Container`]s, their [`resources`] and what [`pod_security`] makes of them.
//! - [`verdicts`]: what is known of images, by digest and by name.
//! - [`compile`]: rules made ready for [`decide`], which is pure and quick.
//! - [`assess`]: what would be decided about a manifest, before anybody applies it;
//!   [`reviewed`]: what was asked, and what other rules would decide about it.

pub mod assess;
pub mod compile;
pub mod container;
pub mod criteria;
pub mod decide;
pub mod image_name;
mod message;
pub mod pod_security;
pub mod resources;
pub mod review;
pub mod reviewed;
pub mod rule;
pub mod verdicts;

pub use compile::{Asked, CompiledRules};
pub use container::{Container, ContainerKind};
pub use decide::{ContainerDecision, Decision, Outcome, RuleHit, decide};
pub use image_name::ImageName;
pub use message::SHOWN_EVIDENCE;
pub use review::{Review, Verb, Workload};
pub use rule::{AdmissionRule, Mode, RuleMode, RuleType};
pub use verdicts::VerdictIndex;
