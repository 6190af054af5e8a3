//! Clusters by their labels: which of them a federated object is for.

mod label;
mod selector;

pub use label::ClusterLabels;
pub use selector::ClusterSelector;
