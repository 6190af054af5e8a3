//! Event, audit and security logs.
