//! Paths of files in containers.

use palisade_api::rest::path::tidy;

/// The path without empty segments, `.` and `..`; none for the root.
pub(crate) fn clean(path: &str) -> Option<String> {
    Some(tidy(path)).filter(|path| path != "/")
}
