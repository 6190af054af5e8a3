//! Login, sessions and the caller's own user.
