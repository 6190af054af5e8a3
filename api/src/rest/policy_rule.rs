//! Network rules.
