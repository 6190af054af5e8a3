//! Paths of files in containers.

/// The path without empty segments, `.` and `..`; none for the root.
pub(crate) fn clean(path: &str) -> Option<String> {
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                kept.pop();
            }
            segment => kept.push(segment),
        }
    }
    (!kept.is_empty()).then(|| format!("/{}", kept.join("/")))
}
