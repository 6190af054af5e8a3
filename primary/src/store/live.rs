//! Notifications of lists that changed; the triggers of the tables send them.

/// The channel; the payload is the name of a topic.
pub const CHANNEL: &str = "palisade_live";
