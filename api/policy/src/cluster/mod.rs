//! Clusters by their labels: which of them a federated object is for.

mod label;
mod selector;
mod selector_text;
mod targets;

pub use label::ClusterLabels;
pub use selector::ClusterSelector;
pub use targets::Targets;
