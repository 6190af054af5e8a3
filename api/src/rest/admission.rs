//! Admission rules and state.
