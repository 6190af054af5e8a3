//! Lists of routes, by method and path.

/// Methods (`*` for all) and a path, whose segments are compared one by one; `*`
/// stands for any one segment.
pub(crate) struct Line(pub(crate) &'static str, pub(crate) &'static str);

/// Whether one of `lines` is a route that `method` on `path` belongs to.
pub(crate) fn names(lines: &[Line], method: &str, path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    let method = if method == "HEAD" { "GET" } else { method };
    lines.iter().any(|Line(methods, pattern)| {
        (*methods == "*" || *methods == method) && is_of(&path, pattern)
    })
}

fn is_of(path: &str, pattern: &str) -> bool {
    let (mut segments, mut wanted) = (path.split('/'), pattern.split('/'));
    loop {
        match (segments.next(), wanted.next()) {
            (None, None) => return true,
            (Some(segment), Some(wanted))
                if segment == wanted || (wanted == "*" && !segment.is_empty()) => {}
            _ => return false,
        }
    }
}
