//! Paths of entries, brought into one form.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The longest path that is accepted, in bytes.
pub(super) const LONGEST: usize = 4096;

/// The most components of a path. Each layer looks at every folder of an image again.
const DEEPEST: usize = 256;

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
    let text = text(path);
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
    let path = parts.join("/");
    if is_too_deep(&path) { Err(Escapes) } else { Ok(path) }
}

fn is_too_deep(path: &str) -> bool {
    path.split('/').count() > DEEPEST
}

/// Where a path that leads out of the image leads inside it, as runtimes have
/// it: `..` at the root stays at the root. None for what is no path.
pub(crate) fn inside(path: &[u8]) -> Option<String> {
    let is_path = path.len() <= LONGEST && !path.contains(&0);
    is_path.then(|| link_target("", &text(path))).filter(|path| !is_too_deep(path))
}

/// Stands for a byte that is no text, with its two digits behind it; itself it
/// is written twice.
const NO_TEXT: char = char::REPLACEMENT_CHARACTER;

/// Bytes of a path as text: those that are none are spelled out, so that two
/// paths never look the same.
pub(crate) fn text(path: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(path)
        && !text.contains(NO_TEXT)
    {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(path.len() + 16);
    for chunk in path.utf8_chunks() {
        for c in chunk.valid().chars() {
            text.extend(std::iter::repeat_n(c, if c == NO_TEXT { 2 } else { 1 }));
        }
        for byte in chunk.invalid() {
            // Writing into a String cannot fail.
            let _ = write!(text, "{NO_TEXT}{byte:02X}");
        }
    }
    Cow::Owned(text)
}

/// The path of what is called `name` in the folder `path`, which has its
/// normal form.
pub(crate) fn child(path: &str, name: &[u8]) -> Result<String, Escapes> {
    let name = normalise(name)?;
    if path.len() + name.len() >= LONGEST {
        return Err(Escapes);
    }
    let path = if path.is_empty() { name } else { format!("{path}/{name}") };
    if is_too_deep(&path) { Err(Escapes) } else { Ok(path) }
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
        assert_eq!(normalise("a/".repeat(DEEPEST + 1).as_bytes()), Err(Escapes));
        normalise("a/".repeat(DEEPEST).as_bytes()).unwrap();
        assert_eq!(inside("../a/".repeat(DEEPEST).as_bytes()).as_deref(), Some("a"));
        assert_eq!(inside(format!("../{}", "a/".repeat(DEEPEST + 1)).as_bytes()), None);
    }

    #[test]
    fn bytes_that_are_no_text_stay_apart() {
        assert_eq!(normalise(b"a\xff/b").unwrap(), "a\u{fffd}FF/b");
        assert_eq!(normalise("a\u{fffd}".as_bytes()).unwrap(), "a\u{fffd}\u{fffd}");
        assert_eq!(child("a\u{fffd}FF", b"\xfe").unwrap(), "a\u{fffd}FF/\u{fffd}FE");
        assert_eq!(child("", b"a").unwrap(), "a");
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
                if !path.contains(NO_TEXT) {
                    prop_assert_eq!(normalise(path.as_bytes()).unwrap(), path);
                }
            }
        }

        #[test]
        fn two_paths_are_two_texts(
            left in proptest::collection::vec(prop_oneof![Just(0xef_u8), Just(0xbf), Just(0xbd), Just(b'F'), any::<u8>()], 0..8),
            right in proptest::collection::vec(prop_oneof![Just(0xef_u8), Just(0xbf), Just(0xbd), Just(b'F'), any::<u8>()], 0..8),
        ) {
            prop_assert_eq!(left == right, text(&left) == text(&right));
        }
    }
}
