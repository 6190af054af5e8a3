//! The federation: members, tokens, configuration.
