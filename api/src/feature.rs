//! Names of what a side of the link can do beyond the first version of the
//! protocol, as `Hello` and `Welcome` list them.

/// The agent takes an object that is older than the change that brings it into
/// its view. An agent without it is sent its whole view instead.
pub const OLDER_OBJECTS: &str = "older-objects";

/// The agent keeps a forwarded call to the namespaces of the caller's roles. To an
/// agent without it such a call is not sent.
pub const NAMESPACED_CALLERS: &str = "namespaced-callers";
