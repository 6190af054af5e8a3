//! Paths of entries, brought into one form.

/// The longest path that is accepted, in bytes.
const LONGEST: usize = 4096;

/// A path that leads out of the image or is no path.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Escapes;

/// The components of `path` joined by `/`, without `.`, empty components and
/// leading slashes; `..` removes the component before it and must have one.
/// The root itself is the empty text.
pub(crate) fn normalise(path: &[u8]) -> Result<String, Escapes> {
    if path.len() > LONGEST || path.contains(&0) {
        return Err(Escapes);
    }
    let text = String::from_utf8_lossy(path);
    let mut parts: Vec<&str> = Vec::new();
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop().ok_or(Escapes)?;
            }
            part => parts.push(part),
        }
    }
    Ok(parts.join("/"))
}

/// The path that a symbolic link at `link` with `target` means inside the
/// image, where `..` at the root stays at the root.
pub(crate) fn link_target(link: &str, target: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    if !target.starts_with('/') {
        parts.extend(parent(link).split('/').filter(|part| !part.is_empty()));
    }
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The folder that holds `path`; the empty text for the root.
pub(crate) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// The last component of `path`.
pub(crate) fn base(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, base)| base)
}

/// Shortens a hostile path for an error's text and makes it printable.
pub(crate) fn shown(path: &[u8]) -> String {
    let text = String::from_utf8_lossy(path);
    let mut shown: String =
        text.chars().take(120).map(|c| if c.is_control() { '?' } else { c }).collect();
    if text.chars().nth(120).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn forms_of_a_path() {
        assert_eq!(normalise(b"./etc//os-release").unwrap(), "etc/os-release");
        assert_eq!(normalise(b"/etc/x/../os-release/").unwrap(), "etc/os-release");
        assert_eq!(normalise(b"./").unwrap(), "");
        assert_eq!(normalise(b"../etc/passwd"), Err(Escapes));
        assert_eq!(normalise(b"a/../../b"), Err(Escapes));
        assert_eq!(normalise(b"a\0b"), Err(Escapes));
    }

    #[test]
    fn links_stay_inside() {
        assert_eq!(link_target("etc/os-release", "../usr/lib/os-release"), "usr/lib/os-release");
        assert_eq!(link_target("lib", "usr/lib"), "usr/lib");
        assert_eq!(link_target("a/b", "/../../etc"), "etc");
    }

    proptest! {
        #[test]
        fn a_normal_path_is_a_fixed_point(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            if let Ok(path) = normalise(&bytes) {
                prop_assert!(!path.split('/').any(|part| part == ".." || part == "."));
                prop_assert_eq!(normalise(path.as_bytes()).unwrap(), path);
            }
        }
    }
}
