//! A password as it is meant, at whichever keyboard it was typed (OpaqueString of RFC 8265): macOS
//! may send a letter and its mark apart that Windows sends as one, and there are many blanks.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization as _;

/// The text in the form in which equal ones are the same bytes. What the profile would refuse, such
/// as control characters, stays: it may be in passwords that there are.
pub(crate) fn opaque_string(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut opaque = String::with_capacity(text.len());
    opaque.extend(text.chars().map(|c| if is_blank(c) { ' ' } else { c }).nfc());
    if opaque == text { Cow::Borrowed(text) } else { Cow::Owned(opaque) }
}

/// The blanks beside that of ASCII (Zs).
const fn is_blank(c: char) -> bool {
    matches!(
        c,
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_the_same_is_the_same() {
        for (typed, meant) in [
            ("", ""),
            ("correct horse", "correct horse"),
            ("Cafe\u{301}", "Caf\u{e9}"),
            ("Caf\u{e9}", "Caf\u{e9}"),
            ("a\u{a0}b\u{3000}c", "a b c"),
            // Case and width are part of it, and so are blanks at its ends.
            ("\u{ff21}A ", "\u{ff21}A "),
            ("\u{1112}\u{1161}\u{11ab}", "\u{d55c}"),
            ("tab\tstays\u{7}", "tab\tstays\u{7}"),
        ] {
            assert_eq!(opaque_string(typed), meant, "{typed:?}");
            assert_eq!(opaque_string(meant), meant, "{meant:?}");
        }
    }
}
